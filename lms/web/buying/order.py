"""The page of an order for its buyer: what to do now, and what is pending (PRODUCT.md, S15).

It opens in the browser that ordered until the buyer's address is confirmed, and for people signed in as
the buyer or as a person who buys for the organization.
"""

from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, Response, flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from wtforms import Form

from lms.buying import confirmations, placed_orders
from lms.buying.placed_orders import Bought, OwnOrder
from lms.core import clock
from lms.core.dates_and_time_zones import say_datetime, say_last_date
from lms.core.errors import N_, Conflict, Gone, NotFound
from lms.documents.mails import NAMES
from lms.documents.payer_documents import documents_of_order
from lms.documents.payment_links import link_of, payment_links
from lms.models.grants import Scope
from lms.pricing.price_list import say_money
from lms.sales.orders import find_order
from lms.sales.read_models import Standing
from lms.web.access.access_panel_and_reader_times import said_datetime
from lms.web.accounts.forms import address_field, name_field
from lms.web.buying.card import is_test
from lms.web.buying.order_access import login_of, was_confirmed_elsewhere
from lms.web.core import rate_limits
from lms.web.core.constant_time_responses import evenly
from lms.web.core.current_user import required_viewer, viewer
from lms.web.core.lazy_form_translations import _l
from lms.web.core.private_page_headers_and_mail_links import keep_nothing, mail_context
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.pricing.quote_texts import offer_name
from lms.web.sales.order_texts import STANDING_WORDS
from lms.web.seats.pool_texts import seats_line

OVER = (Standing.CANCELED, Standing.RETURNED)
AFTER_PAYMENT = N_("You'll have access when we receive your payment.")
TOLD = (Standing.PAID, Standing.DISPUTED, *OVER)  # beside the total

blueprint = Blueprint("order", __name__, url_prefix="/orders")


class CorrectForm(Form):
    """A buyer's corrected name and address, before they are confirmed."""

    name = name_field()
    email = address_field(_l("Your email address"), autocomplete="email")


@dataclass(frozen=True, slots=True)
class ShownThing:
    """A purchased item, with what can be done with it now."""

    title: str
    offer: str
    when: str
    watch_url: str | None
    live_url: str | None
    page_url: str | None
    take_url: str | None
    seats_words: str
    may_invite: bool


@blueprint.get("/<order_id>")
@open_to(Audience.EVERYONE)
def show(order_id: str) -> ResponseReturnValue:
    """Show an order to its buyer, who signs in once they have confirmed their address elsewhere."""
    try:
        return _page(order_id, None)
    except NotFound:
        if not was_confirmed_elsewhere(order_id):
            raise
    flash(_("You confirmed your email address on another device. Sign in to continue."), "note")
    return see_other("sign_in.sign_in", next=url_for(".show", order_id=order_id))


@blueprint.post("/<order_id>/contact")
@open_to(Audience.EVERYONE)
@evenly
def correct(order_id: str) -> ResponseReturnValue:
    """Correct the name and address before they are confirmed, and email the link to the new address."""
    login_of(order_id)
    form = CorrectForm(request.form)
    if not form.validate():
        return _page(order_id, form, HTTPStatus.BAD_REQUEST)
    rate_limits.spend_email(form.email.address.key)
    try:
        with transaction() as session:
            confirmations.correct(
                session,
                find_order(session, order_id),
                name=form.name.data or "",
                email=form.email.address.shown,
                mail_context=mail_context(),
                now=clock.now(),
            )
    except (Conflict, Gone) as refusal:
        flash(_(refusal.message), "attention")
        return see_other(".show", order_id=order_id)
    flash(
        _("Saved. We emailed a confirmation link to %(email)s.", email=form.email.address.shown),
        "done",
    )
    return see_other(".show", order_id=order_id)


@blueprint.post("/<order_id>/seats/<pool_id>")
@open_to(Audience.EVERYONE)
def take(order_id: str, pool_id: str) -> ResponseReturnValue:
    """Claim one of the seats that the buyer bought."""
    login_id = login_of(order_id)
    try:
        with transaction() as session:
            placed_orders.take_seat(session, order_id, pool_id, login_id, now=clock.now())
    except Conflict as refusal:
        flash(_(refusal.message), "attention")
    else:
        flash(_("This seat is yours."), "done")
    return see_other(".show", order_id=order_id)


@blueprint.get("/<order_id>/pay")
@open_to(Audience.SIGNED_IN)
def pay(order_id: str) -> ResponseReturnValue:
    """Redirect the buyer to the payment page of the order; raises NotFound for anyone else."""
    where = payment_links(carrel().settings)
    with transaction() as session:
        order = find_order(session, order_id)
        if not placed_orders.may_pay(session, order, required_viewer().login_id):
            raise NotFound
        url = link_of(session, order, where=where, now=clock.now())
    return redirect(url, code=HTTPStatus.SEE_OTHER)


def _page(order_id: str, form: CorrectForm | None, status: HTTPStatus = HTTPStatus.OK) -> Response:
    login_id, now = login_of(order_id), clock.now()
    with read_session() as session:
        own = placed_orders.read_own(session, order_id, login_id, now=now)
        documents = documents_of_order(session, own.facts.id)
        may_pay = placed_orders.may_pay(session, find_order(session, order_id), login_id)
    person = viewer()
    is_here = person is None or person.login_id != login_id
    if form is None:
        form = CorrectForm(name=own.facts.contact_name, email=own.email)
    zone, standing = mail_context().zone, own.facts.standing(now)
    answer = make_response(
        render(
            "buying/order.html",
            own=own,
            form=form,
            lead=_lead(own, standing),
            things=[_shown(one, order_id, own) for one in own.things],
            total=say_money(own.facts.total_minor, own.facts.currency),
            balance="" if is_here else _balance(own),
            is_here=is_here,
            may_pay=may_pay,
            is_test=is_test(),
            state=_(STANDING_WORDS[standing]) if standing in TOLD and not own.awaits_proof else "",
            is_over=standing in OVER,
            may_browse=standing not in OVER and not own.awaits_proof and not own.is_held,
            due=say_datetime(own.facts.review_due_at, zone) if own.facts.review_due_at else "",
            documents=[(one.public_id, f"{_(NAMES[one.kind])} {one.label}") for one in documents]
            if not is_here
            else [],
            manage_url=url_for(
                "organizations.overview", organization_id=own.facts.organization_public_id
            )
            if not is_here and own.facts.organization_public_id
            else None,
            sender=carrel().settings.mail_from,
        ),
        status,
    )
    return keep_nothing(answer)


def _balance(own: OwnOrder) -> str:
    """Return what is due of the order's invoice, or "" if nothing is."""
    facts = own.facts
    is_owed = facts.invoice_id is not None and facts.open_minor > 0 and facts.canceled_at is None
    return say_money(facts.open_minor, facts.currency) if is_owed else ""


def _lead(own: OwnOrder, standing: Standing) -> str:
    """Return a sentence about the status of the order."""
    if standing is Standing.CANCELED:
        return _("This order was canceled.")
    if standing is Standing.RETURNED:
        return _("This order was returned. Its access ended.")
    if standing is Standing.DISPUTED:
        return _("A payment for this order is disputed at the bank.")
    if own.awaits_proof:
        return _("One step left: confirm your email address.")
    if own.is_held:
        return _waits(own)
    return _("You have access now.")


def _waits(own: OwnOrder) -> str:
    """Return what opens access that is on hold for our team or for the payment."""
    if own.facts.review_due_at is None:
        return _(AFTER_PAYMENT)
    if own.opens_live:
        return _(
            "You can join the live session. You'll have access to the rest after we review your "
            "order."
        )
    return _("You'll have access after we review your order or receive your payment.")


def _shown(one: Bought, order_id: str, own: OwnOrder) -> ShownThing:
    may_take = (
        one.may_take
        and not one.has_seat
        and (one.free is None or one.free > 0)
        and not own.awaits_proof
    )
    offer = offer_name(one.kind, one.seats)
    if one.ends_at is not None and not own.is_held:
        day = say_last_date(one.ends_at, mail_context().in_zone(one.term_zone).zone)
        offer = _("%(offer)s until %(day)s", offer=offer, day=day)
    return ShownThing(
        title=one.covers or _("Every webinar"),
        offer=offer,
        when=said_datetime(one.begins_at, one.zone) if one.begins_at else "",
        watch_url=url_for("watch.watch", slug=one.slug) if one.can_watch else None,
        live_url=url_for("live.join", slug=one.slug) if one.can_join else None,
        page_url=url_for("catalog.webinar", slug=one.slug) if one.scope is Scope.WEBINAR else None,
        take_url=url_for(".take", order_id=order_id, pool_id=one.pool) if may_take else None,
        seats_words=_seats_words(one, awaits_proof=own.awaits_proof),
        may_invite=one.pool is not None and (one.free is None or one.free > 0),
    )


def _seats_words(one: Bought, *, awaits_proof: bool) -> str:
    if one.pool is None:
        return ""
    if one.has_seat and one.seats == 1:
        return _("This seat is yours.")
    words = [_("One seat is yours.")] if one.has_seat else []
    if one.named:
        words.append(
            ngettext(
                "We'll invite %(num)s person when you have access.",
                "We'll invite %(num)s people when you have access.",
                one.named,
            )
        )
    if awaits_proof and one.free != 0:
        words.append(_("You can assign seats after you confirm your email address."))
    elif one.free:
        words.append(seats_line(one.free, has_own=one.has_seat))
    elif one.free is None:
        words.append(seats_line(None, has_own=one.has_seat))
    elif not one.named:
        words.append(_("All seats are assigned."))
    return " ".join(words)
