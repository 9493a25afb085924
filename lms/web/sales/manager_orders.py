"""Manager pages of an organization's purchases: orders, quotes to accept, and documents."""

from functools import partial
from typing import Final

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from wtforms import BooleanField, FileField, Form, StringField
from wtforms.validators import Length, Optional

from lms.buying import accepted_quotes
from lms.core import clock
from lms.core.attached_files import KeptFile
from lms.core.dates_and_time_zones import say_date
from lms.core.errors import N_, Conflict, Gone, Invalid
from lms.documents import payer_documents
from lms.documents.mails import NAMES
from lms.documents.payer_documents import IssuedDocument, OpenQuote
from lms.models.documents import DocumentKind
from lms.models.orders import Order, Quote
from lms.order_reviews import takeovers
from lms.organizations.billing_details import read_billing
from lms.organizations.manager_and_owner_permissions import Managed
from lms.organizations.payers import Payer
from lms.pricing.price_list import say_money
from lms.sales import purchase_orders, quotes
from lms.sales.new_orders import LONGEST_REFERENCE
from lms.sales.quotes import Acceptance
from lms.sales.read_models import OrderFacts, orders_of_payer
from lms.web.access.access_panel_and_reader_times import due_day
from lms.web.accounts.forms import name_field
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.form_errors import show_faults
from lms.web.core.form_uploads import PAPERS, sent_file
from lms.web.core.lazy_form_translations import _l
from lms.web.core.manager_area import render_in, zone_of
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.pricing.quote_texts import offer_name
from lms.web.sales.act_forms import REFERENCE, SHORT
from lms.web.sales.order_texts import STANDING_BADGES, STANDING_WORDS, covered_text, reversal_text
from lms.web.sales.own_order_page import (
    act_on,
    form_of,
    lead_to_payment,
    order_values,
)
from lms.web.sales.purchase_order_fields import (
    ask_for_po_number,
    read_po_amount,
    read_po_number,
)
from lms.web.seller.agreements import agreements, check_agreed

blueprint = Blueprint("organization_orders", __name__, url_prefix="/organization/<organization_id>")
NEEDS_PO: Final = N_(
    "Your billing details say that each invoice needs a purchase order number. Enter it."
)


class AcceptForm(Form):
    """How a quote is accepted: a name, and a purchase order if there is one."""

    name = name_field()
    po_number = StringField(
        _l("Purchase order number"),
        [Optional(), Length(max=LONGEST_REFERENCE)],
        description=_l("We'll print it on the invoice."),
        render_kw=REFERENCE,
    )
    po_amount = StringField(
        _l("Purchase order amount"),
        [Optional()],
        description=_l(
            "Only if it differs from the quote. Our team then adjusts the order with you."
        ),
        render_kw=SHORT,
    )
    reuse_po = BooleanField(_l("Use this purchase order number again"))
    file = FileField(
        _l("Purchase order"),
        [Optional()],
        description=_l("A PDF or an image, up to 10 MB."),
        render_kw=PAPERS,
    )
    has_agreed = BooleanField(_l("I agree to the terms"))


@blueprint.get("/orders")
@open_to(Audience.MANAGERS, Audience.BILLING, Audience.BOOKKEEPERS)
def index(organization_id: str) -> ResponseReturnValue:
    """Show what is owed, open quotes, orders, and all documents."""
    managed = managed_organization(organization_id)
    payer, at = Payer(organization_id=managed.facts.id), clock.now()
    with read_session() as session:
        orders = orders_of_payer(session, payer)
        asked = takeovers.open_of(session, managed.facts.id)
        waiting = payer_documents.open_quotes(session, payer, now=at)
        documents = payer_documents.documents_of(session, payer)
    owed = sum(one.open_minor for one in documents if one.kind is DocumentKind.INVOICE)
    currency = next((one.currency for one in documents), "USD")
    return render_in(
        managed,
        "sales/manager_orders.html",
        owed=say_money(owed, currency) if owed else "",
        takeovers=asked,
        quotes=[_quote(one, managed) for one in waiting],
        rows=[_row(one, managed) for one in orders if one.placed_at is not None],
        documents=[_document(one, managed) for one in documents],
    )


@blueprint.get("/orders/<order_id>")
@open_to(Audience.MANAGERS, Audience.BILLING, Audience.BOOKKEEPERS)
def show(organization_id: str, order_id: str) -> ResponseReturnValue:
    """Show an order with its documents, and what can be changed."""
    managed = managed_organization(organization_id)
    payer = Payer(organization_id=managed.facts.id)
    with read_session() as session:
        values = order_values(session, payer, order_id)
        form = form_of(session, payer, order_id)
    return render_in(managed, "sales/manager_order.html", form=form, fault="", **values)


@blueprint.get("/orders/<order_id>/pay")
@open_to(Audience.MANAGERS, Audience.BILLING)
def pay(organization_id: str, order_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    return lead_to_payment(Payer(organization_id=managed.facts.id), order_id)


@blueprint.post("/orders/<order_id>")
@open_to(Audience.MANAGERS, Audience.BILLING)
def act(organization_id: str, order_id: str) -> ResponseReturnValue:
    """Add a PO number, change who is billed, or request a refund."""
    managed = managed_organization(organization_id)
    payer = Payer(organization_id=managed.facts.id)
    done = see_other(".show", organization_id=organization_id, order_id=order_id)
    page = partial(render_in, managed, "sales/manager_order.html")
    return act_on(payer, order_id, done=done, page=page)


@blueprint.get("/quotes/<document_id>/accept")
@open_to(Audience.MANAGERS, Audience.BILLING)
def accept(organization_id: str, document_id: str) -> ResponseReturnValue:
    """Show a quote with the form that accepts it."""
    form = AcceptForm(name=required_viewer().name)
    return _accept_page(managed_organization(organization_id), document_id, form)


@blueprint.post("/quotes/<document_id>/accept")
@open_to(Audience.MANAGERS, Audience.BILLING)
def place(organization_id: str, document_id: str) -> ResponseReturnValue:
    """Accept a quote, which places its order."""
    managed = managed_organization(organization_id)
    form = AcceptForm(request.form)
    if not form.validate():
        return _accept_page(managed, document_id, form), 400
    try:
        check_agreed(has_agreed=form.has_agreed.data)
        with sent_file(purchase_orders.FOLDER) as kept, transaction() as session:
            quote = payer_documents.find_quote(
                session, Payer(organization_id=managed.facts.id), document_id
            )
            order = accepted_quotes.accept(
                session,
                quote,
                _acceptance(session, managed, quote, form, kept),
                mail_context=mail_context(),
                **acting(),
            )
            is_held = order.held_at is not None
    except Invalid as refusal:
        show_faults(form, refusal)
        return _accept_page(managed, document_id, form), 400
    except (Conflict, Gone) as refusal:
        flash(_(refusal.message), "attention")
        return see_other(".index", organization_id=organization_id)
    flash(
        _("Order placed. We'll review it and give you access within one business day.")
        if is_held
        else _("Order placed. You have access now, and we'll email the invoice."),
        "done",
    )
    return see_other(".index", organization_id=organization_id)


def _accept_page(managed: Managed, document_id: str, form: AcceptForm) -> str:
    payer, at = Payer(organization_id=managed.facts.id), clock.now()
    with read_session() as session:
        found = payer_documents.find_quote(session, payer, document_id)
        waiting = payer_documents.open_quotes(session, payer, now=at)
        hindrance = quotes.hindrance_to(session, session.get_one(Order, found.order_id), now=at)
        ask_for_po_number(session, form, managed.facts.id)
    quote = next((one for one in waiting if one.public_id == document_id), None)
    return render_in(
        managed,
        "sales/manager_accept_quote.html",
        form=form,
        agreements=agreements(),
        quote=_quote(quote, managed) if quote and not hindrance else None,
        hindrance=_(hindrance) if quote and hindrance else "",
        back_url=url_for(".index", organization_id=managed.facts.public_id),
    )


def _acceptance(
    session: Session, managed: Managed, quote: Quote, form: AcceptForm, kept: KeptFile | None
) -> Acceptance:
    order = session.get_one(Order, quote.order_id)
    number = read_po_number(session, form, order.organization_id, but=order.public_id)
    if not number and read_billing(session, managed.facts.id).contact.po_required:
        raise Invalid(NEEDS_PO, field="po_number")
    return Acceptance(
        name=form.name.data or "",
        po_number=number,
        po_amount_minor=read_po_amount(form, order.currency),
        file=kept,
        has_agreed=form.has_agreed.data,
    )


def _quote(one: OpenQuote, managed: Managed) -> dict[str, str]:
    return {
        "label": one.label,
        "total": say_money(one.total_minor, one.currency),
        "until": due_day(one.expires_at),
        "url": url_for("documents.show", document_id=one.public_id),
        "accept_url": url_for(
            ".accept", organization_id=managed.facts.public_id, document_id=one.public_id
        ),
    }


def _row(facts: OrderFacts, managed: Managed) -> dict[str, object]:
    standing = facts.standing(clock.now())
    return {
        "url": url_for(".show", organization_id=managed.facts.public_id, order_id=facts.public_id),
        "number": facts.number,
        "link_url": url_for(
            "payment_link.show",
            organization_id=managed.facts.public_id,
            order_id=facts.public_id,
        ),
        "what": offer_name(facts.kind, facts.quantity),
        "covers": covered_text(facts),
        "total": say_money(facts.total_minor, facts.currency),
        "state": _(STANDING_WORDS[standing]),
        "badge": STANDING_BADGES[standing],
        "is_canceled": facts.canceled_at is not None,
        "is_held": facts.is_on_hold(clock.now()),
        "po_number": facts.po_number,
        "placed": say_date(facts.placed_at, zone_of(managed)) if facts.placed_at else "",
    }


def _document(one: IssuedDocument, managed: Managed) -> dict[str, object]:
    zone = zone_of(managed)
    is_owed = one.kind is DocumentKind.INVOICE and one.open_minor
    return {
        "title": f"{_(NAMES[one.kind])} {one.label}",
        "issued": say_date(one.issued_at, zone),
        "total": say_money(one.total_minor, one.currency),
        "open": say_money(one.open_minor, one.currency) if is_owed else "",
        "due": due_day(one.due_at) if is_owed else "",
        "po_number": one.po_number,
        "is_replaced": one.is_replaced,
        "reversal": reversal_text(one.reversed_at, one.reversed_as, zone),
        "url": url_for("documents.show", document_id=one.public_id),
        "pdf_url": url_for("documents.pdf", document_id=one.public_id),
    }
