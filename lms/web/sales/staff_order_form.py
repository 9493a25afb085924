"""Staff pages to enter an order: new orders, drafts, and the endpoints of the form's script."""

from typing import Final

from flask import Blueprint, flash, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from lms.access.merged_organizations import zone_of
from lms.core import clock
from lms.core.dates_and_time_zones import say_last_date
from lms.core.errors import N_, Conflict, Invalid, Refused
from lms.core.list_queries import told_apart
from lms.grants.request_and_sale_form_choices import SUGGESTED, webinars_on_sale
from lms.models.orders import Order
from lms.organizations.organization_lists import list_organizations, match_organization
from lms.requests.read_models import find_request
from lms.sales import invoices, orders
from lms.sales.mails import confirmation_readers
from lms.sales.new_orders import NewOrder
from lms.seats.pools import PoolFacts, grants_of, pools_of
from lms.seller.settings import Method, missing_fields, read_seller
from lms.web.core.current_user import required_viewer
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.pricing.pass_scopes import offer_scopes
from lms.web.sales.order_form import ORGANIZATION, OrderForm
from lms.web.sales.order_form_reader import read_order
from lms.web.sales.order_form_values import (
    Typed,
    blank_values,
    draft_values,
    price_of,
    step,
)

blueprint = Blueprint("staff_order_form", __name__, url_prefix="/staff/orders")

PLACE: Final = "place"
QUOTE: Final = "quote"
MOST_CONTRACTS: Final = 30
PLACED = N_("The order was placed. We're emailing a confirmation to %(emails)s.")
PLACED_WITHOUT_EMAIL = N_("The order was placed. No one is emailed a confirmation.")
SAVED = N_("The draft was saved. Check the quote, then send it.")


@blueprint.route("/new", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def new() -> ResponseReturnValue:
    """Enter a new order; if it is for a request with a draft that wasn't canceled, open that."""
    if request.method == "POST":
        return _sent(None)
    with read_session() as session:
        asked = request.args.get("request")
        if asked is None:
            return _page(session, blank_values(session), None)
        facts = find_request(session, asked)
        if facts.order_public_id is not None and not facts.is_order_canceled:
            there = orders.find_order(session, facts.order_public_id)
            endpoint = ".edit" if there.placed_at is None else "staff_order.show"
            return see_other(endpoint, order_id=there.public_id)
        typed = blank_values(session)
        known = {
            "request": facts.public_id,
            "name": facts.name,
            "email": facts.email,
            "organization": facts.organization_slug or "",
            "organization_name": "" if facts.organization_slug else facts.organization_name,
        }
        return _page(session, MultiDict({**typed.to_dict(), **known}), None)


@blueprint.route("/<order_id>/edit", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def edit(order_id: str) -> ResponseReturnValue:
    """Change a draft."""
    with read_session() as session:
        order = orders.find_order(session, order_id)
        if order.placed_at is not None or order.canceled_at is not None:
            raise Conflict(orders.PLACED_ALREADY)
        if request.method == "GET":
            return _page(session, draft_values(session, order), order)
    return _sent(order)


@blueprint.get("/price")
@open_to(Audience.STAFF)
def price() -> ResponseReturnValue:
    """Return the price of a line, for the form's script."""
    args = request.args
    with read_session() as session:
        try:
            found = price_of(session, args, currency=args.get("currency", "USD"), now=clock.now())
        except Refused:
            found = ""
    return jsonify(price=found)


@blueprint.get("/organizations")
@open_to(Audience.STAFF)
def organizations() -> ResponseReturnValue:
    """Return the organizations that match some words, for the form's script."""
    query = request.args.get("q", "").strip()
    with read_session() as session:
        found = list_organizations(session, query, offset=0, limit=SUGGESTED).items
    names = told_apart((one.name, one.slug) for one in found)
    return jsonify(
        items=[{"slug": one.slug, "name": name} for one, name in zip(found, names, strict=True)]
    )


def _sent(draft: Order | None) -> ResponseReturnValue:
    """Handle a button of the form: a step that changes it, or one that submits it."""
    typed: Typed = MultiDict(request.form)
    name = typed.get("do", PLACE)
    if draft is not None:
        typed["order_id"] = draft.public_id
    if name not in (PLACE, QUOTE):
        return _stepped(typed, name, draft)
    with read_session() as session:
        form = _form(session, typed)
        try:
            wanted = read_order(session, form)
        except Invalid as refusal:
            return _refused(session, form, refusal, draft)
    try:
        made = _written(wanted, draft, is_placed=name == PLACE)
    except Invalid as refusal:
        with read_session() as session:
            return _refused(session, form, refusal, draft)
    if name == QUOTE:
        flash(_(SAVED), "done")
        return see_other("staff_quotes.issue", order_id=made.public_id)
    with read_session() as session:
        emails = ", ".join(one.email for one in confirmation_readers(session, made))
    flash(_(PLACED, emails=emails) if emails else _(PLACED_WITHOUT_EMAIL), "done")
    return see_other("staff_order.show", order_id=made.public_id)


def _stepped(typed: Typed, name: str, draft: Order | None) -> ResponseReturnValue:
    with read_session() as session:
        try:
            changed = step(session, typed, name, now=clock.now())
        except (Invalid, Conflict) as refusal:
            form = _form(session, typed)
            shown = refusal if isinstance(refusal, Invalid) else Invalid(refusal.message)
            return _refused(session, form, shown, draft)
        return _page(session, changed, draft)


def _written(wanted: NewOrder, draft: Order | None, *, is_placed: bool) -> Order:
    """Save the order, and place it unless it will be quoted first."""
    actor, now = required_viewer().public_id, clock.now()
    with transaction() as session:
        if draft is None:
            order = orders.draft(session, wanted, actor=actor, now=now)
        else:
            order = orders.find_order(session, draft.public_id, lock=True)
            orders.revise(session, order, wanted, actor=actor, now=now)
        if is_placed:
            _check_payee(session, order)
            orders.agree(
                session,
                order,
                is_held=wanted.is_held,
                mail_context=mail_context(),
                actor=actor,
                now=now,
            )
        return order


def _check_payee(session: Session, order: Order) -> None:
    """Raise Invalid if the invoice wouldn't say whom to pay, so that the form shows it."""
    try:
        invoices.check_payee(session, order)
    except Conflict as refusal:
        raise Invalid(refusal.message, field="terms") from refusal


def _refused(
    session: Session, form: OrderForm, refusal: Invalid, draft: Order | None
) -> ResponseReturnValue:
    form.show(refusal)
    return _rendered(session, form, draft), 400


def _page(session: Session, typed: Typed, draft: Order | None) -> str:
    return _rendered(session, _form(session, typed), draft)


def _form(session: Session, typed: Typed) -> OrderForm:
    form = OrderForm(typed)
    offer_scopes(session, *(line.form.covers for line in form.lines))
    return form


def _rendered(session: Session, form: OrderForm, draft: Order | None) -> str:
    return render(
        "sales/staff_order_form.html",
        form=form,
        draft=draft.public_id if draft else None,
        webinars=webinars_on_sale(session, limit=SUGGESTED),
        contracts=_contracts(session, form),
        no_payee=_(invoices.NO_PAYEE)
        if missing_fields(read_seller(session), Method.INVOICE)
        else "",
        asks_about_po=bool(form.po_number.errors or form.reuse_po.data),
    )


def _contracts(session: Session, form: OrderForm) -> list[dict[str, str]]:
    """Return what the chosen organization can renew or add seats to, contracts first; at most 30."""
    if form.payer.data != ORGANIZATION or not (form.organization.data or "").strip():
        return []
    try:
        organization = match_organization(session, form.organization.data or "")
    except Invalid:
        return []
    own = [pool for pool in pools_of(session, organization.id) if pool.allotted_from is None]
    first = sorted(own, key=lambda pool: pool.is_permanent)[:MOST_CONTRACTS]
    return [_contract(session, pool) for pool in first]


def _contract(session: Session, pool: PoolFacts) -> dict[str, str]:
    ends = [grant.ends_at for grant in grants_of(session, pool.id) if not grant.revoked_at]
    last = max((end for end in ends if end is not None), default=None)
    zone = zone_of(session, pool.organization_id)
    seats = _("Unlimited seats")
    if pool.capacity is not None:
        seats = _("%(used)s of %(seats)s seats used", used=pool.used, seats=pool.capacity)
    ended = _("permanent")
    if last is not None:
        ended = _("through %(day)s", day=say_last_date(last, zone))
    return {
        "id": pool.public_id,
        "covers": pool.covers or _("Every webinar"),
        "seats": seats,
        "until": ended,
        "may_renew": "" if pool.is_permanent else "yes",
        "may_add": "" if pool.capacity is None else "yes",
    }
