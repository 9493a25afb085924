"""The data export's part about subscriptions to new webinars."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CompoundSelect, func, select
from sqlalchemy.orm import Session

from lms.models.catalog import Presenter, Series
from lms.models.mail import Subscription


@dataclass(frozen=True, slots=True)
class OwnSubscription:
    """A subscription to new webinars of a presenter or series; `topic` is "" for all webinars."""

    email: str
    topic: str
    asked_at: datetime
    confirmed_at: datetime | None


def read_subscriptions(
    session: Session, addresses: CompoundSelect[str | None]
) -> tuple[OwnSubscription, ...]:
    """Return the subscriptions of a person's addresses, by their keys."""
    rows = session.execute(
        select(
            Subscription.email,
            func.coalesce(Presenter.name, Series.title, ""),
            Subscription.asked_at,
            Subscription.confirmed_at,
        )
        .select_from(Subscription)
        .outerjoin(Presenter, Presenter.id == Subscription.presenter_id)
        .outerjoin(Series, Series.id == Subscription.series_id)
        .where(Subscription.email_key.in_(addresses))
        .order_by(Subscription.id)
    )
    return tuple(OwnSubscription(*row) for row in rows)
