"""A seat that goes to somebody else, and an invitation to another address (PRODUCT.md, S3)."""

from zoneinfo import ZoneInfo

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import invitations, pools, reassigning, seat_requests
from lms.clock import now
from lms.errors import Conflict, Invalid
from lms.invitations import Invitee
from lms.models.seats import AssignmentState
from lms.reassigning import Losses
from lms.seat_requests import Asker
from lms.seating import OPEN
from lms.stewards import Managed
from lms.web.doors import doors, office
from lms.web.forms.seats import NextHolderForm, SeatAddressForm, SuccessorForm
from lms.web.guard import Audience, open_to
from lms.web.kit import read_session, see_other, transaction
from lms.web.organisation.area import managed_organisation, render_in, zone_of
from lms.web.organisation.seat import own_seat
from lms.web.signin import required_viewer
from lms.zones import say_moment

blueprint = Blueprint(
    "organisation_moves", __name__, url_prefix="/organisation/<organisation_id>/seats/<seat_id>"
)

SEAT = "organisation_seat.seat"


@blueprint.get("/reassign")
@open_to(Audience.MANAGERS)
def preview(organisation_id: str, seat_id: str) -> ResponseReturnValue:
    managed = managed_organisation(organisation_id)
    with read_session() as session:
        found = own_seat(session, managed, seat_id)
    if found.sits is None or found.sits is AssignmentState.FROZEN:
        return see_other(SEAT, organisation_id=organisation_id, seat_id=seat_id)
    return _reassign_page(managed, seat_id, NextHolderForm())


@blueprint.post("/reassign")
@open_to(Audience.MANAGERS)
def reassign(organisation_id: str, seat_id: str) -> ResponseReturnValue:
    managed, form = managed_organisation(organisation_id), NextHolderForm(request.form)
    with read_session() as session:
        own_seat(session, managed, seat_id)
    if form.validate():
        to = Invitee(form.email.address, form.name.data or "")
        actor = required_viewer().public_id
        try:
            with transaction() as session:
                reassigning.reassign(session, seat_id, to, doors=doors(), actor=actor, now=now())
        except Conflict as refusal:
            form.form_errors.append(_(refusal.message))
        else:
            flash(_("%(email)s is invited to this seat.", email=to.address.shown), "done")
            return see_other(SEAT, organisation_id=organisation_id, seat_id=seat_id)
    return _reassign_page(managed, seat_id, form), 400


@blueprint.get("/approval")
@open_to(Audience.MANAGERS)
def approval(organisation_id: str, seat_id: str) -> ResponseReturnValue:
    managed = managed_organisation(organisation_id)
    with read_session() as session:
        own_seat(session, managed, seat_id)
    return _approval_page(managed, seat_id, SuccessorForm())


@blueprint.post("/approval")
@open_to(Audience.MANAGERS)
def ask_approval(organisation_id: str, seat_id: str) -> ResponseReturnValue:
    managed, form = managed_organisation(organisation_id), SuccessorForm(request.form)
    with read_session() as session:
        pool = pools.find_pool(session, own_seat(session, managed, seat_id).pool)
    if not form.validate():
        return _approval_page(managed, seat_id, form), 400
    person = required_viewer()
    asker = Asker(person.login_id, person.public_id, person.name, person.email or "", to=form.to)
    try:
        with transaction() as session:
            seat_requests.ask_to_move(session, seat_id, pool, asker, office=office(), now=now())
    except (Conflict, Invalid) as refusal:
        form.form_errors.append(_(refusal.message))
        return _approval_page(managed, seat_id, form), 400
    flash(_("We have been asked to agree, and answer you by mail."), "done")
    return see_other(SEAT, organisation_id=organisation_id, seat_id=seat_id)


@blueprint.get("/address")
@open_to(Audience.MANAGERS)
def address(organisation_id: str, seat_id: str) -> ResponseReturnValue:
    managed = managed_organisation(organisation_id)
    with read_session() as session:
        found = own_seat(session, managed, seat_id)
    if found.sits not in OPEN or found.login_id is not None:
        return see_other(SEAT, organisation_id=organisation_id, seat_id=seat_id)
    form = SeatAddressForm(data={"email": found.email})
    return _address_page(managed, seat_id, form, found.email or "")


@blueprint.post("/address")
@open_to(Audience.MANAGERS)
def correct(organisation_id: str, seat_id: str) -> ResponseReturnValue:
    managed, form = managed_organisation(organisation_id), SeatAddressForm(request.form)
    with read_session() as session:
        found = own_seat(session, managed, seat_id)
    if form.validate():
        to, actor = form.email.address, required_viewer().public_id
        try:
            with transaction() as session:
                invitations.correct_address(
                    session, seat_id, to, doors=doors(), actor=actor, now=now()
                )
        except Conflict as refusal:
            form.form_errors.append(_(refusal.message))
        else:
            flash(_("The invitation is on its way to %(email)s.", email=to.shown), "done")
            return see_other(SEAT, organisation_id=organisation_id, seat_id=seat_id)
    return _address_page(managed, seat_id, form, found.email or ""), 400


def _approval_page(managed: Managed, seat_id: str, form: SuccessorForm) -> str:
    return render_in(managed, "organisation/approval.html", form=form, seat_id=seat_id)


def _address_page(managed: Managed, seat_id: str, form: SeatAddressForm, email: str) -> str:
    return render_in(managed, "organisation/address.html", form=form, seat_id=seat_id, person=email)


def _reassign_page(managed: Managed, seat_id: str, form: NextHolderForm) -> str:
    with transaction() as session:  # it locks the seat while it looks
        lost = reassigning.losses(session, seat_id, now=now())
    return render_in(
        managed,
        "organisation/reassign.html",
        form=form,
        successor_form=SuccessorForm(),
        seat_id=seat_id,
        person=lost.name or lost.email or _("Somebody without an address"),
        covers=lost.covers,
        losses=_losses(lost),
        stays_until=_stays_until(lost, zone_of(managed)),
        needs_approval=lost.refill.needs_approval,
    )


def _losses(lost: Losses) -> list[str]:
    if lost.state is not AssignmentState.CLAIMED:
        return [_("They have not taken the seat yet. Their link stops working.")]
    watched = (
        _("They have watched %(percent)s %% of what it covers.", percent=round(100 * lost.share))
        if lost.share
        else _("They have not watched anything of it yet.")
    )
    return [
        watched,
        _("They stop watching through it within a minute, wherever they are."),
        _("They are told by mail, and keep their certificates and what they hold from elsewhere."),
    ]


def _stays_until(lost: Losses, zone: ZoneInfo) -> str:
    return say_moment(lost.refill.opens_at, zone) if lost.refill.opens_at else ""
