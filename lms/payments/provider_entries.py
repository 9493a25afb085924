"""Provider entries: the card provider's balance transactions, and the payouts they add up to.

A payout is charges less refunds, disputes and fees, with adjustments (MONEY.md, M12).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from lms.core.database import insert_into
from lms.models.payments import ProviderEntry
from lms.payments.provider import Entry

PAYOUT: Final = "payout"
LISTED_FOR: Final = timedelta(days=30)
LISTED_AGAIN: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class PayoutSum:
    """A payout and its parts, in minor units; a difference means that an entry is missing."""

    payout: str
    currency: str
    amount_minor: int
    charges_minor: int
    refunds_minor: int
    other_minor: int
    fees_minor: int

    @property
    def difference_minor(self) -> int:
        """Return the amount paid out beyond its entries; 0 if it adds up."""
        inside = self.charges_minor + self.refunds_minor + self.other_minor - self.fees_minor
        return self.amount_minor - inside


def store(session: Session, entries: Iterable[Entry], *, livemode: bool) -> None:
    """Store balance transactions; a known one gets its payout if it has one by now."""
    for one in entries:
        put = insert_into(session, ProviderEntry).values(
            id=one.id,
            kind=one.kind,
            source=one.source,
            currency=one.currency,
            amount_minor=one.amount_minor,
            fee_minor=one.fee_minor,
            net_minor=one.net_minor,
            payout=one.payout or None,
            livemode=livemode,
            created_at=one.created_at,
        )
        if one.payout:
            put = put.on_conflict_do_update(
                index_elements=[ProviderEntry.id], set_={"payout": one.payout}
            )
        else:
            put = put.on_conflict_do_nothing()
        session.execute(put)


def listed_since(session: Session, *, now: datetime) -> datetime:
    """Return the time from which to request entries: before the oldest one not yet paid out."""
    waiting = session.scalar(
        select(func.min(ProviderEntry.created_at)).where(ProviderEntry.payout.is_(None))
    )
    newest = session.scalar(select(func.max(ProviderEntry.created_at)))
    known = [one for one in (waiting, newest) if one is not None]
    return max(now - LISTED_FOR, min(known, default=now - LISTED_FOR) - LISTED_AGAIN)


def payouts(session: Session) -> tuple[PayoutSum, ...]:
    """Return the payouts in live mode, the newest first, with their parts."""

    def total(*kinds: str) -> ColumnElement[int]:
        return func.sum(case((ProviderEntry.kind.in_(kinds), ProviderEntry.amount_minor), else_=0))

    inside = ProviderEntry.kind != PAYOUT
    rows = session.execute(
        select(
            ProviderEntry.payout,
            func.max(ProviderEntry.currency).label("currency"),
            (-total(PAYOUT)).label("amount"),
            total("charge", "payment").label("charges"),
            total("refund", "payment_refund", "refund_failure").label("refunds"),
            func.sum(case((inside, ProviderEntry.amount_minor), else_=0)).label("all"),
            func.sum(case((inside, ProviderEntry.fee_minor), else_=0)).label("fees"),
        )
        .where(ProviderEntry.payout.is_not(None), ProviderEntry.livemode.is_(True))
        .group_by(ProviderEntry.payout)
        .order_by(func.max(ProviderEntry.created_at).desc(), ProviderEntry.payout)
    )
    return tuple(
        PayoutSum(
            payout=row.payout,
            currency=row.currency,
            amount_minor=int(row.amount),
            charges_minor=int(row.charges),
            refunds_minor=int(row.refunds),
            other_minor=int(row.all) - int(row.charges) - int(row.refunds),
            fees_minor=int(row.fees),
        )
        for row in rows
    )
