"""The delivery lease: one worker at a time delivers scores to a platform."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti.models.delivery_leases import Turn

LEASE: Final = timedelta(seconds=60)  # longer than the calls of one score can take
WAITS: Final = tuple(
    timedelta(seconds=seconds) for seconds in (15, 60, 300, 900, 3600, 3 * 3600, 6 * 3600)
)


def wait_after(failures: int) -> timedelta:
    """Return the wait after a number of failures: from 15 s up to 6 h."""
    return WAITS[min(max(failures, 1), len(WAITS)) - 1]


def take_turn(session: Session, registration_id: int, *, worker: str, now: datetime) -> bool:
    """Take the lease on a platform; False while another worker has it, or the platform is in an outage.

    The lease of a killed worker expires after a minute.
    """
    mine = {"leased_by": worker, "lease_until": now + LEASE}
    open_now = or_(Turn.lease_until.is_(None), Turn.lease_until <= now)
    if _change(session, registration_id, open_now, Turn.asks_at <= now, **mine):
        return True
    query = select(Turn.registration_id).where(Turn.registration_id == registration_id)
    if session.scalar(query) is not None:
        return False
    try:
        with session.begin_nested():
            new = {"registration_id": registration_id, "failures": 0, "asks_at": now}
            session.execute(insert(Turn).values(**new, **mine))
    except IntegrityError:
        return False  # another worker was faster
    return True


def hold_turn(session: Session, registration_id: int, *, worker: str, now: datetime) -> bool:
    """Extend the lease by a minute; False if it was lost, and then the worker must stop."""
    mine = Turn.leased_by == worker
    return _change(session, registration_id, mine, lease_until=now + LEASE)


def end_turn(session: Session, registration_id: int, *, worker: str) -> None:
    """Release the lease."""
    _change(session, registration_id, Turn.leased_by == worker, leased_by=None, lease_until=None)


def note_answer(session: Session, registration_id: int) -> None:
    """Record that the platform works, which ends an outage."""
    well = {"failures": 0, "failing_since": None, "failure": None}
    _change(session, registration_id, Turn.failures > 0, **well)


def note_failure(
    session: Session, registration_id: int, reason: str, *, wait: timedelta | None, now: datetime
) -> None:
    """Record a failure and when to try again: as the platform requested, or after an increasing wait."""
    row = session.get_one(Turn, registration_id, populate_existing=True, with_for_update=True)
    row.failures += 1
    row.failing_since = row.failing_since or now
    row.failure = reason
    row.asks_at = now + (wait_after(row.failures) if wait is None else wait)
    session.flush()


def _change(session: Session, registration_id: int, *conditions: Any, **values: Any) -> bool:  # noqa: ANN401
    changed = session.execute(
        update(Turn)
        .where(Turn.registration_id == registration_id, *conditions)
        .values(**values)
        .returning(Turn.registration_id)
    )
    return changed.one_or_none() is not None
