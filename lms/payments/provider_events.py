"""Provider events: the inbox of the card provider's events; a job processes each (MONEY.md, M5)."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy import update as updating
from sqlalchemy.orm import Session

from lms.core.database import insert_into
from lms.core.errors import N_, Refused
from lms.jobs.queue import enqueue, retry_failed
from lms.models.jobs import Lane
from lms.models.payments import ProviderEvent
from lms.payments.provider import Event, Provider

FOLD: Final = "checkouts.fold"
OTHER_ACCOUNT: Final = N_(
    "This event belongs to another account, or to the other mode (live or test)."
)
NOT_READABLE: Final = N_(
    "The card provider sent an event that we can't read, so it changed nothing. Compare recent payments with "
    "the provider's dashboard."
)
FAILS: Final = N_(
    "We can't process an event from the card provider. We try again every hour for three days after it "
    "arrives, and then only when you retry it here. Compare recent payments with the provider's dashboard."
)
FAILED_TRIED_FOR: Final = timedelta(days=3)
LISTED_AGAIN: Final = timedelta(days=1)
KEPT_BY_PROVIDER: Final = timedelta(days=30)


class WrongAccount(Refused):
    """An event of another account, or of the other mode."""

    code = "wrong_account"


def store(session: Session, provider: Provider, event: Event, *, now: datetime) -> bool:
    """Store an event, and queue the job that processes it; return whether it was new.

    Raises WrongAccount.
    """
    if event.livemode is not provider.livemode or event.account:
        raise WrongAccount(OTHER_ACCOUNT)
    put = insert_into(session, ProviderEvent).values(
        provider=provider.name,
        event_id=event.id,
        kind=event.kind,
        object_id=event.object_id,
        livemode=event.livemode,
        received_at=now,
    )
    stored = session.scalar(put.on_conflict_do_nothing().returning(ProviderEvent.event_id))
    if stored is None:
        return False
    _queue(session, event.id, now=now, unique_key=f"{FOLD}:{event.id}")
    return True


def object_of(session: Session, provider: str, event_id: str) -> str | None:
    """Return the ID of an event's object; None if the event was processed or is unknown."""
    return session.scalar(
        select(ProviderEvent.object_id).where(
            ProviderEvent.provider == provider,
            ProviderEvent.event_id == event_id,
            ProviderEvent.processed_at.is_(None),
        )
    )


def mark_processed(session: Session, provider: str, event_id: str, *, now: datetime) -> None:
    """Mark an event as processed, in the transaction that processed it."""
    _mark(session, provider, event_id, processed_at=now, error=None)


def mark_failed(session: Session, provider: str, event_id: str, error: str) -> None:
    """Record why an event couldn't be processed, in its own transaction."""
    _mark(session, provider, event_id, error=error)


def mark_unreadable(session: Session, provider: str, event_id: str, *, now: datetime) -> None:
    """Record that an event can't be read; it isn't tried again."""
    _mark(session, provider, event_id, processed_at=now, error=NOT_READABLE)


def fold_again(session: Session, provider: str, *, before: datetime, now: datetime) -> None:
    """Queue unprocessed events received before that time again, at most once an hour.

    Those that failed are tried for three days. Then their job stays among those that failed, where our
    team can retry it.
    """
    missed = session.execute(
        select(ProviderEvent.event_id, ProviderEvent.error)
        .where(
            ProviderEvent.provider == provider,
            ProviderEvent.processed_at.is_(None),
            ProviderEvent.received_at < before,
            or_(ProviderEvent.error.is_(None), ProviderEvent.received_at > now - FAILED_TRIED_FOR),
        )
        .order_by(ProviderEvent.received_at, ProviderEvent.event_id)
    ).all()
    for event_id, error in missed:
        first = f"{FOLD}:{event_id}"
        if error is None:
            _queue(session, event_id, now=now, unique_key=f"{first}:{now:%Y%m%d%H}")
        else:
            retry_failed(session, first, now=now)


def listed_since(session: Session, provider: str, *, now: datetime) -> datetime:
    """Return the time from which to request events: a day before the latest one received."""
    newest = session.scalar(
        select(func.max(ProviderEvent.received_at)).where(ProviderEvent.provider == provider)
    )
    return max(now - KEPT_BY_PROVIDER, (newest or now - KEPT_BY_PROVIDER) - LISTED_AGAIN)


def _queue(session: Session, event_id: str, *, now: datetime, unique_key: str) -> None:
    enqueue(
        session,
        kind=FOLD,
        lane=Lane.PROMPT,
        subject="",  # subjects are our own IDs only
        payload={"event": event_id},
        now=now,
        unique_key=unique_key,
    )


def _mark(session: Session, provider: str, event_id: str, **values: object) -> None:
    session.execute(
        updating(ProviderEvent)
        .where(ProviderEvent.provider == provider, ProviderEvent.event_id == event_id)
        .values(**values)
    )
