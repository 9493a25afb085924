"""Public feeds: calendars of upcoming webinars, and news of announced ones."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC
from email.utils import format_datetime
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.catalog.feeds import WHOLE, Followed, Part, read_coming, read_name, read_newest, read_one
from lms.catalog.generated_poster import spellable
from lms.core.clock import now
from lms.core.dates_and_time_zones import read_zone, say_datetime
from lms.core.icalendar import Happening, write_calendar
from lms.core.model_base import copied
from lms.web.core.page_frame import branding_facts
from lms.web.core.request_context import carrel, if_changed, read_session
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("following", __name__)

LOOK_AGAIN_S: Final = 300


@blueprint.get("/calendar.ics")
@open_to(Audience.EVERYONE)
def calendar() -> ResponseReturnValue:
    """Return the upcoming webinars as a calendar to subscribe to."""
    return _calendar(WHOLE)


@blueprint.get("/series/<slug>/calendar.ics")
@open_to(Audience.EVERYONE)
def series_calendar(slug: str) -> ResponseReturnValue:
    """Return the upcoming webinars of a series as a calendar."""
    return _calendar(Part(series=slug))


@blueprint.get("/presenters/<slug>/calendar.ics")
@open_to(Audience.EVERYONE)
def presenter_calendar(slug: str) -> ResponseReturnValue:
    """Return the upcoming webinars of a presenter as a calendar."""
    return _calendar(Part(presenter=slug))


@blueprint.get("/webinars/<slug>/calendar.ics")
@open_to(Audience.EVERYONE)
def entry(slug: str) -> ResponseReturnValue:
    """Return one webinar as a calendar file to download."""
    with read_session() as session:
        found = read_one(session, slug)
    answer = _answer(write_calendar(_happenings([found])), "text/calendar")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{found.slug}.ics")
    return answer


@blueprint.get("/feed.xml")
@open_to(Audience.EVERYONE)
def news() -> ResponseReturnValue:
    """Return the latest announcements as RSS 2.0."""
    return _news(WHOLE, url_for("catalog.webinars"))


@blueprint.get("/series/<slug>/feed.xml")
@open_to(Audience.EVERYONE)
def series_news(slug: str) -> ResponseReturnValue:
    """Return the latest announcements in a series as RSS 2.0."""
    return _news(Part(series=slug), url_for("catalog.series", slug=slug))


@blueprint.get("/presenters/<slug>/feed.xml")
@open_to(Audience.EVERYONE)
def presenter_news(slug: str) -> ResponseReturnValue:
    """Return the latest announcements of a presenter's webinars as RSS 2.0."""
    return _news(Part(presenter=slug), url_for("catalog.presenter", slug=slug))


def address_of(slug: str) -> str:
    """Return the absolute URL of a webinar's page, whatever host name this request used."""
    return f"{carrel().settings.base_url}/webinars/{slug}"


def _calendar(part: Part) -> Response:
    with read_session() as session:
        name = _name_of(session, part)
        coming = read_coming(session, part, now=now())
    return _answer(_written(tuple(_happenings(coming)), name), "text/calendar")


def _news(part: Part, page: str) -> Response:
    with read_session() as session:
        name = _name_of(session, part)
        newest = read_newest(session, part)
    text = render_template(
        "public/feed.xml",
        base=carrel().settings.base_url,
        title=spellable(name),
        page=page,
        items=[(_spelled(each), _when(each), _rfc822(each)) for each in newest],
    )
    return _answer(text.encode(), "application/rss+xml")


def _name_of(session: Session, part: Part) -> str:
    seller = branding_facts().name
    if part == WHOLE:
        return _("Webinars from %(seller)s", seller=seller)
    return _("%(name)s: webinars from %(seller)s", name=read_name(session, part), seller=seller)


def _happenings(found: Iterable[Followed]) -> Iterable[Happening]:
    host = urlsplit(carrel().settings.base_url).hostname
    for each in found:
        yield copied(
            Happening,
            each,
            uid=f"{each.public_id}@{host}",
            address=address_of(each.slug),
            starts_at=each.held_at,
        )


@lru_cache(maxsize=16)
def _written(happenings: tuple[Happening, ...], name: str) -> bytes:
    # A hundred entries take 30 ms, anyone can ask, and the result changes only with a webinar.
    return write_calendar(happenings, name=name)


def _spelled(each: Followed) -> Followed:
    return replace(each, title=spellable(each.title), summary=spellable(each.summary))


def _when(each: Followed) -> str:
    # in the webinar's own time zone: the answer can be cached, so it must not depend on the reader
    return say_datetime(each.held_at, read_zone(each.zone))


def _rfc822(each: Followed) -> str:
    return format_datetime((each.announced_at or each.changed_at).astimezone(UTC), usegmt=True)


def _answer(data: bytes, kind: str) -> Response:
    answer = Response(data, content_type=f"{kind}; charset=utf-8")
    answer.headers["Cache-Control"] = f"public, max-age={LOOK_AGAIN_S}"
    return if_changed(answer)
