"""Amounts of printed documents: the few facts printed large, and the totals below the tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from lms.documents.printed_tables import day
from lms.documents.snapshots import Snapshot
from lms.models.documents import DocumentKind
from lms.pricing.price_list import say_money


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value, which can have several lines; `link` is the URL of the value."""

    label: str
    value: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """A line of the totals; `is_strong` marks the main one."""

    label: str
    value: str
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class Amounts:
    """The facts printed large, the amount last, and the totals."""

    keys: tuple[Fact, ...]
    totals: tuple[Total, ...]


def amounts_of(snapshot: Snapshot) -> Amounts:
    """Return the facts printed large and the totals of a document."""
    return BY_KIND[snapshot.kind](snapshot, open_of(snapshot))


def open_of(snapshot: Snapshot) -> int:
    """Return what is left to pay, or to use of a credit, in minor units."""
    return snapshot.total_minor if snapshot.open_minor is None else snapshot.open_minor


def _quote(quote: Snapshot, _open: int) -> Amounts:
    total = say_money(quote.total_minor, quote.currency)
    keys = (Fact("Valid until", day(quote.expires_on)), Fact("Total", total))
    return Amounts(keys, (*_sums(quote), Total("Total", total, is_strong=True)))


def _invoice(invoice: Snapshot, due_minor: int) -> Amounts:
    total, due, paid = (
        say_money(minor, invoice.currency)
        for minor in (invoice.total_minor, due_minor, due_minor - invoice.total_minor)
    )
    if invoice.total_minor and not due_minor:
        keys: tuple[Fact, ...] = (Fact("Paid in full", total),)
    else:
        keys = (Fact("Due date", day(invoice.due_on)), Fact("Amount due", due))
    totals = (
        *_sums(invoice),
        Total("Total", total),
        *([Total("Amount paid", paid)] if due_minor != invoice.total_minor else []),
        Total("Amount due", due, is_strong=True),
    )
    return Amounts(keys, totals)


def _credit_note(credit: Snapshot, left_minor: int) -> Amounts:
    total, left, used = (
        say_money(minor, credit.currency)
        for minor in (credit.total_minor, left_minor, left_minor - credit.total_minor)
    )
    totals = [*_sums(credit), Total("Total credit", total, is_strong=True)]
    if left_minor != credit.total_minor:
        totals += [
            Total(f"Applied to invoice {credit.refers_to}", used),
            Total("Remaining credit", left),
        ]
    keys = (Fact("Credit for invoice", credit.refers_to), Fact("Total credit", total))
    return Amounts(keys, tuple(totals))


def _receipt(receipt: Snapshot, left_minor: int) -> Amounts:
    paid = say_money(sum(entry.amount_minor for entry in receipt.entries), receipt.currency)
    total = say_money(receipt.total_minor, receipt.currency)
    totals = (
        *_sums(receipt),
        *([Total("Invoice total", total)] if receipt.lines else []),
        Total("Amount paid", paid, is_strong=True),
        Total("Remaining balance", say_money(left_minor, receipt.currency)),
    )
    keys = (Fact("Payment for invoice", receipt.refers_to), Fact("Amount paid", paid))
    return Amounts(keys, totals)


def _statement(statement: Snapshot, due_minor: int) -> Amounts:
    label = "Balance due" if due_minor >= 0 else "Credit balance"
    due = say_money(abs(due_minor), statement.currency)
    late_minor = statement.aging.past_due_minor if statement.aging else 0
    past_due = say_money(min(late_minor, max(due_minor, 0)), statement.currency)
    keys = (Fact("Past due", past_due), Fact(label, due))
    return Amounts(keys, (Total(label, due, is_strong=True),))


def _sums(snapshot: Snapshot) -> tuple[Total, ...]:
    """Return the lines that lead to the total; the subtotal is the sum of the lines as printed."""
    if not snapshot.lines:
        return ()
    currency, discount = snapshot.currency, snapshot.discount_minor
    before = (
        Total("Before discounts", say_money(snapshot.subtotal_minor, currency)),
        Total("Discounts", say_money(-discount, currency)),
    )
    estimated = "Estimated: " if snapshot.kind is DocumentKind.QUOTE else ""  # fixed at issue (M14)
    taxes = (
        Total(
            f"{estimated}{tax.name} ({tax.rate}% of {say_money(tax.net_minor, currency)})",
            say_money(tax.tax_minor, currency),
        )
        for tax in snapshot.taxes
    )
    subtotal = Total("Subtotal", say_money(snapshot.subtotal_minor - discount, currency))
    return (*(before if discount else ()), subtotal, *taxes)


BY_KIND: Final[Mapping[DocumentKind, Callable[[Snapshot, int], Amounts]]] = MappingProxyType(
    {
        DocumentKind.QUOTE: _quote,
        DocumentKind.INVOICE: _invoice,
        DocumentKind.CREDIT_NOTE: _credit_note,
        DocumentKind.RECEIPT: _receipt,
        DocumentKind.STATEMENT: _statement,
    }
)
