"""Contents of the staff page of an order: facts, lines, documents, money, and history."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lms.access.explanations import last_day
from lms.core import clock
from lms.core.dates_and_time_zones import say_calendar_date, say_date, say_datetime_in_table
from lms.core.errors import N_
from lms.models.documents import Document, DocumentKind
from lms.models.grants import Withdrawal
from lms.models.orders import Order, OrderLine, PurchaseOrder
from lms.models.payments import Payment, Refund, Settlement
from lms.payments.paid_invoices import payments_behind
from lms.pricing.price_list import say_money
from lms.requests.read_models import requests_of_order
from lms.sales import billing, disputes, orders, purchase_orders, quotes, tax_credits
from lms.sales.mails import confirmation_readers
from lms.sales.order_history import history_of
from lms.sales.read_models import (
    OrderFacts,
    OrderGrant,
    Standing,
    find_order_facts,
    grants_of_order,
    standing_grants_of_order,
)
from lms.web.access.access_panel_and_reader_times import due_day, reading_zone
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.sales.dispute_evidence_texts import evidence_rows
from lms.web.sales.order_notices import needs_review, notices_of, review_text
from lms.web.sales.order_payer_rows import payment_link_shown, reminders_shown, stand_ins
from lms.web.sales.order_texts import (
    ACT_WORDS,
    DOCUMENT_WORDS,
    METHOD_WORDS,
    REASON_WORDS,
    REFUND_WORDS,
    REVERSAL_WORDS,
    STANDING_BADGES,
    STANDING_WORDS,
    TERMS_WORDS,
    event_text,
)

Row = dict[str, object]

GRANT_ACCESS: Final = N_("Grant access now")
WAIT_FOR_PAYMENT: Final = N_("Wait for payment")


@dataclass(frozen=True, slots=True)
class Act:
    """An action on an order: the URL of its page, or with `is_post` the URL to post to."""

    label: str
    url: str
    is_post: bool = False
    kind: str = ""


def contents(session: Session, order_id: str) -> Row:
    """Return the values of an order's page; raises NotFound."""
    facts = find_order_facts(session, order_id)
    order = orders.find_order(session, order_id)
    now, zone = clock.now(), reading_zone()
    standing = facts.standing(now)
    lines = orders.lines_of(session, order.id)
    return {
        "facts": facts,
        "standing": standing.value,
        "state": _(STANDING_WORDS[standing]),
        "badge_kind": STANDING_BADGES[standing],
        "is_held": facts.is_on_hold(now),
        "about": _about(session, order, facts, zone),
        "evidence": evidence_rows(session, order),
        "notices": notices_of(session, order, facts, standing),
        "review": review_text(facts),
        "review_acts": _review_acts(facts),
        "acts": _acts(session, facts, standing),
        "lines": _lines(lines, grants_of_order(session, order.id), facts, zone),
        "purchase_orders": [
            _purchase_order(one, facts, zone)
            for one in purchase_orders.purchase_orders_of(session, order.id)
        ],
        "documents": _documents(session, order, zone),
        "payments": _payments(session, order),
        "refunds": _refunds(session, order, zone),
        "reminders": reminders_shown(session, order, zone),
        "events": _events(session, order, zone),
        "requests": requests_of_order(session, order.id),
        **payment_link_shown(session, order, facts, zone),
    }


def _about(session: Session, order: Order, facts: OrderFacts, zone: ZoneInfo) -> list[Row]:
    billed = billing.billing_of(session, order).to
    contact = ", ".join(one for one in (facts.contact_name, facts.contact_email) if one)
    found = [
        (_("Total"), say_money(facts.total_minor, facts.currency)),
        (_("Open"), say_money(facts.open_minor, facts.currency) if facts.invoice_id else ""),
        (_("Due"), due_day(facts.due_at)),
        (_("Payment"), str(TERMS_WORDS[facts.terms])),
        (_("Terms"), billing.say_terms(order)),
        (_("PO number"), facts.po_number),
        (
            _("Invoice on"),
            say_calendar_date(facts.bill_on) if facts.bill_on and not facts.invoice_id else "",
        ),
        (_("Bill to"), ", ".join((billed.name, *billed.address))),
        (_("Contact"), contact),
        (_("Emailed instead"), stand_ins(session, facts)),
        (_("Placed"), say_date(facts.placed_at, zone) if facts.placed_at else ""),
    ]
    return [{"term": term, "text": text} for term, text in found]


def _acts(session: Session, facts: OrderFacts, standing: Standing) -> list[Act]:
    """Return the possible actions, the most likely next one first."""
    if standing is Standing.CANCELED:
        return []
    if facts.placed_at is None:
        return _draft_acts(session, facts)
    found = []
    if facts.invoice_id is not None:
        found += _billed_acts(session, facts)
    if standing is Standing.TO_BILL:
        label = _("Issue the invoice now")
        found.append(Act(label, _post(facts, "bill"), is_post=True, kind="button-primary"))
    found.append(Act(_("Record a purchase order"), _url("staff_quotes.purchase_order", facts)))
    found.append(Act(_("Correct the order"), _url("staff_corrections.fix", facts)))
    found.append(Act(_("Correct the payer"), _url("staff_corrections.payer", facts)))
    return [*found, *_access_acts(session, facts)]


def _review_acts(facts: OrderFacts) -> list[Act]:
    """Return the two ways to decide about an order that needs a review."""
    return [
        Act(_(GRANT_ACCESS), _post(facts, "release"), is_post=True, kind="button-primary"),
        Act(_(WAIT_FOR_PAYMENT), _post(facts, "hold"), is_post=True),
    ]


def _access_acts(session: Session, facts: OrderFacts) -> list[Act]:
    found = []
    if facts.is_on_hold(clock.now()) and not needs_review(facts):  # or the notice has it
        found.append(Act(_(GRANT_ACCESS), _post(facts, "release"), is_post=True))
    elif facts.held_at is None and (facts.open_minor or facts.invoice_id is None):
        found.append(Act(_("Hold access until paid"), _post(facts, "hold"), is_post=True))
    found += _dispute_acts(session, facts)
    order = session.get_one(Order, facts.id)
    if standing_grants_of_order(session, facts.id) and confirmation_readers(session, order):
        found.append(Act(_("Resend confirmation"), _post(facts, "resend"), is_post=True))
    if facts.invoice_id is None:
        found.append(
            Act(_("Cancel the order"), _post(facts, "cancel"), is_post=True, kind="button-danger")
        )
    return found


def _dispute_acts(session: Session, facts: OrderFacts) -> list[Act]:
    """Return what our team can do with the access while a payment behind the order is disputed (R2)."""
    dispute = disputes.of_order(session, facts.id)
    if dispute is None:
        return []
    access = disputes.access_disputed(session, dispute.payment_id)
    acts = []
    if any(one.suspended_at is None for one in access):
        acts.append((_("Suspend access"), "suspend"))
    if any(one.suspended_at is not None for one in access):
        acts.append((_("Restore access"), "restore"))
    url = partial(
        url_for,
        "staff_payments.move",
        payment_id=session.get_one(Payment, dispute.payment_id).public_id,
        next=url_for("staff_order.show", order_id=facts.public_id),
    )
    return [Act(label, url(act_name=act), is_post=True) for label, act in acts]


def _draft_acts(session: Session, facts: OrderFacts) -> list[Act]:
    quote = quotes.newest(session, facts.id)
    found = []
    if quote is not None:
        found.append(
            Act(_("Accept the quote"), _url("staff_quotes.accept", facts), kind="button-primary")
        )
    label = _("Issue a new version") if quote else _("Issue a quote")
    kind = "" if quote else "button-primary"
    found.append(Act(label, _url("staff_quotes.issue", facts), kind=kind))
    found.append(Act(_("Edit the draft"), _url("staff_order_form.edit", facts)))
    found.append(Act(_("Record a purchase order"), _url("staff_quotes.purchase_order", facts)))
    cancel = _("Cancel the draft")
    found.append(Act(cancel, _post(facts, "cancel"), is_post=True, kind="button-danger"))
    return found


def _billed_acts(session: Session, facts: OrderFacts) -> list[Act]:
    found = []
    if facts.open_minor:
        url = url_for("staff_payments.of_order", order_id=facts.public_id)
        found.append(Act(_("Record a payment"), url, kind="button-primary"))
    order = orders.find_order(session, facts.public_id)
    if tax_credits.tax_credit_of(session, order, zone=mail_context().zone) is not None:
        found.append(Act(_("Credit the sales tax"), _url("staff_credits.tax", facts)))
    found.append(Act(_("Credit note or return"), _url("staff_credits.credit", facts)))
    if facts.open_minor:
        url = url_for("staff_credits.credit", order_id=facts.public_id, reason="write_off")
        found.append(Act(_("Write off the balance"), url))
    if facts.open_minor == facts.invoice_total_minor:
        url = url_for("staff_credits.credit", order_id=facts.public_id, reason="void")
        found.append(Act(_("Void the invoice"), url))
    notes = session.scalars(
        select(Document).where(
            Document.order_id == facts.id,
            Document.kind == DocumentKind.CREDIT_NOTE,
            Document.open_minor > 0,
        )
    ).all()
    for note in notes:
        amount = say_money(note.open_minor, note.currency)
        url = url_for("staff_refunds.of_credit_note", document_id=note.public_id)
        label = _("Refund %(amount)s", amount=amount)
        if len(notes) > 1:
            label = _("Refund %(amount)s of %(number)s", amount=amount, number=note.label)
        found.insert(0, Act(label, url, kind="button-primary"))
    return found


def _lines(
    lines: Sequence[OrderLine],
    given: Iterable[OrderGrant],
    facts: OrderFacts,
    zone: ZoneInfo,
) -> list[Row]:
    by_line: dict[int, list[OrderGrant]] = {}
    for grant in given:
        by_line.setdefault(grant.line_id, []).append(grant)
    return [
        {
            "title": billing.title_of(line),
            "act": str(ACT_WORDS[line.act]) if line.act != "new" else "",
            "quantity": _("Unlimited") if line.quantity is None else str(line.quantity),
            "net": say_money(line.net_minor, facts.currency),
            "discount": _discount(line, facts.currency),
            "term": _term(line, zone),
            "grants": [_grant(grant, zone) for grant in by_line.get(line.id, [])],
        }
        for line in lines
    ]


def _discount(line: OrderLine, currency: str) -> str:
    """Return the discount of a line and its reason in words; "" if there is none."""
    if not line.discount_minor:
        return ""
    amount = say_money(line.discount_minor, currency)
    if not line.discount_reason:
        return _("discount %(amount)s", amount=amount)
    return _("discount %(amount)s: %(reason)s", amount=amount, reason=line.discount_reason)


def _term(line: OrderLine, zone: ZoneInfo) -> str:
    if line.ends_at is None:
        return ""
    until = last_day(line.ends_at, zone)
    if line.starts_at is None:
        return _("through %(day)s", day=until)
    return _("%(first)s to %(last)s", first=say_date(line.starts_at, zone), last=until)


def _grant(grant: OrderGrant, zone: ZoneInfo) -> Row:
    who = grant.login_name or ngettext("%(num)d seat", "%(num)d seats", grant.seats or 0)
    if grant.pool_id is not None and grant.seats is None:
        who = _("Unlimited seats")
    until = _("permanent")
    if grant.ends_at is not None:
        until = _("through %(day)s", day=last_day(grant.ends_at, zone))
    return {"who": who, "email": grant.login_email or "", "until": until, "state": _state(grant)}


def _state(grant: OrderGrant) -> tuple[str, str]:
    if grant.revoked_at is not None:
        is_return = grant.revoked_as is Withdrawal.REFUNDED
        return (_("Returned") if is_return else _("Revoked"), "none")
    if grant.suspended_at is not None:
        return _("Suspended"), "danger"
    if grant.awaits_payment_since is not None:
        return _("On hold"), "soon"
    if grant.ends_at is not None and grant.ends_at <= clock.now():
        return _("Expired"), "none"
    if grant.starts_at > clock.now():
        return _("Not started"), "soon"
    return _("Active"), "open"


def _purchase_order(one: PurchaseOrder, facts: OrderFacts, zone: ZoneInfo) -> Row:
    return {
        "number": one.number,
        "amount": "" if one.amount_minor is None else say_money(one.amount_minor, facts.currency),
        "received": say_date(one.received_at, zone),
        "file": one.file_name or "",
        "url": url_for("staff_quotes.file", order_id=facts.public_id, po_id=one.public_id),
    }


def _documents(session: Session, order: Order, zone: ZoneInfo) -> list[Row]:
    rows = session.scalars(
        select(Document).where(Document.order_id == order.id).order_by(Document.id.desc())
    )
    return [
        {
            "id": one.public_id,
            "name": f"{DOCUMENT_WORDS[one.kind]} {one.label}",
            "about": str(REASON_WORDS[one.reason]) if one.reason else "",
            "is_replaced": one.replaced_at is not None,
            "issued": say_date(one.issued_at, zone),
            "total": say_money(one.total_minor, one.currency),
            "open": say_money(one.open_minor, one.currency) if one.open_minor else "",
        }
        for one in rows
    ]


def _payments(session: Session, order: Order) -> list[Row]:
    """Return the payments for the order's invoices, including reversed ones, or behind their credit."""
    paid = (
        select(Settlement.payment_id)
        .join(Document, Document.id == Settlement.invoice_id)
        .where(Document.order_id == order.id)
    )
    behind = [one.id for one in payments_behind(session, order.id)]
    of_order = or_(Payment.id.in_(paid), Payment.id.in_(behind))
    rows = session.scalars(select(Payment).where(of_order).order_by(Payment.id.desc()))
    return [
        {
            "id": one.public_id,
            "name": f"{METHOD_WORDS[one.method]} {one.check_number}".strip(),
            "received": say_calendar_date(one.received_on),
            "amount": say_money(one.amount_minor, one.currency),
            "unused": say_money(one.open_minor, one.currency) if one.open_minor else "",
            "reversed": str(REVERSAL_WORDS[one.reversed_as]) if one.reversed_as else "",
        }
        for one in rows
    ]


def _refunds(session: Session, order: Order, zone: ZoneInfo) -> list[Row]:
    """Return the refunds of the order's credit notes."""
    notes = select(Document.id).where(Document.order_id == order.id)
    rows = session.execute(
        select(Refund, Payment)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Refund.credit_note_id.in_(notes))
        .order_by(Refund.id.desc())
    )
    return [
        {
            "id": row.Refund.public_id,
            "payment": row.Payment.public_id,
            "amount": say_money(row.Refund.amount_minor, row.Payment.currency),
            "requested": say_date(row.Refund.requested_at, zone),
            "state": str(REFUND_WORDS[row.Refund.state]),
            "reference": row.Refund.reference,
        }
        for row in rows
    ]


def _events(session: Session, order: Order, zone: ZoneInfo) -> list[Row]:
    return [
        {
            "at": say_datetime_in_table(one.at, zone),
            "text": event_text(one),
            "actor": one.actor,
            "amount": ""
            if one.amount_minor is None
            else say_money(one.amount_minor, order.currency),
            "balance": say_money(one.balance_minor, order.currency),
            "document_id": one.document_id,
        }
        for one in history_of(session, order)
    ]


def _url(endpoint: str, facts: OrderFacts) -> str:
    return url_for(endpoint, order_id=facts.public_id)


def _post(facts: OrderFacts, act: str) -> str:
    return url_for("staff_order.move", order_id=facts.public_id, act=act)
