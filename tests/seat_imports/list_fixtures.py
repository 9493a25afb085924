"""Staff lists for tests, and the pools they are for."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from lms.core.database import Database
from lms.grants.grants import Target, Term
from lms.models.grants import OfferKind, Scope
from lms.models.seats import Assignment, Seat
from lms.seat_imports.read_models import rows_of
from lms.seats.pools import NewPoolGrant, PoolFacts, find_pool, sell_seats
from tests.clock import NOW
from tests.factories import make_organization

YEAR = Term(NOW - timedelta(days=10), NOW + timedelta(days=355))


def a_pool(database: Database, seats: int | None = 5, *, term: Term = YEAR) -> PoolFacts:
    """Sell a new organization seats for everything."""
    with database.transaction() as session:
        organization = make_organization(session)
        new = NewPoolGrant(
            organization_id=organization.id,
            target=Target(Scope.EVERYTHING),
            seats=seats,
            term=term,
            kind=OfferKind.CONTRACT,
        )
        return sell_seats(session, new, actor=None, now=NOW)


def of(count: int, first: int = 1) -> bytes:
    """Return a list of this many people, as a file."""
    people = range(first, first + count)
    rows = "".join(f"person{number}@elm.example.org;Pat Doe {number}\n" for number in people)
    return f"E-mail;Name\n{rows}".encode()


def stored(folder: Path, data: bytes) -> Path:
    """Write a list to where an upload would be."""
    path = folder / "staff.csv"
    path.write_bytes(data)
    return path


def answers(database: Database, import_id: int) -> list[tuple[int, str]]:
    """Return the line and answer of each row."""
    with database.read_session() as session:
        page = rows_of(session, import_id, size=10_000)
    return [(row.line, row.answer.value) for row in page.items]


def invited(database: Database, pool: PoolFacts) -> list[str]:
    """Return the invited addresses of the pool, in the order of their seats."""
    with database.read_session() as session:
        found = session.scalars(
            select(Assignment.email)
            .where(Assignment.pool_id == pool.id, Assignment.ended_at.is_(None))
            .order_by(Assignment.seat_id)
        )
        return [email or "" for email in found]


def footprint(database: Database, pool: PoolFacts) -> tuple[int, int, int]:
    """Return how many seats the pool counts as used, and its numbers of seats and assignments."""
    with database.read_session() as session:
        used = find_pool(session, pool.public_id).used
        seats = session.scalar(select(func.count()).where(Seat.pool_id == pool.id)) or 0
        sitting = session.scalar(select(func.count()).where(Assignment.pool_id == pool.id)) or 0
        return used, seats, sitting
