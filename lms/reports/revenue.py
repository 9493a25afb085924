"""Revenue by month and offer: amounts invoiced minus amounts credited, by document date."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.models.documents import Document, DocumentKind, DocumentLine
from lms.models.grants import OfferKind
from lms.models.orders import OrderLine


@dataclass(frozen=True, slots=True)
class MonthOfOffer:
    """The revenue of one offer in a month such as `2026-10`, in minor units; credits are negative."""

    month: str
    kind: OfferKind
    currency: str
    invoiced_minor: int
    credited_minor: int
    tax_minor: int

    @property
    def net_minor(self) -> int:
        """Return the invoiced minus the credited amount, before tax."""
        return self.invoiced_minor + self.credited_minor


def revenue(
    session: Session, *, since: datetime, until: datetime, zone: ZoneInfo
) -> tuple[MonthOfOffer, ...]:
    """Return the revenue of [since, until), by month in `zone` and by offer."""
    rows = session.execute(
        select(
            Document.issued_at,
            Document.kind.label("document"),
            Document.currency,
            OrderLine.kind,
            DocumentLine.net_minor,
            DocumentLine.tax_minor,
        )
        .join(Document, Document.id == DocumentLine.document_id)
        .join(OrderLine, OrderLine.id == DocumentLine.order_line_id)
        .where(
            Document.kind.in_((DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE)),
            Document.livemode.is_(True),
            Document.issued_at >= since,
            Document.issued_at < until,
        )
    )
    sums: dict[tuple[str, OfferKind, str], list[int]] = {}
    for row in rows:
        month = f"{row.issued_at.astimezone(zone):%Y-%m}"
        found = sums.setdefault((month, row.kind, row.currency), [0, 0, 0])
        found[row.document is DocumentKind.CREDIT_NOTE] += row.net_minor
        found[2] += row.tax_minor
    offers = list(OfferKind)
    return tuple(
        MonthOfOffer(*key, *sums[key])
        for key in sorted(sums, key=lambda each: (each[0], offers.index(each[1]), each[2]))
    )
