"""Manager pages to renew a contract and to add seats: two orders with two prices (C5, P4)."""

from collections.abc import Collection
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from wtforms import BooleanField, Form, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from lms.access.explanations import last_day
from lms.contracts import renewals
from lms.core import clock
from lms.core.dates_and_time_zones import say_long_date
from lms.core.errors import Conflict, Invalid, NotFound
from lms.core.model_base import PUBLIC_ID, new_public_id
from lms.models.grants import OfferKind
from lms.models.orders import Terms
from lms.organizations.manager_and_owner_permissions import Managed
from lms.pricing.price_list import MOST_SEATS, currency_of, say_money
from lms.pricing.quotes import Unpriced
from lms.requests.asker import Asker
from lms.requests.requests import LONGEST_MESSAGE
from lms.sales import contract_lines, requested_orders, seat_prices
from lms.sales.new_orders import LONGEST_REFERENCE, NewLine
from lms.sales.read_models import find_order_facts
from lms.seat_orders import seat_orders
from lms.seat_orders.seat_orders import Buyer, SeatOrder
from lms.seats import pools
from lms.seats.pools import PoolFacts
from lms.web.core.current_user import required_viewer
from lms.web.core.form_errors import show_faults
from lms.web.core.form_fields import WholeNumberField
from lms.web.core.lazy_form_translations import _l
from lms.web.core.manager_area import render_in, zone_of
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.sales.purchase_order_fields import ask_for_po_number
from lms.web.seller.agreements import agreements, check_agreed

blueprint = Blueprint(
    "organization_buying",
    __name__,
    url_prefix="/organization/<organization_id>/pools/<pool_id>",
)
OVERVIEW = "organizations.overview"


class RenewForm(Form):
    """A manager's order with a PO number, or their message to our team for a quote."""

    po_number = StringField(
        _l("Purchase order number"),
        [Optional(), Length(max=LONGEST_REFERENCE)],
        description=_l("Printed on the invoice."),
        render_kw={"maxlength": LONGEST_REFERENCE, "autocomplete": "off"},
    )
    reuse_po = BooleanField(_l("Use this PO number again"))
    has_agreed = BooleanField(_l("I agree to the terms"))
    message = TextAreaField(
        _l("Message for a quote"),
        [Optional(), Length(max=LONGEST_MESSAGE)],
        description=_l("For example, a different number of seats, or your fiscal year."),
        render_kw={"rows": 3, "maxlength": LONGEST_MESSAGE},
    )


class MoreSeatsForm(RenewForm):
    """How many seats to add."""

    quantity = WholeNumberField(
        _l("Seats to add"),
        [
            InputRequired(_l("Enter how many seats to add.")),
            NumberRange(1, MOST_SEATS, _l("Enter a number from 1 to 10,000.")),
        ],
        default=1,
        render_kw={"class": "input-short", "inputmode": "numeric", "min": 1, "max": MOST_SEATS},
    )


@blueprint.get("/renew")
@open_to(Audience.MANAGERS)
def renew(organization_id: str, pool_id: str) -> ResponseReturnValue:
    """Show what a renewal includes, its term, and its price."""
    managed = managed_organization(organization_id)
    return _renewal_page(managed, pool_id, RenewForm())


@blueprint.post("/renew")
@open_to(Audience.MANAGERS)
def ask_to_renew(organization_id: str, pool_id: str) -> ResponseReturnValue:
    """Place the renewal as an order, or ask our team for a quote."""
    managed = managed_organization(organization_id)
    form = RenewForm(request.form)
    if not form.validate():
        return _renewal_page(managed, pool_id, form), 400
    if request.form.get("act") == "order":
        try:
            check_agreed(has_agreed=form.has_agreed.data)
            with transaction() as session:
                pool = pools.find_own_pool(session, managed.facts.id, pool_id)
                line = seat_orders.renewal_line(session, pool, zone_of(managed), now=clock.now())
                return _ordered(session, managed, pool, line, form)
        except (Invalid, Conflict) as refusal:
            page = _renewal_page(managed, pool_id, form, refusal=refusal)
            return page, 400 if isinstance(refusal, Invalid) else 409
    with transaction() as session:
        pool = pools.find_own_pool(session, managed.facts.id, pool_id)
        asked = requested_orders.ask_to_renew(
            session,
            pool,
            _asker(form.message.data or ""),
            mail_context=mail_context(),
            now=clock.now(),
        )
    flash(
        _("We received your request %(number)s. We'll email you the quote.", number=asked.number),
        "done",
    )
    return see_other("organization_orders.index", organization_id=organization_id)


@blueprint.get("/more-seats")
@open_to(Audience.MANAGERS)
def more(organization_id: str, pool_id: str) -> ResponseReturnValue:
    """Show the price of more seats, and when they end."""
    managed = managed_organization(organization_id)
    form = MoreSeatsForm(request.args) if request.args.get("quantity") else MoreSeatsForm()
    return _seats_page(managed, pool_id, form)


@blueprint.post("/more-seats")
@open_to(Audience.MANAGERS)
def ask_for_more(organization_id: str, pool_id: str) -> ResponseReturnValue:
    """Order more seats or ask for a quote; the button "Show price" only shows the price."""
    managed = managed_organization(organization_id)
    form = MoreSeatsForm(request.form)
    if not form.validate():
        return _seats_page(managed, pool_id, form), 400
    if request.form.get("act") == "price":
        return _seats_page(managed, pool_id, form)
    is_order = request.form.get("act") == "order"
    try:
        if is_order:
            check_agreed(has_agreed=form.has_agreed.data)
        with transaction() as session:
            pool = pools.find_own_pool(session, managed.facts.id, pool_id)
            more = form.quantity.data or 0
            if is_order:
                line = seat_orders.line_of_more(
                    session, pool, more, zone_of(managed), now=clock.now()
                )
                return _ordered(session, managed, pool, line, form)
            asked = requested_orders.ask_for_more(
                session,
                pool,
                more,
                _asker(form.message.data or ""),
                mail_context=mail_context(),
                now=clock.now(),
            )
    except Invalid as refusal:
        show_faults(form, refusal)
        return _seats_page(managed, pool_id, form), 400
    except Conflict as conflict:
        return _seats_page(managed, pool_id, form, refusal=conflict), 409
    flash(
        _("We received your request %(number)s. We'll email you the quote.", number=asked.number),
        "done",
    )
    return see_other("organization_orders.index", organization_id=organization_id)


def _ordered(
    session: Session, managed: Managed, pool: PoolFacts, line: NewLine | Unpriced, form: RenewForm
) -> ResponseReturnValue:
    """Place the order of a renewal or of more seats; the seller's people have their own form.

    Raises NotFound for them, and for an invalid order id.
    """
    person = required_viewer()
    if managed.role is None or not person.email:
        raise NotFound
    wanted = SeatOrder(
        order_id=request.form.get("order_id", ""),
        seen=request.form.get("seen", ""),
        po_number=form.po_number.data or "",
        may_reuse_po=form.reuse_po.data,
        has_agreed=form.has_agreed.data,
    )
    if not PUBLIC_ID.fullmatch(wanted.order_id):
        raise NotFound
    order = seat_orders.place(
        session,
        pool,
        line,
        wanted,
        Buyer(person.public_id, person.name, person.email),
        zone=zone_of(managed),
        mail_context=mail_context(),
        now=clock.now(),
    )
    flash(
        _("Order placed. We'll review it and give you access within one business day.")
        if order.held_at is not None
        else _("Order placed. We're emailing the invoice."),
        "done",
    )
    return see_other("organization_orders.index", organization_id=managed.facts.public_id)


def _renewal_page(
    managed: Managed, pool_id: str, form: RenewForm, *, refusal: Invalid | Conflict | None = None
) -> str:
    if isinstance(refusal, Invalid):
        show_faults(form, refusal)
    zone, at = zone_of(managed), clock.now()
    with read_session() as session:
        pool = pools.find_own_pool(session, managed.facts.id, pool_id)
        if pool.allotted_from is not None or pool.is_permanent:
            raise NotFound(pools.NO_SUCH_POOL)
        price = seat_prices.price_of_renewal(session, pool)
        line = seat_orders.renewal_line(session, pool, zone, now=at)
        offered = seat_orders.offered_terms(session)
        starts = renewals.next_start(session, pool.id, now=at)
        ends = renewals.renewed_end(session, pool.id, zone, now=at)
        currency = currency_of(session)
        ahead = renewals.renewal_ahead(session, pool.id, now=at)
        ordered = find_order_facts(session, ahead.order) if ahead and ahead.order else None
        ask_for_po_number(session, form, managed.facts.id)
    is_priced = not isinstance(price, Unpriced)
    return render_in(
        managed,
        "contracts/manager_renew.html",
        form=form,
        covers=pool.covers,
        pool_id=pool_id,
        is_pass=pool.is_pass,
        seats=pool.capacity if isinstance(price, Unpriced) else price.seats,
        price=say_money(price.price_minor, currency) if not isinstance(price, Unpriced) else "",
        is_priced=is_priced,
        starts=say_long_date(starts, zone),
        ends=last_day(ends, zone),
        renewed_until=last_day(ahead.ends_at, zone) if ahead else "",
        renewed_by=ordered,
        open_amount=say_money(ordered.open_minor, ordered.currency) if ordered else "",
        is_again=request.method == "POST" or "again" in request.args,
        **_order_values(managed, line, zone, offered, refusal),
        more_url=url_for(".more", organization_id=managed.facts.public_id, pool_id=pool_id),
        back_url=url_for(OVERVIEW, organization_id=managed.facts.public_id),
    )


def _seats_page(
    managed: Managed, pool_id: str, form: MoreSeatsForm, *, refusal: Conflict | None = None
) -> str:
    zone, at = zone_of(managed), clock.now()
    with read_session() as session:
        pool = pools.find_own_pool(session, managed.facts.id, pool_id)
        if pool.allotted_from is not None or pool.capacity is None:
            raise NotFound(pools.NO_SUCH_POOL)
        ask_for_po_number(session, form, managed.facts.id)
        price, ends, hindrance = "", "", ""
        offered = seat_orders.offered_terms(session)
        line: NewLine | Unpriced = Unpriced(OfferKind.GROUP_SEATS)
        try:
            line = contract_lines.line_of_more_seats(
                session, pool, form.quantity.data or 1, zone, now=at
            )
            currency = currency_of(session)
            price = say_money(line.price_minor, currency) if line.price_minor else ""
            ends = last_day(line.ends_at, zone) if line.ends_at else ""
        except Invalid:
            pass  # the form says what is wrong with the number
        except Conflict as conflict:
            hindrance = _(conflict.message)
    return render_in(
        managed,
        "contracts/manager_more_seats.html",
        form=form,
        covers=pool.covers,
        seats=pool.capacity,
        free=pool.free,
        price=price,
        quantity=form.quantity.data or 1,
        ends=ends,
        hindrance=hindrance,
        **_order_values(managed, line, zone, offered, refusal),
        renew_url=""
        if pool.is_permanent
        else url_for(".renew", organization_id=managed.facts.public_id, pool_id=pool_id),
        back_url=url_for(OVERVIEW, organization_id=managed.facts.public_id),
    )


def _order_values(
    managed: Managed,
    line: NewLine | Unpriced,
    zone: ZoneInfo,
    offered: Collection[Terms],
    refusal: Invalid | Conflict | None,
) -> dict[str, object]:
    """Return the values of the order button: none without a price or a way to order."""
    has_price = not isinstance(line, Unpriced) and bool(line.price_minor)
    return {
        "may_order": has_price and managed.role is not None and bool(offered),
        "takes_po": Terms.PURCHASE_ORDER in offered,
        "agreements": agreements(),
        "seen": seat_orders.seen(line, zone) if not isinstance(line, Unpriced) else "",
        "order_id": new_public_id(),
        "fault": _(refusal.message) if isinstance(refusal, Conflict) else "",
    }


def _asker(message: str) -> Asker:
    person = required_viewer()
    return Asker(person.login_id, person.public_id, person.name, person.email or "", message)
