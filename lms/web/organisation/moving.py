"""Moving chosen people to another pool of the organisation, and undoing it for half a minute."""

from datetime import datetime

from flask import Blueprint, flash, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lms import seat_moves
from lms.clock import now
from lms.errors import Conflict, NotFound
from lms.pool_overview import PoolCard, read_pool, read_pools
from lms.stewards import Managed
from lms.web.doors import doors
from lms.web.figures import counted
from lms.web.guard import Audience, open_to
from lms.web.kit import read_session, see_other, transaction
from lms.web.organisation.area import managed_organisation, render_in
from lms.web.organisation.chosen import chosen_seats, see_other_url, table_of
from lms.web.organisation.people import MOVED
from lms.web.organisation.pool_words import pool_title, takes_people
from lms.web.organisation.table_state import TableState
from lms.web.organisation.undoing import put_back
from lms.web.signin import required_viewer

blueprint = Blueprint("organisation_moving", __name__, url_prefix="/organisation/<organisation_id>")


@blueprint.post("/people/move")
@open_to(Audience.MANAGERS)
def ask(organisation_id: str) -> ResponseReturnValue:
    managed = managed_organisation(organisation_id)
    state = table_of(managed)
    chosen = chosen_seats(managed, state)
    if not chosen:
        flash(_("Choose at least one person first."), "attention")
        return see_other_url(state.url())
    if len(chosen) > seat_moves.MOST_AT_ONCE:
        flash(_(seat_moves.TOO_MANY), "attention")
        return see_other_url(state.url())
    return _page(managed, state, chosen)


@blueprint.post("/people/moved")
@open_to(Audience.MANAGERS)
def move(organisation_id: str) -> ResponseReturnValue:
    managed, moment = managed_organisation(organisation_id), now()
    state = table_of(managed)
    chosen = chosen_seats(managed, state)
    actor = required_viewer().public_id
    wanted = request.form.get("to", "")
    if not wanted:
        return _page(managed, state, chosen, error=_("Choose where they go.")), 400
    with read_session() as reading:
        card = read_pool(reading, managed.facts.id, wanted, now=moment)
    try:
        with transaction() as writing:
            done = seat_moves.move_many(
                writing, chosen, card.id, doors=doors(), actor=actor, now=moment
            )
    except Conflict as refusal:
        return _page(managed, state, chosen, error=_(refusal.message)), 409
    if done.stayed:
        flash(
            ngettext(
                "%(said)s person stays: they have a seat there already, or are kept for a renewal.",
                "%(said)s people stay: they have seats there already, or are kept for a renewal.",
                done.stayed,
                said=counted(done.stayed),
            ),
            "attention",
        )
    if done.moved:
        session[MOVED] = [organisation_id, moment.isoformat(), done.moved]
    return see_other_url(state.url())


@blueprint.post("/people/moved/undo")
@open_to(Audience.MANAGERS)
def undo(organisation_id: str) -> ResponseReturnValue:
    managed, moment = managed_organisation(organisation_id), now()
    kept = session.pop(MOVED, None)
    if not kept or kept[0] != organisation_id:
        raise NotFound
    actor, at = required_viewer().public_id, datetime.fromisoformat(kept[1])
    with read_session() as reading:
        own = {card.id for card in read_pools(reading, managed.facts.id, now=moment)}
        moved = seat_moves.moved_together(reading, actor=actor, at=at)
    failed = put_back(
        [one for one in moved if one.pool_id in own],
        lambda writing, one: seat_moves.move_back(writing, one, actor=actor, now=moment),
    )
    if failed:
        said = counted(failed)
        words = ngettext(
            "%(said)s person could not be moved back: it was too long ago, or the seat is gone.",
            "%(said)s people could not be moved back: it was too long ago, or the seats are gone.",
            failed,
            said=said,
        )
        flash(words, "attention")
    return see_other("organisation_people.people", organisation_id=organisation_id)


def _page(managed: Managed, state: TableState, chosen: tuple[str, ...], *, error: str = "") -> str:
    with read_session() as reading:
        cards = read_pools(reading, managed.facts.id, now=now())
    return render_in(
        managed,
        "organisation/move.html",
        state=state,
        chosen=chosen,
        count=len(chosen),
        said=counted(len(chosen)),
        places=[
            (card.public_id, pool_title(card), _room(card))
            for card in cards
            if takes_people(card) and card.free != 0
        ],
        to=request.form.get("to", ""),
        error=error,
    )


def _room(card: PoolCard) -> str:
    if card.free is None:
        return _("as many as you need")
    return ngettext("%(said)s free seat", "%(said)s free seats", card.free, said=counted(card.free))
