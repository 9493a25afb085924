"""Manager pages for a seat transfer, and an invitation's corrected address (S3)."""

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.clock import now
from lms.core.dates_and_time_zones import say_datetime
from lms.core.errors import N_, Conflict, Invalid
from lms.models.seats import AssignmentState
from lms.organizations.manager_and_owner_permissions import Managed
from lms.requests import seat_transfer_requests
from lms.requests.asker import Asker
from lms.seats import invitations, pools, transfers
from lms.seats.invitations import Invitee
from lms.seats.seat_counts import OPEN
from lms.seats.transfers import Losses
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.manager_area import render_in, zone_of
from lms.web.core.private_page_headers_and_mail_links import links, mail_context
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.seats.manager_seat import own_seat
from lms.web.seats.manager_seat_forms import NextHolderForm, SeatAddressForm, SuccessorForm

blueprint = Blueprint(
    "organization_moves", __name__, url_prefix="/organization/<organization_id>/seats/<seat_id>"
)

SEAT = "organization_seat.seat"
KEPT = N_("We email them. They keep their certificates and any other access.")


@blueprint.get("/reassign")
@open_to(Audience.MANAGERS)
def preview(organization_id: str, seat_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with read_session() as session:
        found = own_seat(session, managed, seat_id)
    if found.sits is None or found.sits is AssignmentState.FROZEN:
        return see_other(SEAT, organization_id=organization_id, seat_id=seat_id)
    return _reassign_page(managed, seat_id, NextHolderForm())


@blueprint.post("/reassign")
@open_to(Audience.MANAGERS)
def reassign(organization_id: str, seat_id: str) -> ResponseReturnValue:
    managed, form = managed_organization(organization_id), NextHolderForm(request.form)
    with read_session() as session:
        own_seat(session, managed, seat_id)
    if form.validate():
        to = Invitee(form.email.address, form.name.data or "")
        try:
            with transaction() as session:
                seat_transfer_requests.reassign(session, seat_id, to, links=links(), **acting())
        except Conflict as refusal:
            form.form_errors.append(_(refusal.message))
        else:
            flash(_("%(email)s is invited to this seat.", email=to.address.shown), "done")
            return see_other(SEAT, organization_id=organization_id, seat_id=seat_id)
    return _reassign_page(managed, seat_id, form), 400


@blueprint.get("/approval")
@open_to(Audience.MANAGERS)
def approval(organization_id: str, seat_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with read_session() as session:
        own_seat(session, managed, seat_id)
    return _approval_page(managed, seat_id, SuccessorForm())


@blueprint.post("/approval")
@open_to(Audience.MANAGERS)
def ask_approval(organization_id: str, seat_id: str) -> ResponseReturnValue:
    managed, form = managed_organization(organization_id), SuccessorForm(request.form)
    with read_session() as session:
        pool = pools.find_pool(session, own_seat(session, managed, seat_id).pool)
    if not form.validate():
        return _approval_page(managed, seat_id, form), 400
    person = required_viewer()
    asker = Asker(person.login_id, person.public_id, person.name, person.email or "", to=form.to)
    try:
        with transaction() as session:
            seat_transfer_requests.ask_to_move(
                session, seat_id, pool, asker, mail_context=mail_context(), now=now()
            )
    except (Conflict, Invalid) as refusal:
        form.form_errors.append(_(refusal.message))
        return _approval_page(managed, seat_id, form), 400
    flash(_("We received your request. We'll email you our answer."), "done")
    return see_other(SEAT, organization_id=organization_id, seat_id=seat_id)


@blueprint.get("/address")
@open_to(Audience.MANAGERS)
def address(organization_id: str, seat_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with read_session() as session:
        found = own_seat(session, managed, seat_id)
    if found.sits not in OPEN or found.login_id is not None:
        return see_other(SEAT, organization_id=organization_id, seat_id=seat_id)
    form = SeatAddressForm(data={"email": found.email})
    return _address_page(managed, seat_id, form, found.email or "")


@blueprint.post("/address")
@open_to(Audience.MANAGERS)
def correct(organization_id: str, seat_id: str) -> ResponseReturnValue:
    managed, form = managed_organization(organization_id), SeatAddressForm(request.form)
    with read_session() as session:
        found = own_seat(session, managed, seat_id)
    if form.validate():
        to, actor = form.email.address, required_viewer().public_id
        try:
            with transaction() as session:
                invitations.correct_address(
                    session, seat_id, to, links=links(), actor=actor, now=now()
                )
        except Conflict as refusal:
            form.form_errors.append(_(refusal.message))
        else:
            flash(_("The invitation was sent to %(email)s.", email=to.shown), "done")
            return see_other(SEAT, organization_id=organization_id, seat_id=seat_id)
    return _address_page(managed, seat_id, form, found.email or ""), 400


def _approval_page(managed: Managed, seat_id: str, form: SuccessorForm) -> str:
    return render_in(managed, "seats/manager_transfer_approval.html", form=form, seat_id=seat_id)


def _address_page(managed: Managed, seat_id: str, form: SeatAddressForm, email: str) -> str:
    return render_in(
        managed, "seats/manager_invitation_email.html", form=form, seat_id=seat_id, person=email
    )


def _reassign_page(managed: Managed, seat_id: str, form: NextHolderForm) -> str:
    with transaction() as session:  # transfers.losses locks the seat
        lost = transfers.losses(session, seat_id, now=now())
    return render_in(
        managed,
        "seats/manager_seat_transfer.html",
        form=form,
        successor_form=SuccessorForm(),
        seat_id=seat_id,
        person=lost.name or lost.email or _("Person without an email address"),
        covers=lost.covers or _("all webinars"),
        losses=_losses(lost),
        stays_until=say_datetime(lost.refill.opens_at, zone_of(managed))
        if lost.refill.opens_at
        else "",
        needs_approval=lost.refill.needs_approval,
    )


def _losses(lost: Losses) -> list[str]:
    if lost.state is not AssignmentState.CLAIMED:
        return [_("They haven't claimed the seat yet. Their link will stop working.")]
    watched = (
        _("They've watched %(percent)s%% of it.", percent=round(100 * lost.share))
        if lost.share
        else _("They haven't watched any of it yet.")
    )
    return [
        watched,
        _("They lose access through it within a minute on all devices."),
        _(KEPT),
    ]
