"""Manager pages for bulk release of the selected seats, and to resend their invitations.

A worker handles more than 200 seats; its page shows the progress.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from flask import Blueprint, flash, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from lms.core import clock
from lms.core.errors import N_, Conflict, NotFound
from lms.models.seats import AssignmentEnd
from lms.seats import bulk_release_and_reinvite, claims, invitations, release_undo
from lms.seats.bulk_release_and_reinvite import Act
from lms.seats.pool_overview import read_pools
from lms.seats.release_undo import released_together
from lms.seats.seat_table import read_chosen
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.manager_area import render_in
from lms.web.core.number_parsing_and_formatting import counted
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.seats.bulk_action_undo import put_back
from lms.web.seats.manager_seat_table import RELEASED
from lms.web.seats.pool_texts import pool_titles
from lms.web.seats.selected_seats import (
    NO_ONE_SELECTED,
    chosen_seats,
    seats_as_shown,
    see_other_url,
    table_of,
)

blueprint = Blueprint(
    "organization_released", __name__, url_prefix="/organization/<organization_id>"
)

NO_ONE_INVITED: Final = N_("Select at least one person with an open invitation.")
PORTION: Final = 50
NAMED: Final = 20


@blueprint.post("/people/release")
@open_to(Audience.MANAGERS)
def ask(organization_id: str) -> ResponseReturnValue:
    managed, shown_at = managed_organization(organization_id), clock.now()
    state = table_of(managed)
    chosen = chosen_seats(managed, state)
    if not chosen:
        flash(_(NO_ONE_SELECTED), "attention")
        return see_other_url(state.url())
    with read_session() as reading:
        pools = pool_titles(read_pools(reading, managed.facts.id, now=shown_at))
        named = read_chosen(reading, managed.facts.id, chosen[:NAMED])
    return render_in(
        managed,
        "seats/manager_bulk_release.html",
        state=state,
        named=[(row.name, row.email, pools[row.pool_id]) for row in named],
        more=len(chosen) - len(named),
        chosen=chosen if not request.form.get("all") else (),
        everybody=bool(request.form.get("all")),
        shown_at=shown_at.isoformat(),
        count=len(chosen),
        said=counted(len(chosen)),
        goes_on=len(chosen) > bulk_release_and_reinvite.AT_ONCE,
    )


@blueprint.post("/people/released")
@open_to(Audience.MANAGERS)
def release(organization_id: str) -> ResponseReturnValue:
    managed, now = managed_organization(organization_id), clock.now()
    state = table_of(managed)
    selected, actor = chosen_seats(managed, state), required_viewer().public_id
    chosen = seats_as_shown(selected)
    if changed := len(selected) - len(chosen):
        said = counted(changed)
        flash(
            ngettext(
                "%(said)s seat changed since you opened that page, so we didn't release it.",
                "%(said)s seats changed since you opened that page, so we didn't release them.",
                changed,
                said=said,
            ),
            "attention",
        )
    if len(chosen) > bulk_release_and_reinvite.AT_ONCE:
        return _begun(organization_id, Act.RELEASE, chosen) or see_other_url(state.url())
    # In short transactions, so that others can write in between.
    for start in range(0, len(chosen), PORTION):
        with transaction() as writing:
            claims.release_many(
                writing,
                chosen[start : start + PORTION],
                AssignmentEnd.REMOVED,
                links=links(),
                actor=actor,
                now=now,
            )
    session[RELEASED] = [managed.facts.public_id, now.isoformat(), len(chosen)]
    return see_other_url(state.url())


@blueprint.post("/people/resend")
@open_to(Audience.MANAGERS)
def send_again(organization_id: str) -> ResponseReturnValue:
    managed, now = managed_organization(organization_id), clock.now()
    state = table_of(managed)
    chosen, actor = chosen_seats(managed, state), required_viewer().public_id
    if len(chosen) > bulk_release_and_reinvite.AT_ONCE:
        page = _begun(organization_id, Act.SEND_AGAIN, chosen)
        if page is not None:
            return page
        chosen = ()  # none of the selected seats has an open invitation
    sent = 0
    for seat_id in chosen:
        try:
            with transaction() as writing:
                invitations.send_again(writing, seat_id, links=links(), actor=actor, now=now)
        except (Conflict, NotFound):
            continue  # claimed or withdrawn in the meantime: there is no invitation to send
        sent += 1
    if sent:
        said = counted(sent)
        flash(
            ngettext(
                "%(said)s invitation was sent again.",
                "%(said)s invitations were sent again.",
                sent,
                said=said,
            ),
            "done",
        )
    else:
        flash(_(NO_ONE_INVITED), "attention")
    return see_other_url(state.url())


def _begun(organization_id: str, act: Act, chosen: Sequence[str]) -> Response | None:
    """Queue a bulk action and redirect to its progress page; None if it applies to no seat."""
    with transaction() as writing:
        job = bulk_release_and_reinvite.begin(writing, act, organization_id, chosen, **acting())
    if job is None:
        return None
    return see_other("organization_mass_work.show", organization_id=organization_id, job_id=job)


@blueprint.post("/people/undo")
@open_to(Audience.MANAGERS)
def undo(organization_id: str) -> ResponseReturnValue:
    managed, now = managed_organization(organization_id), clock.now()
    kept = session.pop(RELEASED, None)
    if not kept or kept[0] != managed.facts.public_id:
        raise NotFound
    actor, at = required_viewer().public_id, datetime.fromisoformat(kept[1])
    with read_session() as reading:
        pools = {card.id for card in read_pools(reading, managed.facts.id, now=now)}
        released = released_together(reading, actor=actor, at=at)
    failed = put_back(
        [seat_id for seat_id, pool_id in released if pool_id in pools],
        lambda writing, seat_id: release_undo.restore(writing, seat_id, actor=actor, now=now),
    )
    if failed:
        said = counted(failed)
        flash(
            ngettext(
                "%(said)s seat couldn't be restored: too much time passed, or it was assigned to "
                "someone else.",
                "%(said)s seats couldn't be restored: too much time passed, or they were "
                "assigned to other people.",
                failed,
                said=said,
            ),
            "attention",
        )
    return see_other("organization_people.people", organization_id=organization_id)
