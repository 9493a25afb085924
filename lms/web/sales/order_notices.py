"""Notices on the staff page of an order: what our team should know first."""

from typing import Final

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core import clock
from lms.core.dates_and_time_zones import say_calendar_date, say_datetime
from lms.core.errors import N_
from lms.mail.bounces import bounced_addresses
from lms.mail.outbox import key_of
from lms.models.documents import Document
from lms.models.orders import Order, PurchaseOrder
from lms.organizations.billing_details import payables_of, read_billing
from lms.organizations.order_contacts import contact_or_managers
from lms.pricing.price_list import say_money
from lms.sales import billing, invoices, purchase_orders, quotes, tax_credits
from lms.sales.read_models import OrderFacts, Standing, standing_grants_of_order
from lms.tax.exemptions import covering_paper
from lms.tax.order_taxes import payer_of
from lms.web.core.private_page_headers_and_mail_links import mail_context

NO_PURCHASE_ORDER: Final = N_("No purchase order yet")
DIFFERS: Final = N_("The purchase order differs")
ON_HOLD: Final = N_("Access is on hold")
PAPER_EXPIRED: Final = N_("The customer's exemption certificate has expired")
NO_PAPER: Final = N_("Exempt from sales tax, no certificate yet")
NO_INVOICE_YET: Final = N_("No invoice can be issued yet")
BOUNCES: Final = N_("Email to this customer bounces")


def notices_of(
    session: Session, order: Order, facts: OrderFacts, standing: Standing
) -> list[tuple[str, str, str]]:
    """Return what our team should know first: text, kind, and title of each notice."""
    found = []
    if standing is Standing.DISPUTED:
        text = _("Send the evidence listed below. The payment's page shows the result.")
        if facts.is_to_organization:
            text = _("Access continues. You can suspend it, or open the payment.")
            if any(one.suspended_at for one in standing_grants_of_order(session, order.id)):
                text = _("Access is suspended. You can restore it, or open the payment.")
        found.append((text, "danger", _("A payment is disputed")))
    if standing is Standing.EXPIRED:
        found.append((_expired(session, order, facts), "attention", _("The quote has expired")))
    is_to_bill = facts.invoice_id is None and facts.canceled_at is None
    if is_to_bill and invoices.lacks_payee(session, order):
        found.append((_(invoices.NO_PAYEE), "danger", _(NO_INVOICE_YET)))
    found += _bounces(session, facts)
    found += _tax_notices(session, order, facts)
    found += _po_notices(session, order, facts, standing)
    if not needs_review(facts) and facts.is_on_hold(clock.now()):
        found.append((_("Access starts when the order is paid."), "note", _(ON_HOLD)))
    return found


def needs_review(facts: OrderFacts) -> bool:
    """Return whether our team has to decide about the access of an order on credit."""
    return facts.review_due_at is not None and facts.is_on_hold(clock.now())


def review_text(facts: OrderFacts) -> str:
    """Return what our team has to decide about an order, and by when; "" if nothing."""
    if facts.review_due_at is None or not needs_review(facts):
        return ""
    return _(
        "Grant access or wait for the payment. We told the customer you would decide by %(due)s.",
        due=say_datetime(facts.review_due_at, mail_context().zone),
    )


def _bounces(session: Session, facts: OrderFacts) -> list[tuple[str, str, str]]:
    """Return a notice for each of this order's email addresses that bounces."""
    readers = contact_or_managers(session, facts.id, facts.organization_id)
    addresses = {one.email for one in readers}
    if facts.organization_id is not None:
        addresses |= set(payables_of(session, facts.organization_id))
    bounced = bounced_addresses(session, [key_of(one) for one in addresses])
    return [
        (
            _("Our last email to %(address)s bounced. Correct the address, or call.", address=each),
            "danger",
            _(BOUNCES),
        )
        for each in sorted(one.recipient for one in bounced.values())
    ]


def _po_notices(
    session: Session, order: Order, facts: OrderFacts, standing: Standing
) -> list[tuple[str, str, str]]:
    """Return what differs between an order and its purchase order, or that one is still needed."""
    newest = purchase_orders.newest_of(session, order.id)
    if newest is None:
        is_missing = (
            facts.organization_id is not None
            and standing not in (Standing.CANCELED, Standing.CREDITED, Standing.PAID)
            and read_billing(session, facts.organization_id).contact.po_required
        )
        text = _("Their billing details say that each invoice needs a purchase order number.")
        return [(text, "attention", _(NO_PURCHASE_ORDER))] if is_missing else []
    amount = newest.amount_minor
    if amount is not None and amount != facts.total_minor:
        text = _(
            "PO %(number)s is for %(amount)s, but the order is for %(total)s. Correct the order "
            "to match it.",
            number=newest.number,
            amount=say_money(amount, facts.currency),
            total=say_money(facts.total_minor, facts.currency),
        )
        return [(text, "attention", _(DIFFERS))]
    if facts.invoice_id and not _is_printed(session, facts, newest):
        text = _("The invoice doesn't show PO %(number)s. Correct the order.", number=newest.number)
        return [(text, "attention", _("The purchase order came after the invoice"))]
    return []


def _tax_notices(session: Session, order: Order, facts: OrderFacts) -> list[tuple[str, str, str]]:
    """Return what a tax exemption changes: tax to credit, or that the exemption has expired."""
    zone = mail_context().zone
    credit = tax_credits.tax_credit_of(session, order, zone=zone)
    if credit is not None:
        text = _(
            "This customer's exemption certificate covers invoice %(number)s. Credit its tax of "
            "%(amount)s.",
            number=credit.invoice,
            amount=say_money(credit.tax_minor, credit.currency),
        )
        return [(text, "attention", _("Sales tax can be credited"))]
    if order.exempt_as is not None and facts.canceled_at is None:
        return _claimed(session, order, facts)
    ended = tax_credits.ended_paper_of(session, order, zone=zone, now=clock.now())
    if ended is None or facts.canceled_at is not None:
        return []
    text = _(
        "It was valid through %(day)s and doesn't cover this order. Ask the customer for a "
        "new one. If you receive it within 90 days of the invoice, you can credit the tax.",
        day=say_calendar_date(ended),
    )
    return [(text, "attention", _(PAPER_EXPIRED))]


def _claimed(session: Session, order: Order, facts: OrderFacts) -> list[tuple[str, str, str]]:
    """Return that a customer claimed an exemption and hasn't sent proof yet."""
    zone = mail_context().zone
    placed = facts.placed_at or facts.created_at
    on = placed.astimezone(zone).date()
    state = billing.billing_of(session, order).state
    if covering_paper(session, payer_of(order), state=state, on=on) is not None:
        return []
    text = _(
        "The customer said at checkout that they're exempt, so we didn't charge sales tax. "
        "Ask for the exemption certificate by %(day)s.",
        day=say_calendar_date(on + tax_credits.PROOF_WITHIN),
    )
    is_late = on + tax_credits.PROOF_WITHIN < clock.now().astimezone(zone).date()
    title = _(NO_PAPER)
    return [(text, "attention" if is_late else "note", title)]


def _is_printed(session: Session, facts: OrderFacts, newest: PurchaseOrder) -> bool:
    number = session.scalar(
        select(Document.po_number).where(Document.public_id == facts.invoice_id)
    )
    return number == newest.number


def _expired(session: Session, order: Order, facts: OrderFacts) -> str:
    today = quotes.price_today(session, order, now=clock.now())
    if today is None:
        return _("Issue a new version.")
    return _(
        "At today's prices, it would cost %(amount)s. Issue a new version.",
        amount=say_money(today, facts.currency),
    )
