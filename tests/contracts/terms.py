"""Contracts for tests: an organisation with a year of seats, its people, and those who manage it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from lms import contracts
from lms.contracts import Renewal, Renewed
from lms.db import Database
from lms.desk import NewRequest, ask
from lms.links import Office
from lms.models.holdings import Grant
from lms.models.mail import Mail
from lms.models.organisations import Organisation, Role
from lms.models.requests import RequestKind
from lms.passes import Term
from tests.clock import NOW
from tests.factories import make_login, make_membership
from tests.seats.places import DOORS, Home, make_home

DAY = timedelta(days=1)
END = NOW + 100 * DAY
TERM = Term(NOW - 265 * DAY, END)
OFFICE = Office(DOORS, ZoneInfo("America/New_York"))


@dataclass(frozen=True, slots=True)
class Contract:
    """An organisation's contract and who manages it."""

    home: Home
    manager_id: int
    manager: str

    @property
    def pool_id(self) -> int:
        return self.home.pool_id


def make_contract(database: Database, seats: int | None = 4, term: Term = TERM) -> Contract:
    """A contract of so many seats that ends in 100 days, and one manager."""
    home = make_home(database, seats, term)
    with database.transaction() as session:
        organisation = session.get_one(Organisation, home.organisation_id)
        manager = make_login(session)
        make_membership(session, organisation, manager, role=Role.MANAGER)
        assert manager.email is not None
        return Contract(home, manager.id, manager.email)


def renewed(
    database: Database, pool_id: int, seats: int | None, *, at: datetime, ends_at: datetime
) -> Renewed:
    """Renew a pool in a transaction of its own."""
    with database.transaction() as session:
        renewal = Renewal(seats, ends_at)
        return contracts.renew(session, pool_id, renewal, actor=None, now=at)


def asked(
    database: Database,
    pool_id: int,
    *,
    at: datetime,
    kind: RequestKind = RequestKind.CONTRACT,
) -> str:
    """Lay a request about a pool on the desk."""
    new = NewRequest(kind=kind, name="Pat", email="pat@example.org", pool_id=pool_id)
    with database.transaction() as session:
        return ask(session, new, office=OFFICE, actor=None, now=at).public_id


def grace_of(database: Database, pool_id: int) -> list[datetime | None]:
    """Until when each grant of a pool has grace."""
    with database.read_session() as session:
        return list(
            session.scalars(
                select(Grant.grace_until).where(Grant.pool_id == pool_id).order_by(Grant.id)
            )
        )


def letters(database: Database, kind: str | None = None) -> list[tuple[str, str]]:
    """The letters that were written, as (kind, recipient), in order."""
    with database.read_session() as session:
        query = select(Mail.kind, Mail.recipient).order_by(Mail.id)
        if kind is not None:
            query = query.where(Mail.kind == kind)
        return [(row.kind, row.recipient) for row in session.execute(query)]
