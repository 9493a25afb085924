"""Staff actions for a caller: their invitation, a seat, a link to renew a pass, and how to join live."""

from flask import Blueprint, flash, make_response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from lms import audit
from lms.access.policy import Action
from lms.core.clock import now
from lms.core.email_addresses import read_address
from lms.core.errors import Conflict, Invalid, NotFound
from lms.documents.payment_links import payment_links
from lms.grants import grant_target_lookup
from lms.live import registrations
from lms.own_orders import pass_renewals
from lms.people import access_diagnosis
from lms.people.access_diagnosis import Asked
from lms.seats import claims, invitations, pools
from lms.seats.claims import Already, Claimed
from lms.seats.invitations import AlreadyIn, Invited, Invitee
from lms.seats.waitlist_offers import check_on
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.private_page_headers_and_mail_links import keep_nothing, links, mail_context
from lms.web.core.request_context import carrel, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.people.caller_acts import is_to_join
from lms.web.people.staff_access_diagnosis import Shown, caller_form, caller_page

blueprint = Blueprint("staff_caller", __name__, url_prefix="/staff/people/why")


@blueprint.post("/seats/<seat_id>/resend")
@open_to(Audience.STAFF)
def resend(seat_id: str) -> ResponseReturnValue:
    """Email an open invitation again, with a new link and 14 days."""
    with transaction() as session:
        invitations.send_again(session, seat_id, links=links(), **acting())
    flash(_("The invitation was resent. Earlier links no longer work."), "done")
    return _back()


@blueprint.post("/seats/<seat_id>/extend")
@open_to(Audience.STAFF)
def extend(seat_id: str) -> ResponseReturnValue:
    """Extend an open invitation and its links by 14 days."""
    with transaction() as session:
        invitations.extend(session, seat_id, **acting())
    flash(_("The invitation is extended by 14 days. Their link still works."), "done")
    return _back()


@blueprint.post("/seats/<seat_id>/link")
@open_to(Audience.STAFF)
def copy_link(seat_id: str) -> ResponseReturnValue:
    """Create a link for an invitation and show it once, for a caller whose email is blocked."""
    with transaction() as session:
        token = invitations.fresh_link(session, seat_id, **acting())
    shown = Shown(link=links().page(f"/claim/{token}"), seat=seat_id)
    return keep_nothing(make_response(caller_page(caller_form(request.form), shown)))


@blueprint.post("/seats/<seat_id>/address")
@open_to(Audience.STAFF)
def correct_address(seat_id: str) -> ResponseReturnValue:
    """Send an open invitation to the corrected address."""
    typed = request.form.get("email", "")
    try:
        address = read_address(typed)
        with transaction() as session:
            invitations.correct_address(session, seat_id, address, links=links(), **acting())
    except (Invalid, Conflict) as refusal:
        shown = Shown(typed=typed, faults={seat_id: _(refusal.message)})
        return caller_page(caller_form(request.form), shown), 400
    flash(_("The invitation was sent to %(email)s.", email=address.shown), "done")
    return _back(address.shown)


@blueprint.post("/pools/<pool_id>/invite")
@open_to(Audience.STAFF)
def invite(pool_id: str) -> ResponseReturnValue:
    """Reserve a seat of an organization for a caller, and email them the link."""
    address = read_address(request.form.get("email", ""))
    name = request.form.get("name", "").strip()[:200]
    with transaction() as session:
        pool = pools.find_pool(session, pool_id)
        check_on(session, pool.id)
        (answer,) = invitations.invite(
            session,
            pool.id,
            [Invitee(address, "" if "@" in name else name)],
            links=links(),
            **acting(),
        )
    if isinstance(answer, Invited):
        flash(_("A seat is reserved, and %(email)s was invited.", email=address.shown), "done")
    elif isinstance(answer, AlreadyIn):
        flash(_("They already have a seat or an invitation there."), "attention")
    else:
        flash(_("The last seat was just taken. Nothing was sent."), "attention")
    return _back()


@blueprint.post("/pools/<pool_id>/seat")
@open_to(Audience.STAFF)
def seat(pool_id: str) -> ResponseReturnValue:
    """Give a seat of an organization to a person without an email address, who comes from its LMS.

    Raises NotFound for people who can be invited.
    """
    with transaction() as session:
        account = access_diagnosis.read_caller(session, request.form.get("address", "")).account
        if account is None or account.email is not None:
            raise NotFound
        pool = pools.find_pool(session, pool_id)
        done = claims.claim(session, pool.id, account.id, **acting())
    if isinstance(done, Claimed | Already):
        flash(_("They have a seat. They can watch when they open it in the LMS again."), "done")
    else:
        flash(_("The last seat was just taken."), "attention")
    return _back()


@blueprint.post("/grants/<grant_id>/renewal")
@open_to(Audience.STAFF)
def renewal(grant_id: str) -> ResponseReturnValue:
    """Email the owner of a pass the link that renews it, though it has ended."""
    where, at = payment_links(carrel().settings), now()
    with transaction() as session:
        address = pass_renewals.send_link(
            session, grant_id, pay=where, mail_context=mail_context(), now=at
        )
        actor = required_viewer().public_id
        audit.record(session, "grant.renewal_sent", grant_id, actor=actor, now=at)
    flash(_("We emailed %(email)s a link to renew the pass.", email=address), "done")
    return _back()


@blueprint.post("/webinars/<slug>/joining")
@open_to(Audience.STAFF)
def joining(slug: str) -> ResponseReturnValue:
    """Email a person who has access how to join a webinar to come, and register them.

    Raises NotFound for people who don't have access or an address.
    """
    at = now()
    with transaction() as session:
        webinar = grant_target_lookup.find_webinar(session, slug)
        who = request.form.get("address", "")
        found = access_diagnosis.inquire(session, Asked(who, webinar.id, Action.LIVE, at))
        account = found.caller.account
        if account is None or account.email is None or not is_to_join(found, at):
            raise NotFound
        is_new = registrations.register(
            session, login_id=account.id, webinar_id=webinar.id, links=links(), now=at
        )
        if not is_new:
            registrations.send_again(
                session, login_id=account.id, webinar_id=webinar.id, links=links(), now=at
            )
    flash(_("We emailed %(email)s how to join.", email=account.email), "done")
    return _back()


def _back(address: str | None = None) -> Response:
    asked = {name: request.form.get(name) or None for name in ("address", "webinar", "action")}
    return see_other("staff_why.why", **{**asked, **({"address": address} if address else {})})
