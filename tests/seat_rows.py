"""Pools with assigned seats, as rows, for tests of pages and tables that only read."""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.grants import Grant, OfferKind, Scope
from lms.models.organizations import Organization
from lms.models.playback import WatchRecord
from lms.models.recordings import Recording
from lms.models.seats import (
    Assignment,
    AssignmentEnd,
    AssignmentState,
    Pool,
    Seat,
    SeatState,
)
from tests.clock import NOW

MONTH = timedelta(days=30)


def add_pool(
    session: Session,
    organization: Organization | int,
    webinar: Webinar | int | None = None,
    *,
    seats: int | None = 10,
    ends_at: datetime | None = None,
) -> Pool:
    """Add a pool for one webinar or for everything, whose seats were sold a month ago."""
    webinar_id = webinar.id if isinstance(webinar, Webinar) else webinar
    scope = Scope.EVERYTHING if webinar_id is None else Scope.WEBINAR
    pool = Pool(
        organization_id=organization if isinstance(organization, int) else organization.id,
        scope=scope,
        webinar_id=webinar_id,
        is_permanent=ends_at is None,
        capacity=seats,
        created_at=NOW - MONTH,
    )
    session.add(pool)
    session.flush()
    grant = Grant(
        pool_id=pool.id,
        kind=OfferKind.GROUP_SEATS if ends_at is None else OfferKind.CONTRACT,
        seats=seats,
        scope=scope,
        webinar_id=webinar_id,
        starts_at=NOW - MONTH,
        ends_at=ends_at,
        grace_until=ends_at + timedelta(days=14) if ends_at else None,
        created_at=NOW - MONTH,
    )
    session.add(grant)
    session.flush()
    return pool


def seat(session: Session, pool: Pool, login: Login | int | None = None, email: str = "") -> Seat:
    """Assign a seat: a login claims it, an address alone is invited."""
    made = Seat(pool_id=pool.id, state=SeatState.TAKEN, created_at=NOW)
    session.add(made)
    session.flush()
    login_id = login.id if isinstance(login, Login) else login
    session.add(
        Assignment(
            seat_id=made.id,
            pool_id=pool.id,
            login_id=login_id,
            email=email or None,
            email_key=email or None,
            state=AssignmentState.CLAIMED if login_id else AssignmentState.INVITED,
            created_at=NOW,
            notified_at=NOW,
            claimed_at=NOW if login_id else None,
            expires_at=None if login_id else NOW + timedelta(days=14),
        )
    )
    session.execute(
        update(Pool)
        .where(Pool.id == pool.id)
        .values(used=Pool.used + 1)
        .execution_options(synchronize_session="auto")
    )
    session.flush()
    return made


def let_go(session: Session, freed: Seat, *, opens_at: datetime | None) -> None:
    """Release a seat early: it stays locked until it opens or staff approve."""
    session.execute(
        update(Assignment)
        .where(Assignment.seat_id == freed.id)
        .values(state=AssignmentState.RELEASED, ended_at=NOW, ended_as=AssignmentEnd.REMOVED)
        .execution_options(synchronize_session="auto")
    )
    freed.state, freed.opens_at = SeatState.LOCKED, opens_at
    session.flush()


def watched(session: Session, login_id: int, recording_id: int, share: float) -> None:
    """Record that a person watched a share of a recording."""
    seconds = session.get_one(Recording, recording_id).seconds or 0
    session.add(
        WatchRecord(
            login_id=login_id,
            recording_id=recording_id,
            buckets=b"",
            watched_s=round(share * seconds),
            position_s=0,
            earned_until=NOW,
            updated_at=NOW,
        )
    )
    session.flush()
