"""Try counts: one row for each key and window of time, so that all processes share the count."""

from datetime import datetime, timedelta

from sqlalchemy import case, delete, select
from sqlalchemy.orm import Session

from lms.core.database import insert_into
from lms.models.accounts import TryCount


def count_try(
    session: Session, key: str, *, lasts: timedelta, now: datetime
) -> tuple[int, datetime]:
    """Count one try of a key; return the tries in this window, and when it ends.

    A window starts with its first try.
    """
    is_over = TryCount.ends_at <= now
    fresh = insert_into(session, TryCount).values(key=key, tries=1, ends_at=now + lasts)
    row = session.execute(
        fresh.on_conflict_do_update(
            index_elements=[TryCount.key],
            set_={
                "tries": case((is_over, 1), else_=TryCount.tries + 1),
                "ends_at": case((is_over, fresh.excluded.ends_at), else_=TryCount.ends_at),
            },
        ).returning(TryCount.tries, TryCount.ends_at)
    ).one()
    return row.tries, row.ends_at


def read_tries(session: Session, key: str, *, now: datetime) -> tuple[int, datetime]:
    """Return the tries of a key in its window, and when that ends."""
    row = session.execute(
        select(TryCount.tries, TryCount.ends_at).where(TryCount.key == key, TryCount.ends_at > now)
    ).one_or_none()
    return (0, now) if row is None else (row.tries, row.ends_at)


def forget_tries(session: Session, keys: list[str]) -> None:
    """Reset the counts of keys."""
    session.execute(delete(TryCount).where(TryCount.key.in_(keys)))


def forget_old(session: Session, *, now: datetime) -> None:
    """Delete the counts whose windows have ended."""
    session.execute(delete(TryCount).where(TryCount.ends_at <= now))
