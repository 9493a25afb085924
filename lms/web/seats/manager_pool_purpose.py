"""Manager page where an organization says who its unlimited seats are for (S12)."""

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core import clock
from lms.core.errors import N_, NotFound, or_not_found
from lms.models.grants import Scope
from lms.models.seats import PoolPurpose
from lms.organizations.manager_and_owner_permissions import Managed
from lms.seats import pools
from lms.seats.pool_overview import PoolCard, read_pool
from lms.seats.seats_to_assign import pools_with_own_seat
from lms.seats.self_service import claim_own
from lms.web.core.current_user import required_viewer
from lms.web.core.manager_area import render_in
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import read_session, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.seats.own import after_claim
from lms.web.seats.pool_texts import pool_title

blueprint = Blueprint(
    "organization_purpose", __name__, url_prefix="/organization/<organization_id>/pools/<pool_id>"
)

# The label of each answer, and what happens next.
ANSWERS: Final[Mapping[PoolPurpose, tuple[str, str]]] = {
    PoolPurpose.ME: (N_("Just me"), N_("You get a seat now and can watch.")),
    PoolPurpose.PEOPLE: (N_("These people"), N_("Enter or paste their email addresses next.")),
    PoolPurpose.LMS: (N_("Everyone in our LMS"), N_("Connect your LMS next.")),
    PoolPurpose.LATER: (N_("I'll decide later"), N_("We'll remind you by email.")),
}


@blueprint.get("/who")
@open_to(Audience.MANAGERS)
def ask(organization_id: str, pool_id: str) -> ResponseReturnValue:
    """Ask who the seats are for, one button per answer; limited pools lead straight to inviting people."""
    managed = managed_organization(organization_id)
    card = _card(managed, pool_id)
    if not card.has_purpose:
        return redirect(_onward(PoolPurpose.PEOPLE, organization_id, card), code=303)
    return render_in(
        managed,
        "seats/manager_pool_purpose.html",
        title=pool_title(card),
        pool_id=pool_id,
        answers=[
            (purpose.value, _(label), _(about), card.meant_for is purpose)
            for purpose, (label, about) in ANSWERS.items()
        ],
    )


@blueprint.post("/who")
@open_to(Audience.MANAGERS)
def answer(organization_id: str, pool_id: str) -> ResponseReturnValue:
    """Save the answer and redirect to its next page."""
    managed, person, now = managed_organization(organization_id), required_viewer(), clock.now()
    purpose = or_not_found(
        next((one for one in PoolPurpose if one == request.form.get("purpose")), None)
    )
    card = _card(managed, pool_id)
    if not card.has_purpose:
        raise NotFound
    with transaction() as session:
        pools.set_purpose(session, card.id, purpose, actor=person.public_id, now=now)
        has_own = card.id in pools_with_own_seat(session, person.login_id)
        if purpose is PoolPurpose.ME and managed.role is not None and not has_own:
            claim_own(
                session,
                person.login_id,
                pool_id,
                links=links(),
                actor=person.public_id,
                now=now,
            )
    return redirect(_onward(purpose, organization_id, card), code=303)


def _onward(purpose: PoolPurpose, organization_id: str, card: PoolCard) -> str:
    match purpose:
        case PoolPurpose.ME:
            return after_claim(card.target if card.scope is Scope.WEBINAR else None)
        case PoolPurpose.PEOPLE:
            return url_for(
                "organization_inviting.begin", organization_id=organization_id, pool=card.public_id
            )
        case PoolPurpose.LMS:
            return url_for("organization_lti.overview", organization_id=organization_id)
        case PoolPurpose.LATER:
            return url_for("organizations.overview", organization_id=organization_id)


def _card(managed: Managed, pool_id: str) -> PoolCard:
    with read_session() as session:
        return read_pool(session, managed.facts.id, pool_id, now=clock.now())
