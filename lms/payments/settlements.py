"""Settlements: an amount of a payment or credit note that pays an invoice, and undoing it.

Open amounts change only in conditional statements, so that of two that use the same dollar at once,
one is refused (MONEY.md, M1). Rows are locked in the order invoices, credit notes, payments, each
by ID.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.core.errors import N_, Conflict
from lms.core.model_base import locked
from lms.models.documents import Document, DocumentKind
from lms.models.payments import Payment, Settlement

CHANGED = N_("The balance changed while you were working. Reload the page and try again.")


def settle(
    session: Session,
    invoice: Document,
    source: Payment | Document,
    amount_minor: int,
    *,
    now: datetime,
) -> Settlement:
    """Pay an amount of an invoice from a payment or credit note.

    Raises Conflict if less is open on either side by now.
    """
    _take(session, Document, invoice.id, amount_minor)
    _take(session, type(source), source.id, amount_minor)
    is_payment = isinstance(source, Payment)
    settlement = Settlement(
        invoice_id=invoice.id,
        payment_id=source.id if is_payment else None,
        credit_note_id=None if is_payment else source.id,
        amount_minor=amount_minor,
        made_at=now,
    )
    session.add(settlement)
    session.flush()
    _reread(session, invoice, source)
    return settlement


def undo(session: Session, settlements: Iterable[Settlement], *, now: datetime) -> None:
    """Undo settlements, which reopens both sides.

    Raises Conflict if one was undone in the meantime.
    """
    for one in settlements:
        undone = session.scalar(
            update(Settlement)
            .where(Settlement.id == one.id, Settlement.undone_at.is_(None))
            .values(undone_at=now)
            .returning(Settlement.id)
        )
        if undone is None:
            raise Conflict(CHANGED)
        _give(session, Document, one.invoice_id, one.amount_minor)
        if one.payment_id is not None:
            _give(session, Payment, one.payment_id, one.amount_minor)
        elif one.credit_note_id is not None:
            _give(session, Document, one.credit_note_id, one.amount_minor)
    # the updates above bypassed the session
    session.expire_all()


def unsettle(session: Session, payment: Payment, amount_minor: int, *, now: datetime) -> set[int]:
    """Undo an amount of what a payment pays, the newest first; return the reopened invoices.

    Undoes less if it pays less. The caller has locked the invoices and the payment.
    """
    paid = session.scalars(
        select(Settlement)
        .where(Settlement.payment_id == payment.id, Settlement.undone_at.is_(None))
        .order_by(Settlement.id.desc())
    ).all()
    left, reopened = amount_minor, set()
    for one in paid:
        if left <= 0:
            break
        undo(session, [one], now=now)
        rest = one.amount_minor - left
        left -= one.amount_minor
        reopened.add(one.invoice_id)
        if rest > 0:
            settle(session, session.get_one(Document, one.invoice_id), payment, rest, now=now)
    return reopened


def use_own_credit(session: Session, invoice_ids: set[int], *, now: datetime) -> set[int]:
    """Pay invoices that are open again with the credit of their own credit notes; return the reopened.

    Unused credit comes first. Credit that pays other invoices was left by the money that is gone, so it
    is taken back, the newest first, and those invoices are open again, too.
    """
    if not invoice_ids:
        return set()
    for note in own_credits(session, invoice_ids):
        invoice = session.get_one(Document, note.refers_to_id)
        amount = min(note.open_minor, invoice.open_minor)
        if amount:
            settle(session, invoice, note, amount, now=now)
    used = session.execute(
        select(Settlement, Document)
        .join(Document, Document.id == Settlement.credit_note_id)
        .where(
            Document.refers_to_id.in_(invoice_ids),
            Settlement.invoice_id != Document.refers_to_id,
            Settlement.undone_at.is_(None),
        )
        .order_by(Settlement.id.desc())
    ).all()
    others = set()
    for one, note in used:
        invoice = session.get_one(Document, note.refers_to_id)
        amount = min(one.amount_minor, invoice.open_minor)
        if amount:
            other, rest = session.get_one(Document, one.invoice_id), one.amount_minor - amount
            undo(session, [one], now=now)
            settle(session, invoice, note, amount, now=now)
            if rest:
                settle(session, other, note, rest, now=now)
            others.add(other.id)
    return invoice_ids | use_own_credit(session, others, now=now)


def own_credits(session: Session, invoice_ids: Iterable[int]) -> Sequence[Document]:
    """Return the credit notes of invoices, locked, in ID order."""
    return session.scalars(
        locked(
            select(Document)
            .where(
                Document.refers_to_id.in_(list(invoice_ids)),
                Document.kind == DocumentKind.CREDIT_NOTE,
            )
            .order_by(Document.id)
        )
    ).all()


def standing(session: Session, *, invoice_id: int) -> Sequence[Settlement]:
    """Return the settlements of an invoice that weren't undone, the oldest first."""
    return session.scalars(
        select(Settlement)
        .where(Settlement.invoice_id == invoice_id, Settlement.undone_at.is_(None))
        .order_by(Settlement.id)
    ).all()


def lock_invoices(session: Session, invoice_ids: Iterable[int]) -> Sequence[Document]:
    """Return invoices locked until the transaction ends, in ID order."""
    return session.scalars(
        locked(
            select(Document)
            .where(Document.id.in_(set(invoice_ids)), Document.kind == DocumentKind.INVOICE)
            .order_by(Document.id)
        )
    ).all()


def lock_payment(session: Session, public_id: str) -> Payment | None:
    """Return a payment locked until the transaction ends, or None."""
    return session.scalar(locked(select(Payment).where(Payment.public_id == public_id)))


def lock_credit_note(session: Session, public_id: str) -> Document | None:
    """Return a credit note locked until the transaction ends, or None."""
    return session.scalar(
        locked(
            select(Document).where(
                Document.public_id == public_id, Document.kind == DocumentKind.CREDIT_NOTE
            )
        )
    )


def take_open(session: Session, source: Payment | Document, amount_minor: int) -> None:
    """Deduct from the open amount of a payment or credit note, such as for a refund.

    Raises Conflict if less is open by now.
    """
    _take(session, type(source), source.id, amount_minor)
    _reread(session, source)


def give_open(session: Session, source: Payment | Document, amount_minor: int) -> None:
    """Add to the open amount of a payment or credit note."""
    _give(session, type(source), source.id, amount_minor)
    _reread(session, source)


def _take(
    session: Session, table: type[Payment] | type[Document], row_id: int, amount_minor: int
) -> None:
    taken = session.scalar(
        update(table)
        .where(table.id == row_id, table.open_minor >= amount_minor)
        .values(open_minor=table.open_minor - amount_minor)
        .returning(table.id)
    )
    if taken is None:
        raise Conflict(CHANGED)


def _give(
    session: Session, table: type[Payment] | type[Document], row_id: int, amount_minor: int
) -> None:
    session.execute(
        update(table).where(table.id == row_id).values(open_minor=table.open_minor + amount_minor)
    )


def _reread(session: Session, *rows: Payment | Document) -> None:
    for row in rows:
        session.refresh(row, ["open_minor"])
