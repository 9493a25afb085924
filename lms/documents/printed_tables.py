"""Tables of printed documents: the lines sold, payments, the entries of a statement, and aging."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from babel.numbers import format_decimal

from lms.core.dates_and_time_zones import LOCALE, say_calendar_date
from lms.documents.snapshots import Aging, Entry, Line, Snapshot
from lms.models.documents import DocumentKind
from lms.pricing.price_list import say_money


class ColumnKind(StrEnum):
    """The width of a column: `wide` and `text` share what `date` and `number` leave, two to one."""

    DATE = "date"
    WIDE = "wide"
    TEXT = "text"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Column:
    """The header of a column."""

    label: str
    kind: ColumnKind


@dataclass(frozen=True, slots=True)
class Row:
    """One cell for each column; notes are printed below the text of the wide one."""

    cells: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the heading is empty if the document's title describes it."""

    heading: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def tables_of(snapshot: Snapshot) -> Iterable[Table]:
    """Yield the tables of a document in reading order."""
    if snapshot.lines:
        yield _lines(snapshot)
    if snapshot.entries and snapshot.kind is DocumentKind.STATEMENT:
        yield _activity(snapshot.entries, snapshot.currency)
    elif snapshot.entries:
        yield _payments(snapshot.entries, snapshot.currency)
    if snapshot.aging is not None:
        yield _aging(snapshot.aging, snapshot.currency)


def day(on: date | None) -> str:
    """Return a date as documents print it: `Oct 7, 2026`; "" if there is none."""
    return "" if on is None else say_calendar_date(on)


def _numbers(*labels: str) -> tuple[Column, ...]:
    return tuple(Column(label, ColumnKind.NUMBER) for label in labels)


def _lines(snapshot: Snapshot) -> Table:
    has_discount = any(line.discount_minor for line in snapshot.lines)
    amount = "Credit" if snapshot.kind is DocumentKind.CREDIT_NOTE else "Amount"
    labels = ("Quantity", "Unit price", *(("Discount",) if has_discount else ()), amount)
    columns = (Column("Description", ColumnKind.WIDE), *_numbers(*labels))
    return Table(
        "",
        columns,
        tuple(_line(line, snapshot, has_discount=has_discount) for line in snapshot.lines),
    )


def _line(line: Line, snapshot: Snapshot, *, has_discount: bool) -> Row:
    # credit notes print positive amounts, from lines that are negative
    sign = -1 if snapshot.kind is DocumentKind.CREDIT_NOTE else 1

    def amount(minor: int) -> str:
        return say_money(sign * minor, snapshot.currency)

    discount = amount(-line.discount_minor) if line.discount_minor else ""
    return Row(
        (
            line.description,
            "Unlimited" if line.quantity is None else format_decimal(line.quantity, locale=LOCALE),
            amount(line.unit_minor),
            *([discount] if has_discount else []),
            amount(line.net_minor),
        ),
        tuple(note for note in (line.detail, _service_dates(line)) if note),
    )


def _service_dates(line: Line) -> str:
    first, last = day(line.service_from), day(line.service_to)
    if first and last and first != last:
        return f"Service dates: {first} to {last}"
    return f"Service date: {first or last}" if first or last else ""


def _payments(entries: tuple[Entry, ...], currency: str) -> Table:
    return Table(
        "Payments",
        (
            Column("Date", ColumnKind.DATE),
            Column("Method", ColumnKind.WIDE),
            Column("Reference", ColumnKind.TEXT),
            *_numbers("Amount"),
        ),
        tuple(
            Row((day(each.on), each.what, each.number, say_money(each.amount_minor, currency)))
            for each in entries
        ),
    )


def _activity(entries: tuple[Entry, ...], currency: str) -> Table:
    return Table(
        "Activity",
        (
            Column("Date", ColumnKind.DATE),
            Column("Description", ColumnKind.WIDE),
            Column("Reference", ColumnKind.TEXT),
            *_numbers("Amount", "Balance"),
        ),
        tuple(
            Row(
                (
                    day(each.on),
                    each.what,
                    each.number,
                    say_money(each.amount_minor, currency),
                    "" if each.open_minor is None else say_money(each.open_minor, currency),
                )
            )
            for each in entries
        ),
    )


def _aging(aging: Aging, currency: str) -> Table:
    amounts = {
        "Not yet due": aging.current_minor,
        "1 to 30 days": aging.days_1_to_30_minor,
        "31 to 60 days": aging.days_31_to_60_minor,
        "61 to 90 days": aging.days_61_to_90_minor,
        "Over 90 days": aging.over_90_days_minor,
    }
    if aging.credit_minor:
        amounts["Unapplied credit"] = aging.credit_minor
    cells = tuple(say_money(minor, currency) for minor in amounts.values())
    return Table("Balance by days past due", _numbers(*amounts), (Row(cells),))
