"""The series page: its parts in order, and where a person resumes."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from lms.access.decision_facts import load_cases
from lms.catalog.series_page import PAGE_SIZE, Parts, read_parts
from lms.core import clock
from lms.core.dates_and_time_zones import say_date
from lms.core.markdown import to_html
from lms.models.grants import Scope as GrantScope
from lms.web.access.access_panel_and_reader_times import reading_zone, said_datetime
from lms.web.catalog.multi_webinar_access_and_prices import (
    Numbered,
    Scope,
    continued,
    numbered,
    panel_over,
    sells,
)
from lms.web.catalog.webinar_cards import Card, decide_each, entry_cards
from lms.web.core.current_user import viewer
from lms.web.core.page_frame import sales_words
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.recording_time_texts import minutes_of
from lms.web.core.request_context import read_session, render
from lms.web.pricing.buy_box import Around, pass_box
from lms.web.public.social_metadata import shared_series


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a series, as shown."""

    number: int
    card: Card
    summary: str
    is_done: bool
    is_next: bool


def show_series(slug: str) -> ResponseReturnValue:
    """Show the page of a series; raises NotFound."""
    person, now = viewer(), clock.now()
    login_id = person.login_id if person is not None else None
    with read_session() as session:
        found = read_parts(session, slug, page=page_number(), login_id=login_id, now=now)
        ids = [entry.id for entry in found.entries]
        cases = load_cases(session, login_id=login_id, webinar_ids=ids)
        parts = numbered(found.entries, cases, first=found.first)
        scope = Scope(url_for("catalog.series", slug=slug), f"series:{slug}")
        around = Around(GrantScope.SERIES, slug, found.series.title)
        left_out = sum(not one.entry.is_in_passes for one in parts)
        box = (
            pass_box(session, around, login_id, left_out=left_out, now=now)
            if sells(parts, now)
            else None
        )
    panel, next_number = continued(panel_over(parts, scope, now), parts, now, total=found.total)
    cards = entry_cards(found.entries, decide_each(found.entries, cases, now))
    return render(
        "public/series_page.html",
        series=found.series,
        about=Markup(to_html(found.series.description)),  # noqa: S704  (nh3 sanitized it)
        people=found.people,
        facts=tuple(_facts(found)),
        coming=_coming(parts),
        parts=[
            Part(part.number, card, part.entry.summary, part.is_done, part.number == next_number)
            for part, card in zip(parts, cards, strict=True)
        ],
        panel=panel,
        box=box,
        sales=sales_words() if box else None,
        shared=shared_series(found),
        pager=pager_of(
            found.page,
            PAGE_SIZE,
            found.total,
            url=lambda page: url_for("catalog.series", slug=slug, page=page),
        ),
    )


def _facts(found: Parts) -> Iterator[str]:
    if found.begins_at is None or found.ends_at is None:
        return
    yield ngettext("%(num)d part", "%(num)d parts", found.total)
    yield _("%(length)s total", length=_length(found.seconds))
    zone = reading_zone()
    first, last = say_date(found.begins_at, zone), say_date(found.ends_at, zone)
    yield first if first == last else _("%(first)s to %(last)s", first=first, last=last)


def _length(seconds: float) -> str:
    hours, minutes = divmod(minutes_of(seconds), 60)
    if not hours:
        return _("%(minutes)s min", minutes=minutes)
    if not minutes:
        return _("%(hours)s h", hours=hours)
    return _("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes)


def _coming(parts: tuple[Numbered, ...]) -> tuple[Numbered, str] | None:
    """Return the next live part and when it takes place, or None."""
    to_come = [part for part in parts if not part.entry.is_over]
    if not to_come:
        return None
    coming = min(to_come, key=lambda part: part.entry.held_at)
    return coming, said_datetime(coming.entry.held_at, coming.entry.zone)
