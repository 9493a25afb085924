"""Credit notes: an invoice credited by line, with a reason; only returns revoke access (R1).

A credit note first pays its own invoice. The rest is the payer's credit, to be refunded or used for
another invoice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import dropwhile

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.core.errors import N_, Conflict, Invalid
from lms.core.model_base import new_public_id
from lms.documents.issuing import NewDocument, NewLine, issue
from lms.mail.links import MailContext
from lms.models.documents import CreditReason, Document, DocumentKind, DocumentLine
from lms.models.grants import Grant, Withdrawal
from lms.models.orders import Order, OrderLine
from lms.models.tax import TaxRule
from lms.payments import settlements
from lms.pricing.offers import SEATS
from lms.pricing.price_list import prices_at
from lms.pricing.quotes import Unpriced, seats_total
from lms.requests import requests
from lms.sales import billing, cancellations, order_access, return_mails, seat_prices
from lms.sales.invoices import live_invoice
from lms.sales.order_access import target_of
from lms.tax.rounding import share, spread
from lms.tax.rules import LineTax

NO_INVOICE = N_("This order has no invoice to credit.")
TOO_MUCH = N_("Enter no more than what's left of this line.")
ONLY_SEATS = N_("Only seats can be returned individually.")
AT_LEAST_ONE = N_("Return at least one seat.")
TOO_MANY_SEATS = N_("Seats left to return: %(seats)s. To return all of them, return the line.")
NO_SEATS_LEFT = N_("All of these seats were already returned.")
ADDED_FIRST = N_("More seats were added to these later. Return those first, or enter an amount.")
NOTHING_LEFT = N_("This invoice is fully credited.")
PAID_IN_PART = N_("This invoice is paid in part. Credit its lines instead.")


@dataclass(frozen=True, slots=True)
class Credit:
    """The credit for a line (public ID): everything left, some seats, or an amount.

    `amount_minor` is before tax, which is credited in proportion.
    """

    line_id: str
    seats: int | None = None
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True)
class NewCreditNote:
    """A credit note for an order's invoice; without `credits` it is for everything left.

    With the reason `tax`, it is for the tax only. `explanation` is printed. `note_id` is the public ID to
    use, so that a form that is sent twice issues one credit note. With `may_release`, a return also takes
    seats that are in use, as when a webinar is canceled.
    """

    reason: CreditReason
    credits: tuple[Credit, ...] = ()
    explanation: str = ""
    is_mailed: bool = True
    note_id: str = field(default_factory=new_public_id)
    may_release: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of an invoiced line after earlier credit notes, in minor units."""

    line: OrderLine
    seats: int | None
    net_minor: int
    tax_minor: int
    rule: TaxRule | None


def credit(
    session: Session,
    order: Order,
    new: NewCreditNote,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> Document:
    """Issue a credit note, revoke the access that a return returns, and apply it to its invoice.

    Opens access on hold if it covers the rest, except when a debt is written off. `order` is locked.
    Raises Conflict if nothing is invoiced or left, Invalid with errors by field, and Conflict
    `seats_in_use` if too few of the returned seats are free (S10).
    """
    invoice = live_invoice(session, order.id, lock=True)
    if invoice is None:
        raise Conflict(NO_INVOICE)
    before = session.scalar(select(Document).where(Document.public_id == new.note_id))
    if before is not None:
        return before
    left = left_of(session, invoice)
    lines = _credited(session, invoice, new, left)
    if not any(line.net_minor or line.tax.tax_minor for line in lines):
        raise Conflict(NOTHING_LEFT)
    ended: list[int] = []
    if new.reason is CreditReason.RETURN:
        ended = _take_back(session, new, left, actor=actor, now=now)
        if not order_access.standing_grants(session, [order.id]):
            order.review_due_at = None  # no access is left to decide about
        requests.finish_refund(session, order.id, actor=actor, now=now)
    note = issue_credit(
        session, order, invoice, new, lines, mail_context=mail_context, actor=actor, now=now
    )
    if ended:
        return_mails.send_returned(session, order, note, ended, mail_context=mail_context, now=now)
    if new.reason is not CreditReason.WRITE_OFF:
        cancellations.open_paid(session, order, mail_context=mail_context, actor=actor, now=now)
    return note


def preview(session: Session, order: Order, new: NewCreditNote) -> int:
    """Return the total of a credit note, with tax, without issuing it; raises as `credit` does."""
    invoice = live_invoice(session, order.id)
    if invoice is None:
        raise Conflict(NO_INVOICE)
    lines = _credited(session, invoice, new, left_of(session, invoice))
    return sum(line.net_minor + line.tax.tax_minor for line in lines)


def issue_credit(  # noqa: PLR0913  (the order, its invoice, the credit, and the actor)
    session: Session,
    order: Order,
    invoice: Document,
    new: NewCreditNote,
    lines: Sequence[NewLine],
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> Document:
    """Issue a credit note with these lines and apply it to the open amount of its invoice."""
    document = NewDocument(
        kind=DocumentKind.CREDIT_NOTE,
        public_id=new.note_id,
        currency=order.currency,
        bill_to=billing.billing_of(session, order).to,
        lines=lines,
        order_id=order.id,
        order_number=billing.order_number(order),
        login_id=invoice.login_id,
        organization_id=invoice.organization_id,
        po_number=invoice.po_number,
        refers_to=invoice,
        reason=new.reason,
        explanation=new.explanation.strip(),
        livemode=order.livemode,
    )
    note = issue(
        session,
        document,
        zone=mail_context.zone,
        actor=actor,
        now=now,
        is_mailed=new.is_mailed,
    )
    amount = min(note.open_minor, invoice.open_minor)
    if amount:
        settlements.settle(session, invoice, note, amount, now=now)
    return note


def left_of(session: Session, invoice: Document) -> Mapping[str, Left]:
    """Return what is left of each line of an invoice, by the line's public ID, in order."""
    seats = func.sum(DocumentLine.quantity).filter(Document.reason == CreditReason.RETURN)
    credited = {
        row.order_line_id: row
        for row in session.execute(
            select(
                DocumentLine.order_line_id,
                func.sum(DocumentLine.net_minor).label("net"),
                func.sum(DocumentLine.tax_minor).label("tax"),
                seats.label("seats"),
            )
            .join(Document, Document.id == DocumentLine.document_id)
            .where(Document.refers_to_id == invoice.id, Document.kind == DocumentKind.CREDIT_NOTE)
            .group_by(DocumentLine.order_line_id)
        )
    }
    rows = session.execute(
        select(DocumentLine, OrderLine)
        .join(OrderLine, OrderLine.id == DocumentLine.order_line_id)
        .where(DocumentLine.document_id == invoice.id)
        .order_by(DocumentLine.position)
    )
    found = {}
    for printed, line in rows:
        gone = credited.get(line.id)
        rule = session.get(TaxRule, printed.tax_rule_id) if printed.tax_rule_id else None
        found[line.public_id] = Left(
            line=line,
            seats=None
            if line.quantity is None
            else line.quantity + int((gone and gone.seats) or 0),
            net_minor=printed.net_minor + int(gone.net if gone else 0),
            tax_minor=printed.tax_minor + int(gone.tax if gone else 0),
            rule=rule,
        )
    return found


def worth_of(session: Session, left: Left, fewer: int) -> int:
    """Return the value of `fewer` of a line's remaining seats, before tax (P5).

    With n seats left of all that were bought together (P4), this is list(n) - list(n - k) at the prices
    of the first order's day, times the share of list(n) that was charged, rounded half up; at most what
    is left of the line. Raises Invalid (field `seats`).
    """
    if left.line.kind not in SEATS or left.seats is None:
        raise Invalid(ONLY_SEATS, field="seats")
    if not left.seats:
        raise Invalid(NO_SEATS_LEFT, field="seats")
    if fewer < 1:
        raise Invalid(AT_LEAST_ONE, field="seats")
    if fewer >= left.seats:
        raise Invalid(TOO_MANY_SEATS % {"seats": left.seats}, field="seats")
    together = seat_prices.bought_together(session, left.line)
    others = [left_of_line(session, one) for one in together if one.id != left.line.id]
    seats = left.seats + sum(one.seats or 0 for one in others)
    charged = left.net_minor + sum(one.net_minor for one in others)
    first = session.get_one(OrderLine, left.line.adds_to_id or left.line.id)
    order = session.get_one(Order, first.order_id)
    prices = prices_at(session, order.placed_at or order.created_at, target_of(left.line))
    full, kept = seats_total(prices, seats), seats_total(prices, seats - fewer)
    if isinstance(full, Unpriced) or isinstance(kept, Unpriced):
        return share(left.net_minor, fewer, left.seats)
    return min(share(max(full - kept, 0), charged, full), left.net_minor)


def added_after(session: Session, line: OrderLine) -> list[OrderLine]:
    """Return the lines whose seats were added after those of a line and aren't returned, the last first.

    They cost less than they would alone, so they are returned first.
    """
    together = seat_prices.bought_together(session, line)
    later = [*dropwhile(lambda one: one.id != line.id, together)][:0:-1]
    return [one for one in later if left_of_line(session, one).seats]


def left_of_line(session: Session, line: OrderLine) -> Left:
    """Return what is left of a line of any order; all of it if it isn't invoiced."""
    invoice = live_invoice(session, line.order_id)
    known = left_of(session, invoice) if invoice else {}
    return known.get(line.public_id) or Left(line, line.quantity, line.net_minor, 0, None)


def all_of(left: Mapping[str, Left]) -> tuple[NewLine, ...]:
    """Return credit lines for everything left."""
    return tuple(
        _line(one, one.net_minor, one.tax_minor, one.seats)
        for one in left.values()
        if one.net_minor or one.tax_minor
    )


def _credited(
    session: Session, invoice: Document, new: NewCreditNote, left: Mapping[str, Left]
) -> tuple[NewLine, ...]:
    match new.reason:
        case CreditReason.WRITE_OFF:
            return _open_balance(invoice, left)
        case CreditReason.VOID if invoice.open_minor < sum(
            one.net_minor + one.tax_minor for one in left.values()
        ):
            raise Conflict(PAID_IN_PART)
        case CreditReason.TAX if not new.credits:
            return tuple(
                _line(one, 0, one.tax_minor, None) for one in left.values() if one.tax_minor
            )
    if not new.credits:
        return all_of(left)
    return tuple(_one(session, each, new.reason, left) for each in new.credits)


def _open_balance(invoice: Document, left: Mapping[str, Left]) -> tuple[NewLine, ...]:
    """Return credit lines for an invoice's open amount, in proportion to what is left of each line."""
    rest = [one for one in left.values() if one.net_minor or one.tax_minor]
    parts = spread(invoice.open_minor, [one.net_minor + one.tax_minor for one in rest])
    lines = []
    for one, part in zip(rest, parts, strict=True):
        tax = share(one.tax_minor, part, one.net_minor + one.tax_minor)
        lines.append(_line(one, part - tax, tax, None))
    return tuple(line for line in lines if line.net_minor or line.tax.tax_minor)


def _one(
    session: Session, wanted: Credit, reason: CreditReason, left: Mapping[str, Left]
) -> NewLine:
    one = left.get(wanted.line_id)
    if one is None:
        raise Invalid(N_("This line isn't on the invoice."))
    if reason is CreditReason.TAX:
        return _line(one, 0, one.tax_minor, None)
    seats = one.seats if wanted.seats is None else wanted.seats
    amount = one.net_minor if seats == one.seats else worth_of(session, one, seats or 0)
    if wanted.amount_minor is not None:
        amount = wanted.amount_minor
    elif reason is CreditReason.RETURN and wanted.seats and added_after(session, one.line):
        raise Conflict(ADDED_FIRST)
    if not 0 <= amount <= one.net_minor:
        raise Invalid(TOO_MUCH, field="amount")
    tax = share(one.tax_minor, amount, one.net_minor)
    return _line(one, amount, tax, seats if reason is CreditReason.RETURN else None)


def _line(one: Left, net_minor: int, tax_minor: int, seats: int | None) -> NewLine:
    is_even = bool(seats) and net_minor % (seats or 1) == 0
    return NewLine(
        description=billing.title_of(one.line),
        quantity=seats,
        unit_minor=net_minor // (seats or 1) if is_even else net_minor,
        net_minor=net_minor,
        order_line_id=one.line.id,
        tax=LineTax(tax_minor, one.rule),
    )


def _take_back(
    session: Session,
    new: NewCreditNote,
    left: Mapping[str, Left],
    *,
    actor: str | None,
    now: datetime,
) -> list[int]:
    """Revoke the grants of returned lines, or remove returned seats from them; return their row ids."""
    taken: list[tuple[Grant, int | None]] = []
    wanted = {one.line_id: one for one in new.credits} or {
        line_id: Credit(line_id) for line_id in left
    }
    for line_id, one in wanted.items():
        grants = session.scalars(
            select(Grant)
            .where(Grant.order_line_id == left[line_id].line.id, Grant.revoked_at.is_(None))
            .order_by(Grant.id)
        ).all()
        fewer = None if one.seats == left[line_id].seats else one.seats
        # Fewer seats leave a person's own access, which replaced that to a removed webinar.
        taken += [(grant, fewer) for grant in grants if fewer is None or grant.pool_id]
    if not new.may_release:
        order_access.check_free(session, taken, now=now)
    ended = [grant.id for grant, _fewer in taken]
    for grant, fewer in taken:
        if fewer is None:
            order_access.take_back(session, [grant], Withdrawal.REFUNDED, actor=actor, now=now)
        else:
            order_access.shrink(session, grant, fewer, now=now)
    return ended
