"""What is done to many seats of the table: releasing, undone for half a minute, and sending again."""

from datetime import datetime
from typing import Final

from flask import Blueprint, flash, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from lms import invitations, restoring, seat_table, seats
from lms.clock import now
from lms.errors import Conflict, NotFound
from lms.models.seats import AssignmentEnd
from lms.pool_overview import read_pools
from lms.seat_history import released_together
from lms.stewards import Managed
from lms.web.doors import doors
from lms.web.guard import Audience, open_to
from lms.web.kit import carrel, read_session, see_other, transaction
from lms.web.organisation.area import managed_organisation, render_in
from lms.web.organisation.people import CHOSEN_FROM, RELEASED, titles_of
from lms.web.organisation.pool_words import counted
from lms.web.organisation.table_state import TableState, read_state
from lms.web.signin import required_viewer

blueprint = Blueprint(
    "organisation_released", __name__, url_prefix="/organisation/<organisation_id>"
)

PORTION: Final = 50


@blueprint.post("/people/release")
@open_to(Audience.MANAGERS)
def ask(organisation_id: str) -> ResponseReturnValue:
    managed = managed_organisation(organisation_id)
    state = _state(managed)
    chosen = _chosen(managed, state)
    if not chosen:
        flash(_("Choose at least one person first."), "attention")
        return see_other_url(state.url())
    return render_in(
        managed,
        "organisation/release.html",
        state=state,
        chosen=chosen if not request.form.get("all") else (),
        everybody=bool(request.form.get("all")),
        count=len(chosen),
        said=counted(len(chosen)),
    )


@blueprint.post("/people/released")
@open_to(Audience.MANAGERS)
def release(organisation_id: str) -> ResponseReturnValue:
    managed, moment = managed_organisation(organisation_id), now()
    state = _state(managed)
    chosen = _chosen(managed, state)
    actor = required_viewer().public_id
    # In short transactions, so that others can write while many seats are released.
    for start in range(0, len(chosen), PORTION):
        with transaction() as writing:
            seats.release_many(
                writing,
                chosen[start : start + PORTION],
                AssignmentEnd.REMOVED,
                doors=doors(),
                actor=actor,
                now=moment,
            )
    session[RELEASED] = [managed.facts.public_id, moment.isoformat(), len(chosen)]
    return see_other_url(state.url())


@blueprint.post("/people/resend")
@open_to(Audience.MANAGERS)
def send_again(organisation_id: str) -> ResponseReturnValue:
    managed, moment = managed_organisation(organisation_id), now()
    state = _state(managed)
    chosen, actor = _chosen(managed, state), required_viewer().public_id
    sent = 0
    for seat_id in chosen:
        try:
            with transaction() as writing:
                invitations.send_again(writing, seat_id, doors=doors(), actor=actor, now=moment)
        except (Conflict, NotFound):
            continue  # claimed, or withdrawn meanwhile: there is no invitation to send
        sent += 1
    if sent:
        said = counted(sent)
        flash(
            ngettext(
                "%(said)s invitation is on its way again.",
                "%(said)s invitations are on their way again.",
                sent,
                said=said,
            ),
            "done",
        )
    else:
        flash(_("Choose at least one person whose invitation is open."), "attention")
    return see_other_url(state.url())


@blueprint.post("/people/undo")
@open_to(Audience.MANAGERS)
def undo(organisation_id: str) -> ResponseReturnValue:
    managed, moment = managed_organisation(organisation_id), now()
    kept = session.pop(RELEASED, None)
    if not kept or kept[0] != managed.facts.public_id:
        raise NotFound
    actor, at = required_viewer().public_id, datetime.fromisoformat(kept[1])
    with read_session() as reading:
        pools = {card.id for card in read_pools(reading, managed.facts.id, now=moment)}
        released = released_together(reading, actor=actor, at=at)
    undone = failed = 0
    for seat_id, pool_id in released:
        if pool_id not in pools:
            continue
        try:
            with transaction() as writing:
                restoring.restore(writing, seat_id, actor=actor, now=moment)
        except Conflict:
            failed += 1
        else:
            undone += 1
    if undone:
        said = counted(undone)
        flash(
            ngettext(
                "%(said)s person has their seat again.",
                "%(said)s people have their seats again.",
                undone,
                said=said,
            ),
            "done",
        )
    if failed:
        said = counted(failed)
        flash(
            ngettext(
                "%(said)s seat could not be given back: it was too long ago, or went to somebody else.",
                "%(said)s seats could not be given back: it was too long ago, or they went to somebody else.",
                failed,
                said=said,
            ),
            "attention",
        )
    return see_other("organisation_people.people", organisation_id=organisation_id)


def see_other_url(url: str) -> Response:
    """Answer 303 to an address made by this area."""
    return Response(status=303, headers={"Location": url})


def _state(managed: Managed) -> TableState:
    with read_session() as reading:
        titles = titles_of(read_pools(reading, managed.facts.id, now=now()))
    return read_state(managed.facts.public_id, request.form, titles)


def _chosen(managed: Managed, state: TableState) -> tuple[str, ...]:
    """Return the seats that were chosen and are this organisation's; raises NotFound for others."""
    with carrel().database.read_session() as reading:
        if request.form.get("all"):
            if state.wanted.standing not in CHOSEN_FROM:
                return ()
            return seat_table.every_seat(reading, managed.facts.id, state.wanted)
        asked = tuple(dict.fromkeys(request.form.getlist("seat")))
        if not seat_table.are_of(reading, managed.facts.id, asked):
            raise NotFound
        return asked
