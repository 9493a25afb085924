"""Texts of orders: terms, actions, statuses, credit reasons and history in words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # not in its stubs

from lms.buying.payment_promises import Promise
from lms.core.dates_and_time_zones import say_calendar_date, say_date
from lms.core.errors import N_
from lms.models.documents import CreditReason, DocumentKind
from lms.models.grants import OfferKind
from lms.models.orders import DeliveredThrough, LineAct, Terms
from lms.models.payments import PauseKind, Payment, PaymentMethod, RefundState, Reversal
from lms.pricing.price_list import say_money
from lms.sales.order_history import Event, Happening
from lms.sales.read_models import OrderFacts, Standing
from lms.web.access.access_panel_and_reader_times import due_day
from lms.web.core.lazy_form_translations import _l

Value = TypeVar("Value", bound=str)
KIND_WORDS: Final = {
    OfferKind.SINGLE: _l("Webinar seat"),
    OfferKind.GROUP_SEATS: _l("Group seats"),
    OfferKind.GROUP_SHOWING: _l("Group viewing"),
    OfferKind.INSTITUTIONAL: _l("Institutional access"),
    OfferKind.PASS: _l("All-access pass"),
    OfferKind.CONTRACT: _l("All-access contract"),
}
ACT_WORDS: Final = {
    LineAct.NEW: _l("New purchase"),
    LineAct.RENEWAL: _l("Renewal: a full term for all seats"),
    LineAct.MORE_SEATS: _l("More seats: added to what they have"),
}
TERMS_WORDS: Final = {
    Terms.CARD: _l("Card, paid now"),
    Terms.INVOICE: _l("Invoice"),
    Terms.PURCHASE_ORDER: _l("Purchase order"),
    Terms.CHECK: _l("Check"),
    Terms.COMPLIMENTARY: _l("Complimentary"),
    Terms.HISTORY: _l("Past sale"),
}
DELIVERY_WORDS: Final = {
    DeliveredThrough.HERE: _l("On our site"),
    DeliveredThrough.LMS: _l("In their learning management system (LMS)"),
}
METHOD_WORDS: Final = {
    PaymentMethod.CARD: _l("Card"),
    PaymentMethod.CHECK: _l("Check"),
    PaymentMethod.TRANSFER: _l("Bank transfer"),
    PaymentMethod.CASH: _l("Cash"),
}
CHECK_RETURNED: Final = N_("Check %(number)s was returned by the bank on %(day)s.")
REVERSAL_WORDS: Final = {
    Reversal.BOUNCED: _l("Returned by the bank"),
    Reversal.MISTAKE: _l("Recorded by mistake"),
    Reversal.DISPUTE: _l("Dispute lost"),
}
REFUND_WORDS: Final = {
    RefundState.REQUESTED: _l("To be paid out"),
    RefundState.SENT: _l("Sent"),
    RefundState.DONE: _l("Paid out"),
    RefundState.FAILED: _l("Canceled"),
}
DOCUMENT_WORDS: Final = {
    DocumentKind.QUOTE: _l("Quote"),
    DocumentKind.INVOICE: _l("Invoice"),
    DocumentKind.CREDIT_NOTE: _l("Credit note"),
    DocumentKind.RECEIPT: _l("Receipt"),
    DocumentKind.STATEMENT: _l("Statement"),
}
REASON_WORDS: Final = {
    CreditReason.RETURN: _l("Return"),
    CreditReason.REISSUE: _l("Replaced by a new invoice"),
    CreditReason.TAX: _l("Tax correction"),
    CreditReason.GOODWILL: _l("Goodwill"),
    CreditReason.EXCHANGE: _l("Exchange"),
    CreditReason.WRITE_OFF: _l("Write-off"),
    CreditReason.VOID: _l("Void"),
}
# The reasons that staff can choose, with their effects; the others come from separate actions.
CREDIT_CHOICES: Final = {
    CreditReason.RETURN: _l(
        "Return: access to what is returned ends. Seats must be released first."
    ),
    CreditReason.GOODWILL: _l("Goodwill: lowers the price. Access doesn't change."),
    CreditReason.TAX: _l("Tax: credits the tax on the chosen lines. Access doesn't change."),
    CreditReason.EXCHANGE: _l(
        "Exchange: credits what was exchanged for another order. Access doesn't change."
    ),
    CreditReason.WRITE_OFF: _l(
        "Write-off: we no longer expect payment of the balance. Access doesn't change."
    ),
    CreditReason.VOID: _l(
        "Void: the unpaid invoice was wrong from the start. Access doesn't change."
    ),
}
STANDING_WORDS: Final = {
    Standing.DRAFT: N_("Draft"),
    Standing.QUOTED: N_("Quoted"),
    Standing.EXPIRED: N_("Quote expired"),
    Standing.CANCELED: N_("Canceled"),
    Standing.DISPUTED: N_("Disputed"),
    Standing.TO_BILL: N_("To be invoiced"),
    Standing.RETURNED: N_("Returned"),
    Standing.CREDITED: N_("Credited"),
    Standing.PAID: N_("Paid"),
    Standing.PAST_DUE: N_("Past due"),
    Standing.PARTLY_PAID: N_("Partly paid"),
    Standing.UNPAID: N_("Open"),
}
STANDING_BADGES: Final = {
    Standing.DRAFT: "none",
    Standing.QUOTED: "soon",
    Standing.EXPIRED: "none",
    Standing.CANCELED: "none",
    Standing.DISPUTED: "danger",
    Standing.TO_BILL: "soon",
    Standing.RETURNED: "none",
    Standing.CREDITED: "none",
    Standing.PAID: "open",
    Standing.PAST_DUE: "danger",
    Standing.PARTLY_PAID: "soon",
    Standing.UNPAID: "soon",
}
HAPPENED: Final = {
    Happening.DRAFTED: N_("Draft saved"),
    Happening.REVISED: N_("Draft changed"),
    Happening.PO_RECEIVED: N_("Purchase order %(number)s received"),
    Happening.QUOTED: N_("Quote %(number)s issued"),
    Happening.ACCEPTED: N_("Quote accepted by %(name)s"),
    Happening.PLACED: N_("Order placed"),
    Happening.CORRECTED: N_("Order corrected"),
    Happening.INVOICED: N_("Invoice %(number)s issued"),
    Happening.CREDITED: N_("Credit note %(number)s for invoice %(of)s: %(reason)s"),
    Happening.RECEIPT: N_("Receipt %(number)s issued"),
    Happening.REFUNDED: N_("Refund requested"),
    Happening.REFUND_DONE: N_("Refund paid out, number %(number)s"),
    Happening.REFUND_CANCELED: N_("Refund canceled"),
    Happening.REFUND_FAILED: N_("Refund to the card failed"),
    Happening.HELD: N_("Access put on hold until payment"),
    Happening.RELEASED: N_("Access granted"),
    Happening.DISPUTED: N_("Payment disputed"),
    Happening.DISPUTE_WON: N_("Dispute won"),
    Happening.DISPUTE_LOST: N_("Dispute lost"),
    Happening.RELEASE_ASKED: N_("Managers were asked to release seats"),
    Happening.CANCELED: N_("Order canceled"),
    Happening.REMINDED: N_("Payment reminder sent"),
    Happening.REMINDERS_STOPPED: N_("Payment reminders stopped"),
    Happening.REMINDERS_RESUMED: N_("Payment reminders resumed"),
}


def choices_of(words: Mapping[Value, str], *, but: str = "") -> list[SelectChoice]:
    """Return the choices of a field by the words for each value, without `but`."""
    return [SelectChoice(str(value), label) for value, label in words.items() if value != but]


def covered_text(facts: OrderFacts) -> str:
    """Return what the first line of an order covers, and how many more lines there are."""
    if facts.lines == 1:
        return facts.covers
    more = _("and %(number)s more", number=facts.lines - 1)
    return f"{facts.covers} {more}".strip()


def event_text(event: Event) -> str:
    """Return what happened to an order, in a few words."""
    if event.what in (Happening.PAID, Happening.UNPAID):
        return _payment_text(event)
    if event.what is Happening.REFUND_DONE and not event.number:
        return _("Refund paid out")
    reason = str(REASON_WORDS[event.reason]).lower() if event.reason else ""
    return _(HAPPENED[event.what], number=event.number, of=event.of, reason=reason, name=event.name)


def _payment_text(event: Event) -> str:
    method = str(METHOD_WORDS[event.method]) if event.method else _("Credit")
    source = f"{method} {event.number}" if event.number else method
    if event.what is Happening.PAID:
        return _("%(source)s paid on invoice %(of)s", source=source, of=event.of)
    if event.reversal is not None:
        why = str(REVERSAL_WORDS[event.reversal]).lower()
        return _("%(source)s reversed: %(why)s", source=source, why=why)
    return _("%(source)s no longer pays invoice %(of)s", source=source, of=event.of)


def returned_text(payment: Payment, zone: ZoneInfo) -> str:
    """Return that a payer's check was returned, and when."""
    day = say_date(payment.reversed_at, zone) if payment.reversed_at else ""
    return _(CHECK_RETURNED, number=payment.check_number, day=day)


def reversal_text(
    reversed_at: datetime | None, reversed_as: Reversal | None, zone: ZoneInfo
) -> str:
    """Return that the payment of a receipt was returned or reversed, and when; "" if it wasn't.

    The receipt itself never changes (M2).
    """
    if reversed_at is None:
        return ""
    day = say_date(reversed_at, zone)
    if reversed_as is Reversal.BOUNCED:
        return _("Payment returned %(day)s", day=day)
    return _("Payment reversed %(day)s", day=day)


def reversal_of(payment: Payment | None, zone: ZoneInfo) -> str:
    """Return `reversal_text` of a receipt's payment; "" for other documents."""
    return reversal_text(payment.reversed_at, payment.reversed_as, zone) if payment else ""


def promise_text(promise: Promise, currency: str) -> str:
    """Return what a payer reported, in one or two sentences."""
    pause = _("Reminders pause through %(day)s.", day=due_day(promise.until))
    if promise.kind is PauseKind.IN_APPROVAL:
        return f"{_('The invoice is in approval.')} {pause} {promise.note}".strip()
    sent = say_calendar_date(promise.sent_on) if promise.sent_on else ""
    number = promise.check_number
    if promise.amount_minor is None:
        text = _("Check %(number)s was sent on %(day)s.", number=number, day=sent)
    else:
        amount = say_money(promise.amount_minor, currency)
        text = _(
            "Check %(number)s for %(amount)s was sent on %(day)s.",
            number=number,
            amount=amount,
            day=sent,
        )
    return f"{text} {pause}"
