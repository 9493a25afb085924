"""Contracts for tests: an organization with a year of seats, its people, and its managers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from lms.contracts import renewals
from lms.contracts.renewals import Renewal, Renewed
from lms.core.database import Database
from lms.grants.grants import Term
from lms.mail.links import MailContext
from lms.models.grants import Grant
from lms.models.mail import Mail
from lms.models.organizations import Organization, Role
from lms.models.requests import RequestKind
from lms.requests.requests import NewRequest, ask
from tests.clock import NOW
from tests.factories import make_login, make_membership
from tests.seats.pool_fixtures import LINKS, Home, make_home

DAY = timedelta(days=1)
END = NOW + 100 * DAY
TERM = Term(NOW - 265 * DAY, END)
OFFICE = MailContext(LINKS, ZoneInfo("America/New_York"))


@dataclass(frozen=True, slots=True)
class Contract:
    """An organization's contract and who manages it."""

    home: Home
    manager_id: int
    manager: str

    @property
    def pool_id(self) -> int:
        return self.home.pool_id


def make_contract(database: Database, seats: int | None = 4, term: Term = TERM) -> Contract:
    """Create a contract with this many seats that ends in 100 days, and one manager."""
    home = make_home(database, seats, term)
    with database.transaction() as session:
        organization = session.get_one(Organization, home.organization_id)
        manager = make_login(session)
        make_membership(session, organization, manager, role=Role.MANAGER)
        assert manager.email is not None
        return Contract(home, manager.id, manager.email)


def renewed(
    database: Database, pool_id: int, seats: int | None, *, at: datetime, ends_at: datetime
) -> Renewed:
    """Renew a pool in its own transaction."""
    with database.transaction() as session:
        renewal = Renewal(seats, ends_at)
        return renewals.renew(session, pool_id, renewal, actor=None, now=at)


def asked(
    database: Database,
    pool_id: int,
    *,
    at: datetime,
    kind: RequestKind = RequestKind.CONTRACT,
) -> str:
    """Send a request about a pool."""
    new = NewRequest(kind=kind, name="Pat", email="pat@example.org", pool_id=pool_id)
    with database.transaction() as session:
        return ask(session, new, mail_context=OFFICE, actor=None, now=at).public_id


def grace_of(database: Database, pool_id: int) -> list[datetime | None]:
    """Return when the grace period of each of a pool's grants ends."""
    with database.read_session() as session:
        return list(
            session.scalars(
                select(Grant.grace_until).where(Grant.pool_id == pool_id).order_by(Grant.id)
            )
        )


def letters(database: Database, kind: str | None = None) -> list[tuple[str, str]]:
    """Return the emails that were written, as (kind, recipient), in order."""
    with database.read_session() as session:
        query = select(Mail.kind, Mail.recipient).order_by(Mail.id)
        if kind is not None:
            query = query.where(Mail.kind == kind)
        return [(row.kind, row.recipient) for row in session.execute(query)]
