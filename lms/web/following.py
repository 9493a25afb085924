"""Following a library from elsewhere: calendars of webinars to come, and news of announced ones."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC
from email.utils import format_datetime
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.calendar_files import Happening, write_calendar
from lms.clock import now
from lms.feeds import Followed, read_coming, read_newest, read_one
from lms.poster import spellable
from lms.web.guard import Audience, open_to
from lms.web.kit import carrel, read_session
from lms.web.shell import house_facts
from lms.zones import read_zone, say_moment

blueprint = Blueprint("following", __name__)

LOOK_AGAIN_S: Final = 300


@blueprint.get("/calendar.ics")
@open_to(Audience.EVERYONE)
def calendar() -> ResponseReturnValue:
    """Give the webinars to come, for calendars that follow them."""
    with read_session() as session:
        coming = read_coming(session, now=now())
    name = _("Webinars of %(house)s", house=house_facts().name)
    return _answer(_written(tuple(_happenings(coming)), name), "text/calendar")


@blueprint.get("/webinars/<slug>/calendar.ics")
@open_to(Audience.EVERYONE)
def entry(slug: str) -> ResponseReturnValue:
    """Give one webinar, to be put into a calendar."""
    with read_session() as session:
        found = read_one(session, slug)
    answer = _answer(write_calendar(_happenings([found])), "text/calendar")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{found.slug}.ics")
    return answer


@blueprint.get("/feed.xml")
@open_to(Audience.EVERYONE)
def news() -> ResponseReturnValue:
    """Give what was announced last, as RSS 2.0."""
    with read_session() as session:
        newest = read_newest(session)
    text = render_template(
        "following/feed.xml",
        base=carrel().settings.base_url,
        items=[(_spelled(each), _when(each), _rfc822(each)) for each in newest],
    )
    return _answer(text.encode(), "application/rss+xml")


def address_of(slug: str) -> str:
    """Return the whole address of a webinar's page, whatever name this request came by."""
    return f"{carrel().settings.base_url}/webinars/{slug}"


def _happenings(found: Iterable[Followed]) -> Iterable[Happening]:
    host = urlsplit(carrel().settings.base_url).hostname
    for each in found:
        yield Happening(
            uid=f"{each.public_id}@{host}",
            sequence=each.sequence,
            title=each.title,
            summary=each.summary,
            address=address_of(each.slug),
            starts_at=each.held_at,
            zone=each.zone,
            minutes=each.minutes,
            is_cancelled=each.is_cancelled,
            changed_at=each.changed_at,
        )


@lru_cache(maxsize=2)
def _written(happenings: tuple[Happening, ...], name: str) -> bytes:
    # A hundred entries take 30 ms, anybody may ask, and they are the same until something moves.
    return write_calendar(happenings, name=name)


def _spelled(each: Followed) -> Followed:
    return replace(each, title=spellable(each.title), summary=spellable(each.summary))


def _when(each: Followed) -> str:
    # by the webinar's own clock alone: others may keep this answer, so it is nobody's own
    return say_moment(each.held_at, read_zone(each.zone))


def _rfc822(each: Followed) -> str:
    return format_datetime((each.announced_at or each.changed_at).astimezone(UTC), usegmt=True)


def _answer(data: bytes, kind: str) -> Response:
    answer = Response(data, content_type=f"{kind}; charset=utf-8")
    answer.headers["Cache-Control"] = f"public, max-age={LOOK_AGAIN_S}"
    answer.add_etag()
    answer.make_conditional(request)
    return answer
