"""carrel webinar import: create a draft from the text of an announcement."""

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import BinaryIO

import click

from lms.announcement_parser.catalog_matcher import (
    MOST_BYTES,
    Fitted,
    PriceFound,
    fit,
    moment_of,
    read_file,
    words_of,
)
from lms.announcement_parser.draft import Unread
from lms.announcement_parser.parser import Speaker
from lms.announcement_parser.start_date_and_time import Beginning
from lms.catalog.webinars import add_webinar
from lms.cli.command_context import Console
from lms.cli.option_values import read_datetime
from lms.cli.output import answer, json_option
from lms.core import clock
from lms.core.dates_and_time_zones import read_zone, say_datetime
from lms.core.errors import Refused
from lms.core.model_base import copied

NOTHING_SAVED = "Nothing was saved."


@dataclass(frozen=True, slots=True)
class Choice:
    """A possible start, in the local time of its zone."""

    shown: str
    zone: str


@dataclass(frozen=True, slots=True)
class FlyerAnswer:
    """The draft from an announcement, or a preview; `rest` is text that fits no field."""

    applied: bool
    slug: str | None
    title: str
    held_at: datetime | None
    zone: str
    minutes: int
    subtitle: str
    hosted_by: str
    summary: str
    overview: str
    agenda: tuple[str, ...]
    free: bool
    is_in_passes: bool
    presenters: tuple[str, ...]
    new_presenters: tuple[Speaker, ...]
    series: tuple[str, ...]
    new_series: tuple[str, ...]
    prices: tuple[PriceFound, ...]
    questions: tuple[str, ...]
    choices: tuple[Choice, ...]
    rest: tuple[Unread, ...]


@click.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Show what was recognized without saving.")
@click.option("--held-at", metavar="ISO", help="Start, if the text doesn't state it.")
@click.option("--zone", help="Time zone, if the text doesn't state it.")
@json_option
@click.pass_obj
def import_flyer(
    console: Console,
    *,
    file: BinaryIO,
    dry_run: bool,
    held_at: str | None,
    zone: str | None,
) -> None:
    """Create a draft from a plain-text announcement (- reads standard input).

    Doesn't publish it. Lists new presenters and series, but doesn't add them. If the text has no
    start time, add --held-at.
    """
    now, default_zone = clock.now(), console.settings.time_zone
    text = read_file(BytesIO(file.read(MOST_BYTES + 1)))
    today = now.astimezone(read_zone(default_zone)).date()
    with console.carrel.database.transaction() as session:
        fitted = fit(session, text, default_zone=default_zone, today=today)
        begins, named = _begins(fitted, held_at, zone or default_zone, is_named=zone is not None)
        slug = None
        if not dry_run:
            if begins is None:
                raise Refused(_open(fitted), code="when_unclear")
            words = words_of(fitted, begins, named)
            slug = add_webinar(session, words, actor=None, now=now).slug
    found = _answer(fitted, begins, named, slug)
    answer(found, *_lines(found))


def _begins(
    fitted: Fitted, held_at: str | None, zone: str, *, is_named: bool
) -> tuple[datetime | None, str]:
    """Return the start and its zone; the start is None while it is unclear."""
    read = fitted.said.when.settled
    if held_at is not None:
        return read_datetime(held_at, zone), zone
    if read is None or not (read.zone or is_named):
        return None, zone
    settled = read if read.zone else Beginning(read.shown, zone)
    return moment_of(settled), settled.zone


def _open(fitted: Fitted) -> str:
    choices = "; ".join(_said(one) for one in fitted.said.when.choices)
    found = f" It may be: {choices}." if choices else ""
    asked = " ".join(one.sentence for one in fitted.said.questions if one.field == "held_at")
    return f"{asked}{found} Add --held-at and --zone."


def _said(one: Beginning) -> str:
    return f"{one.shown:%Y-%m-%dT%H:%M} {one.zone}".strip()


def _answer(fitted: Fitted, begins: datetime | None, zone: str, slug: str | None) -> FlyerAnswer:
    said = fitted.said
    return copied(
        FlyerAnswer,
        said,
        applied=slug is not None,
        slug=slug,
        held_at=begins,
        zone=zone,
        minutes=fitted.minutes,
        presenters=fitted.presenters,
        new_presenters=fitted.new_speakers,
        series=fitted.series,
        new_series=fitted.new_series,
        prices=fitted.prices,
        questions=tuple(
            one.sentence for one in said.questions if one.field != "held_at" or begins is None
        ),
        choices=() if begins else tuple(_choice(one) for one in said.when.choices),
    )


def _choice(one: Beginning) -> Choice:
    return Choice(one.shown.isoformat(timespec="minutes"), one.zone)


def _lines(found: FlyerAnswer) -> list[str]:
    when = say_datetime(found.held_at, read_zone(found.zone)) if found.held_at else "unknown"
    done = f"{found.slug} is a draft." if found.applied else NOTHING_SAVED
    lines = [
        done,
        f"  title: {found.title or '-'}",
        f"  subtitle: {found.subtitle or '-'}",
        f"  summary: {found.summary or '-'}",
        f"  begins: {when}, {found.minutes} minutes",
        f"  series: {', '.join((*found.series, *(f'{one} (new)' for one in found.new_series))) or '-'}",
        f"  overview: {len(found.overview):,} characters; agenda: {len(found.agenda)} points",
        f"  free: {'yes' if found.free else 'no'}",
        f"  in all-access passes: {'yes' if found.is_in_passes else 'no'}",
        f"  hosted by: {found.hosted_by or '-'}",
    ]
    lines += [f"  presenter: {one}" for one in found.presenters]
    lines += [f"  presenter: {one.name} (new)" for one in found.new_presenters]
    lines += [f"  price: {one.words}{_differs(one)}" for one in found.prices]
    lines += [f"  ask: {one}" for one in found.questions]
    lines += [f"    perhaps {one.shown} {one.zone}" for one in found.choices]
    if found.rest:
        lines.append("Not used:")
    for one in found.rest:
        lines += [f"  {line}" for line in (one.heading, *one.text.splitlines()) if line]
    return lines


def _differs(price: PriceFound) -> str:
    return f" (not in the price list: {', '.join(price.elsewhere)})" if price.elsewhere else ""
