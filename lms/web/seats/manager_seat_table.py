"""Manager page with the seat table: search, filter, sort, and CSV."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, jsonify, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from lms.core import clock
from lms.core.csv_files import Cell
from lms.core.dates_and_time_zones import say_date
from lms.models.grants import Scope
from lms.organizations.manager_and_owner_permissions import Managed
from lms.seats import bulk_release_and_reinvite
from lms.seats.pool_overview import PoolCard, read_pools
from lms.seats.seat_table import PAGE_SIZE, SeatRow, Standing, every_row, read_rows
from lms.web.core.csv_downloads import streamed_csv
from lms.web.core.manager_area import render_in, zone_of
from lms.web.core.number_parsing_and_formatting import counted
from lms.web.core.pagination import page_number, pager_of, sorting
from lms.web.core.request_context import read_session
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.seats.manager_seat_forms import PoolForm
from lms.web.seats.pool_texts import pool_names, pool_title, pool_titles
from lms.web.seats.seat_table_filters import (
    BOUNCED_WORDS,
    STANDING_BADGES,
    STANDING_WORDS,
    UNSUBSCRIBED,
    UP_FIRST,
    WATCHING_WORDS,
    read_state,
)

RELEASED: Final = "released_at"
MOVED: Final = "moved_at"
UNDO_SHOWN_FOR: Final = timedelta(seconds=30)
CHOSEN_FROM: Final = (
    None,
    Standing.CLAIMED,
    Standing.INVITED,
    Standing.OFFERED,
    Standing.FROZEN,
)
blueprint = Blueprint("organization_people", __name__, url_prefix="/organization/<organization_id>")


@dataclass(frozen=True, slots=True)
class Undo:
    """What was just done, and the URL that undoes it."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Row:
    """One person in one seat, as shown in the table."""

    seat_id: str
    name: str
    email: str
    pool: str
    state: str
    badge_kind: str
    note: str
    came_back: str
    unsubscribed: str
    since: str
    watched: str
    share: float | None
    completed: str
    may_be_chosen: bool


@blueprint.get("/people")
@open_to(Audience.MANAGERS)
def people(organization_id: str) -> ResponseReturnValue:
    managed, now, number = managed_organization(organization_id), clock.now(), page_number()
    zone = zone_of(managed)
    with read_session() as reading:
        cards = read_pools(reading, managed.facts.id, now=now)
        titles = pool_titles(cards)
        form = PoolForm(request.args)
        form.pool.offer(pool_names(organization_id, cards), ("", _("Any")))
        args = request.args.copy()
        if form.pool.fault:  # a name was mistyped: it filters nothing, and the page says so
            form.pool.errors = [form.pool.fault]
            del args["pool"]
        state = read_state(organization_id, args, titles)
        found = read_rows(
            reading,
            managed.facts.id,
            state.wanted,
            state.order,
            offset=(number - 1) * PAGE_SIZE,
        )
        working = bulk_release_and_reinvite.under_way(reading, organization_id)
    return render_in(
        managed,
        "seats/manager_seat_table.html",
        state=state,
        rows=[row_of(row, _by_id(cards), zone) for row in found.items],
        total=found.total,
        total_said=counted(found.total),
        pool_form=form,
        states=[(one.value, _(words)) for one, words in STANDING_WORDS.items()],
        watchings=[(one.value, _(words)) for one, words in WATCHING_WORDS.items()],
        chips=state.chips(titles),
        **sorting(state.order, state.url, UP_FIRST),
        undo=just_done(managed),
        may_move=len(cards) > 1,
        working=working,
        is_sending=working is not None and working.act is bulk_release_and_reinvite.Act.SEND_AGAIN,
        may_choose=state.wanted.standing in CHOSEN_FROM,
        has_seats=any(card.used or card.counts.frozen for card in cards),
        pager=pager_of(number, PAGE_SIZE, found.total, url=lambda page: state.url(page=page)),
    )


@blueprint.get("/people/pools")
@open_to(Audience.MANAGERS)
def pools(organization_id: str) -> ResponseReturnValue:
    """Return what the pools cover that match some words, for a field's script."""
    managed = managed_organization(organization_id)
    with read_session() as reading:
        names = pool_names(organization_id, read_pools(reading, managed.facts.id, now=clock.now()))
    return jsonify(items=[{"name": each} for each in names.suggest(request.args.get("q", ""))])


@blueprint.get("/people.csv")
@open_to(Audience.MANAGERS)
def people_csv(organization_id: str) -> ResponseReturnValue:
    managed, now = managed_organization(organization_id), clock.now()
    with read_session() as reading:
        cards = read_pools(reading, managed.facts.id, now=now)
    state = read_state(organization_id, request.args, pool_titles(cards))
    headings = (
        _("Name"),
        _("Email address"),
        _("Seats for"),
        _("Status"),
        _("Assigned"),
        _("Webinars started"),
        _("Webinars completed"),
        _("Watched (percent)"),
        _(BOUNCED_WORDS),
    )
    zone, by_id = zone_of(managed), _by_id(cards)
    words = {standing: _(text) for standing, text in STANDING_WORDS.items()}

    def rows(session: Session) -> Iterator[tuple[Cell, ...]]:
        for row in every_row(session, managed.facts.id, state.wanted, state.order):
            yield (
                row.name,
                row.email,
                by_id[row.pool_id][1],
                words[row.standing],
                row.since.astimezone(zone).date().isoformat(),
                row.begun,
                row.completed,
                round(100 * row.share),
                _("Yes") if row.bounced else "",
            )

    return streamed_csv(headings, rows, f"{managed.facts.slug}-people")


def just_done(managed: Managed) -> Undo | None:
    """Return what this browser just did to seats and can still undo."""
    here = managed.facts.public_id
    if moved := _just(MOVED, here):
        said = counted(moved)
        text = ngettext(
            "%(said)s person was moved.", "%(said)s people were moved.", moved, said=said
        )
        return Undo(text, url_for("organization_moving.undo", organization_id=here))
    if released := _just(RELEASED, here):
        said = counted(released)
        text = ngettext(
            "%(said)s seat was released.", "%(said)s seats were released.", released, said=said
        )
        return Undo(text, url_for("organization_released.undo", organization_id=here))
    return None


def _just(what: str, organization_id: str) -> int:
    """Return how many seats this browser changed in the last 30 seconds."""
    kept = session.get(what)
    if not kept or kept[0] != organization_id:
        return 0
    if clock.now() - datetime.fromisoformat(kept[1]) > UNDO_SHOWN_FOR:
        return 0
    return int(kept[2])


def _by_id(cards: tuple[PoolCard, ...]) -> dict[str, tuple[PoolCard, str]]:
    return {card.public_id: (card, pool_title(card)) for card in cards}


def row_of(row: SeatRow, pools: Mapping[str, tuple[PoolCard, str]], zone: ZoneInfo) -> Row:
    """Return a row of the table in words."""
    card, title = pools[row.pool_id]
    is_one = card.scope is Scope.WEBINAR
    has_begun = row.begun > 0
    watched = _("Not yet")
    if has_begun and is_one:
        watched = f"{round(100 * row.share)}%"
    elif has_begun:
        watched = ngettext("%(num)s webinar started", "%(num)s webinars started", row.begun)
    completed = counted(row.completed) if not is_one else (_("Yes") if row.completed else "")
    return Row(
        seat_id=row.seat_id,
        name=row.name or row.email or _("Person without an email address"),
        email=(row.email or "") if row.name else "",
        pool=title,
        state=_(STANDING_WORDS[row.standing]),
        badge_kind=STANDING_BADGES[row.standing],
        note=_note(row, zone),
        came_back=_(BOUNCED_WORDS) if row.bounced else "",
        unsubscribed=_(UNSUBSCRIBED) if row.unsubscribed else "",
        since=say_date(row.since, zone),
        watched=watched if row.standing not in (Standing.INVITED, Standing.OFFERED) else "",
        share=row.share if has_begun and is_one else None,
        completed=completed if has_begun else "",
        may_be_chosen=row.standing not in (Standing.LOCKED, Standing.RELEASED),
    )


def _note(row: SeatRow, zone: ZoneInfo) -> str:
    if row.standing in (Standing.INVITED, Standing.OFFERED) and row.expires_at is not None:
        return _("until %(day)s", day=say_date(row.expires_at, zone))
    if row.standing is Standing.LOCKED:
        if row.opens_at is None:
            return _("waiting for our approval")
        return _("unlocks on %(day)s", day=say_date(row.opens_at, zone))
    return ""
