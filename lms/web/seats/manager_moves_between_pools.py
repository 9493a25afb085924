"""Manager pages for moves between pools: move the selected people, and undo."""

from datetime import datetime

from flask import Blueprint, flash, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.core import clock
from lms.core.errors import N_, Conflict, NotFound
from lms.organizations.manager_and_owner_permissions import Managed
from lms.seats import moves_between_pools
from lms.seats.pool_overview import PoolCard, read_pool, read_pools
from lms.web.core.current_user import required_viewer
from lms.web.core.manager_area import render_in
from lms.web.core.number_parsing_and_formatting import counted
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.seats.bulk_action_undo import put_back
from lms.web.seats.manager_seat_table import MOVED
from lms.web.seats.pool_texts import pool_titles
from lms.web.seats.seat_table_filters import TableState
from lms.web.seats.selected_seats import NO_ONE_SELECTED, chosen_seats, see_other_url, table_of

NO_POOL_CHOSEN = N_("Choose where to move them.")

blueprint = Blueprint("organization_moving", __name__, url_prefix="/organization/<organization_id>")


@blueprint.post("/people/move")
@open_to(Audience.MANAGERS)
def ask(organization_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    state = table_of(managed)
    chosen = chosen_seats(managed, state)
    if not chosen:
        flash(_(NO_ONE_SELECTED), "attention")
        return see_other_url(state.url())
    if len(chosen) > moves_between_pools.MOST_AT_ONCE:
        flash(_(moves_between_pools.TOO_MANY), "attention")
        return see_other_url(state.url())
    return _page(managed, state, chosen)


@blueprint.post("/people/moved")
@open_to(Audience.MANAGERS)
def move(organization_id: str) -> ResponseReturnValue:
    managed, now = managed_organization(organization_id), clock.now()
    state = table_of(managed)
    chosen = chosen_seats(managed, state)
    actor = required_viewer().public_id
    wanted = request.form.get("to", "")
    if not wanted:
        return _page(managed, state, chosen, error=_(NO_POOL_CHOSEN)), 400
    with read_session() as reading:
        card = read_pool(reading, managed.facts.id, wanted, now=now)
    try:
        with transaction() as writing:
            done = moves_between_pools.move_many(
                writing, chosen, card.id, links=links(), actor=actor, now=now
            )
    except Conflict as refusal:
        return _page(managed, state, chosen, error=_(refusal.message)), 409
    if done.stayed:
        flash(
            ngettext(
                "%(said)s person wasn't moved because they already have a seat there or are "
                "reserved for renewal.",
                "%(said)s people weren't moved because they already have seats there or are "
                "reserved for renewal.",
                done.stayed,
                said=counted(done.stayed),
            ),
            "attention",
        )
    if done.moved:
        session[MOVED] = [organization_id, now.isoformat(), done.moved]
    return see_other_url(state.url())


@blueprint.post("/people/moved/undo")
@open_to(Audience.MANAGERS)
def undo(organization_id: str) -> ResponseReturnValue:
    managed, now = managed_organization(organization_id), clock.now()
    kept = session.pop(MOVED, None)
    if not kept or kept[0] != organization_id:
        raise NotFound
    actor, at = required_viewer().public_id, datetime.fromisoformat(kept[1])
    with read_session() as reading:
        own = {card.id for card in read_pools(reading, managed.facts.id, now=now)}
        moved = moves_between_pools.moved_together(reading, actor=actor, at=at)
    failed = put_back(
        [one for one in moved if one.pool_id in own],
        lambda writing, one: moves_between_pools.move_back(writing, one, actor=actor, now=now),
    )
    if failed:
        said = counted(failed)
        words = ngettext(
            "%(said)s person couldn't be moved back: too much time passed, or the seat is taken.",
            "%(said)s people couldn't be moved back: too much time passed, or the seats are taken.",
            failed,
            said=said,
        )
        flash(words, "attention")
    return see_other("organization_people.people", organization_id=organization_id)


def _page(managed: Managed, state: TableState, chosen: tuple[str, ...], *, error: str = "") -> str:
    with read_session() as reading:
        cards = read_pools(reading, managed.facts.id, now=clock.now())
    titles = pool_titles(cards)
    return render_in(
        managed,
        "seats/manager_moves_between_pools.html",
        state=state,
        chosen=chosen,
        count=len(chosen),
        said=counted(len(chosen)),
        places=[
            (card.public_id, titles[card.public_id], _room(card))
            for card in cards
            if card.takes_people and card.free != 0
        ],
        to=request.form.get("to", ""),
        error=error,
    )


def _room(card: PoolCard) -> str:
    if card.free is None:
        return _("unlimited")
    return ngettext(
        "%(said)s available seat", "%(said)s available seats", card.free, said=counted(card.free)
    )
