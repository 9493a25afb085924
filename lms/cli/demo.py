"""carrel demo: install an invented training company to explore."""

import click
from rich import box
from rich.console import Console as Screen
from rich.table import Table

from lms.cli.command_context import Console
from lms.cli.output import answer, is_json, json_option
from lms.core.clock import now
from lms.core.dates_and_time_zones import say_calendar_date
from lms.demo.install import install_demo
from lms.demo.summary import DemoLogin, DemoReport, DemoWebinar
from lms.models.catalog import WebinarState
from lms.models.recordings import RecordingState

WIDTH = 100
CHANGED = "(changed)"
ON_ITS_WAY = {
    RecordingState.WAITING: "waiting for the worker",
    RecordingState.PROCESSING: "processing",
    RecordingState.FAILED: "failed",
    RecordingState.CANCELED: "canceled",
}


@click.command("demo")
@json_option
@click.pass_obj
def demo(console: Console) -> None:
    """Create a fictional training company in an empty database, and list its logins and webinars.

    If there is already data, it changes nothing.
    """
    report = install_demo(console.new_carrel, now=now())
    if is_json():
        answer(report)
    else:
        _show(report)


def _show(report: DemoReport) -> None:
    screen = Screen(width=WIDTH, highlight=False, soft_wrap=False)
    if not report.logins:
        click.echo(f"This database already belongs to {report.house}. No demo was created.")
        return
    screen.print(_logins(report.logins, report.house))
    screen.print(_webinars(report.webinars))


def _logins(logins: tuple[DemoLogin, ...], house: str) -> Table:
    table = _table(f"{house}: who can sign in", "Email", "Password", "Person")
    for login in logins:
        table.add_row(login.email, login.password or CHANGED, login.about)
    return table


def _webinars(webinars: tuple[DemoWebinar, ...]) -> Table:
    table = _table("Its webinars", "Held", "Slug", "Recording")
    for webinar in webinars:
        table.add_row(say_calendar_date(webinar.held_at), webinar.slug, _recording(webinar))
    return table


def _table(title: str, *headings: str) -> Table:
    table = Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    return table


def _recording(webinar: DemoWebinar) -> str:
    if webinar.recording_ready:
        return "can be played"
    if webinar.recording is not None and webinar.recording in ON_ITS_WAY:
        return ON_ITS_WAY[webinar.recording]
    return "" if webinar.state is WebinarState.ANNOUNCED else f"({webinar.state})"
