"""My library: what I may watch, why and until when, and where I left off."""

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date

from lms.access import Candidate
from lms.clock import now
from lms.errors import NotFound
from lms.explain import describe
from lms.shelf import PAGE_SIZE, Shelf, Volume, read_shelf
from lms.web.cards import Card, badge_kind, badge_words
from lms.web.guard import Audience, open_to
from lms.web.kit import read_session, render
from lms.web.panels import reading_zone, said
from lms.web.posters import poster_url
from lms.web.signin import required_viewer
from lms.web.watch import minutes_of, watched_words

blueprint = Blueprint("library", __name__)

LAST_PAGE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Pager:
    """Which part of a list is shown (templates/_parts/lists.html)."""

    first: int
    last: int
    total: int
    previous_url: str | None
    next_url: str | None


@blueprint.get("/library")
@open_to(Audience.SIGNED_IN)
def library() -> ResponseReturnValue:
    person = required_viewer()
    page = request.args.get("page", 1, type=int)
    if not 1 <= page <= LAST_PAGE:
        raise NotFound
    with read_session() as session:
        shelf = read_shelf(session, login_id=person.login_id, page=page, now=now())
    if page > 1 and not shelf.held:
        raise NotFound
    return render(
        "library/library.html",
        begun=[_card(volume) for volume in shelf.begun],
        held=[_card(volume) for volume in shelf.held],
        free=[_card(volume) for volume in shelf.free],
        passes=[_pass(candidate) for candidate in shelf.passes],
        pager=_pager(shelf),
    )


def _card(volume: Volume) -> Card:
    place, version = volume.place, volume.version
    is_begun = place is not None and place.is_begun
    endpoint = "watch.watch"
    return Card(
        slug=volume.slug,
        title=volume.title,
        url=url_for(endpoint, slug=volume.slug),
        poster_url=poster_url(version.public_id, version.run) if version else None,
        minutes=minutes_of(version.seconds) if version else volume.minutes,
        presenters=", ".join(volume.presenters),
        when=_day(volume),
        badge=badge_words(volume.decision),
        badge_kind=badge_kind(volume.decision),
        share=place.share if place is not None and is_begun else None,
        progress_text=watched_words(place) if place is not None and is_begun else None,
    )


def _pass(candidate: Candidate) -> tuple[str, str]:
    covers, stands = describe(candidate, zone=reading_zone())
    return said(covers), said(stands)


def _day(volume: Volume) -> str:
    return str(format_date(volume.held_at.astimezone(ZoneInfo(volume.zone)).date(), "d MMM y"))


def _pager(shelf: Shelf) -> Pager:
    first = (shelf.page - 1) * PAGE_SIZE + 1
    last = first + len(shelf.held) - 1
    return Pager(
        first=first,
        last=last,
        total=shelf.total,
        previous_url=url_for("library.library", page=shelf.page - 1) if shelf.page > 1 else None,
        next_url=url_for("library.library", page=shelf.page + 1) if last < shelf.total else None,
    )
