"""Document numbers: consecutive in the order of issue, without gaps or duplicates (MONEY.md, M3).

The row of a series is locked from here until the commit, so a document is numbered after every
other lock was taken, and several are numbered in the order of `DocumentKind`.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.core.database import insert_into
from lms.models.documents import DocumentKind, NumberSeries
from lms.seller.settings import SellerSettings

IMPORTED: Final = "imported"  # the series of invoices that another system issued


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a series, and its printed form."""

    series: str
    number: int
    label: str


def next_number(
    session: Session, seller: SellerSettings, kind: DocumentKind, *, year: int, livemode: bool
) -> Number:
    """Return the next number of a kind's series for that year; a rollback frees it again."""
    series = f"{kind}-{year}" if livemode else f"test-{kind}-{year}"
    number = _take(session, series, first=seller.first_number(kind))
    prefix = seller.prefix(kind) if livemode else f"TEST-{seller.prefix(kind)}"
    return Number(series, number, f"{prefix}{year}-{number:04d}")


def imported_number(session: Session, label: str) -> Number:
    """Return the next number of the imported invoices, printed with its old number."""
    return Number(IMPORTED, _take(session, IMPORTED, first=1), label)


def _take(session: Session, series: str, *, first: int) -> int:
    number = _next(session, series)
    if number is None:  # first of its year; under concurrency one insert succeeds
        begin = insert_into(session, NumberSeries).values(series=series, next=first)
        session.execute(begin.on_conflict_do_nothing())
        number = _next(session, series)
    assert number is not None  # noqa: S101  (it was just inserted)
    return number


def _next(session: Session, series: str) -> int | None:
    return session.scalar(
        update(NumberSeries)
        .where(NumberSeries.series == series)
        .values(next=NumberSeries.next + 1)
        .returning(NumberSeries.next - 1)
    )
