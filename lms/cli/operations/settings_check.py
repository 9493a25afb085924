"""carrel settings: check the settings read from the environment."""

from collections.abc import Callable
from dataclasses import dataclass

import click
from sqlalchemy import text

from lms.cli.command_context import Console
from lms.cli.output import answer, json_option
from lms.cli.root_command import FAULTS, weigh
from lms.core.database import Database
from lms.core.errors import Unavailable
from lms.core.runtime import open_place, shown_url
from lms.core.settings import Settings
from lms.metrics.start import require_extras
from lms.operations.start_checks import refuse_example

PROBE_KEY = "house/settings-check"


@dataclass(frozen=True, slots=True)
class Check:
    """A server in the settings, and whether it answered."""

    name: str
    value: str
    fault: str | None


@dataclass(frozen=True, slots=True)
class SettingsReport:
    """The result of `settings check`."""

    base_url: str
    data_dir: str
    time_zone: str
    mail: str
    checks: tuple[Check, ...]


@click.group("settings")
def settings() -> None:
    """Check the settings (docs/settings.md lists them)."""


@settings.command("check")
@json_option
@click.pass_obj
def check(console: Console) -> None:
    """Check all settings, and test the database and storage."""
    values = console.settings
    refuse_example(values)
    require_extras(values)
    database_name = shown_url(values.database_url)
    checks = (
        _try("database", database_name, lambda: _ask_database(values.database_url)),
        _try("storage", values.storage_url, lambda: _ask_storage(values)),
    )
    report = SettingsReport(
        base_url=values.base_url,
        data_dir=str(values.data_dir),
        time_zone=values.time_zone,
        mail="smtp" if values.smtp_url else f"files in {values.data_dir / 'mail'}",
        checks=checks,
    )
    faults = [one.fault for one in checks if one.fault]
    if faults:
        raise Unavailable("\n".join(faults))
    answer(report, *_lines(report))


def _ask_database(url: str) -> None:
    database = Database(url)
    try:
        with database.read_session() as session:
            session.execute(text("SELECT 1"))
    finally:
        database.dispose()


def _ask_storage(values: Settings) -> None:
    storage = open_place(values, values.storage_url)
    storage.prepare()
    storage.stat(PROBE_KEY)


def _try(name: str, value: str, ask: Callable[[], object]) -> Check:
    try:
        ask()
    except FAULTS as error:
        return Check(name, value, weigh(error).message)
    return Check(name, value, None)


def _lines(report: SettingsReport) -> list[str]:
    return [
        "The settings are OK.",
        f"  address    {report.base_url}",
        f"  data       {report.data_dir}",
        *(f"  {check.name:<9}  {check.value} (answers)" for check in report.checks),
        f"  mail       {report.mail}",
        f"  time zone  {report.time_zone}",
    ]
