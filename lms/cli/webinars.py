"""carrel webinar: add draft webinars and publish them in the catalog."""

from dataclasses import dataclass, replace
from datetime import datetime

import click
from sqlalchemy.orm import Session

from lms.catalog.staff_read_models import read_standing
from lms.catalog.webinar_details_validation import Gap, WebinarWords, gaps
from lms.catalog.webinar_page import Announcement, read_announcement
from lms.catalog.webinars import add_webinar, publish_webinar
from lms.certificates.credit_minutes import read_lengths
from lms.certificates.rules_and_attendance_minutes import read_rule
from lms.certificates.staff_manual_issue_and_attendance import change_rule
from lms.cli.announcement_import import import_flyer
from lms.cli.command_context import Console, acting
from lms.cli.option_values import read_datetime
from lms.cli.output import answer, json_option
from lms.core import clock
from lms.core.dates_and_time_zones import read_zone, say_datetime
from lms.core.model_base import copied
from lms.models.catalog import WebinarState


@dataclass(frozen=True, slots=True)
class WebinarAnswer:
    """A webinar as the command line shows it; `missing` are recommended details it lacks."""

    webinar: str
    slug: str
    title: str
    state: WebinarState
    held_at: datetime
    zone: str
    minutes: int
    missing: tuple[Gap, ...]


@click.group("webinar")
def webinar() -> None:
    """Add, import, and publish webinars."""


@webinar.command("add")
@click.option("--title", required=True, help="Title.")
@click.option(
    "--held-at",
    required=True,
    metavar="ISO",
    help="Start, such as 2026-10-06T14:00-04:00; without an offset, add --zone.",
)
@click.option("--slug", default="", help="End of its web address; default: from the title.")
@click.option(
    "--minutes",
    type=click.IntRange(1, 1440),
    default=60,
    show_default=True,
    help="Length in minutes.",
)
@click.option("--zone", help="Time zone of its announcement; default: yours.")
@json_option
@click.pass_obj
def add(
    console: Console,
    *,
    title: str,
    held_at: str,
    slug: str,
    minutes: int,
    zone: str | None,
) -> None:
    """Add a draft; `carrel webinar publish` announces it."""
    words = WebinarWords(
        title=title,
        held_at=read_datetime(held_at, zone),
        zone=zone or console.settings.time_zone,
        minutes=minutes,
        slug=slug,
    )
    now = clock.now()
    with console.carrel.database.transaction() as session:
        kept = add_webinar(session, words, actor=None, now=now)
        facts = _facts(session, kept.public_id, kept.slug, now)
    when = say_datetime(facts.held_at, read_zone(facts.zone))
    answer(facts, f"{facts.slug} was added as a draft for {when}.")


@webinar.command("publish")
@click.argument("slug")
@json_option
@click.pass_obj
def publish(console: Console, slug: str) -> None:
    """Publish a draft in the catalog, and list what its announcement lacks."""
    now = clock.now()
    with console.carrel.database.transaction() as session:
        kept = publish_webinar(session, slug, actor=None, now=now)
        facts = _facts(session, kept.public_id, kept.slug, now)
    lines = [f"{slug} is in the catalog: {console.settings.base_url}/webinars/{slug}"]
    if facts.missing:
        missing = ", ".join(gap.value.replace("_", " ") for gap in facts.missing)
        lines.append(f"Its announcement is missing: {missing}.")
    answer(facts, *lines)


@webinar.command("credit")
@click.argument("slug")
@click.option(
    "--minutes",
    type=click.IntRange(1, 6000),
    required=True,
    help="Continuing education time, in minutes.",
)
@click.option(
    "--confirm",
    is_flag=True,
    help="Set it even if the live session or recording is shorter; logged in the audit log.",
)
@json_option
@click.pass_obj
def credit(console: Console, slug: str, *, minutes: int, confirm: bool) -> None:
    """Set the continuing education time on a webinar's certificates."""
    with console.carrel.database.transaction() as session:
        webinar_id = read_standing(session, slug).id
        rule = replace(
            read_rule(session, webinar_id),
            credit_minutes=minutes,
            confirmed_minutes=minutes if confirm else 0,
        )
        change_rule(session, webinar_id, rule, **acting())
        lengths = read_lengths(session, webinar_id)
    found = {
        "slug": slug,
        "credit_minutes": minutes,
        "confirmed_minutes": rule.confirmed_minutes,
        "live_minutes": lengths.live,
        "recording_minutes": lengths.recording,
    }
    lines = [f"Certificates of {slug} show {minutes} minutes."]
    for act, longest in (("attending", lengths.live), ("watching", lengths.recording)):
        if longest is not None and max(longest, rule.confirmed_minutes) < minutes:
            lines.append(
                f"For {act} they show {longest}, because it isn't longer. "
                "Add --confirm to change that."
            )
    answer(found, *lines)


def _facts(session: Session, public_id: str, slug: str, now: datetime) -> WebinarAnswer:
    page = read_announcement(session, slug)
    return copied(WebinarAnswer, page, webinar=public_id, missing=gaps(_words(page), now))


def _words(page: Announcement) -> WebinarWords:
    return WebinarWords(
        title=page.title,
        held_at=page.held_at,
        zone=page.zone,
        minutes=page.minutes,
        subtitle=page.subtitle,
        hosted_by=page.hosted_by,
        summary=page.summary,
        overview=page.overview,
        agenda="\n".join(page.agenda),
        live_link="https://" if page.has_live_link else "",
        presenters=tuple(presenter.slug for presenter in page.presenters),
    )


webinar.add_command(import_flyer)
