"""Helpers that make pools and check their rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.grants.grants import Target, Term
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.grants import OfferKind, Scope
from lms.models.mail import Mail
from lms.models.playback import PlaybackEnd, PlaybackSession, WatchRecord
from lms.models.seats import (
    Assignment,
    AssignmentEnd,
    AssignmentState,
    Pool,
    Seat,
    SeatState,
    WaitingEntry,
)
from lms.seats import claim_links, claim_methods, claims, invitations, pools
from lms.seats.claim_links import LinkFacts
from lms.seats.claim_statements import Place, Seated, Sitter, seat_one
from lms.seats.claims import Claim, Released
from lms.seats.invitations import Invitee
from lms.seats.pool_reconciliation import settle
from lms.seats.pools import NewPoolGrant, PoolFacts
from lms.seats.release_undo import restore
from lms.seats.seat_counts import COUNTED
from tests.clock import NOW
from tests.factories import make_login, make_organization, make_recording, make_webinar

LINKS = Links("http://localhost")
YEAR = Term(NOW - timedelta(days=10), NOW + timedelta(days=355))
DAY = timedelta(days=1)
SOON = NOW + 14 * DAY
FOR_GOOD = Term(NOW - DAY)


@dataclass(frozen=True, slots=True)
class Home:
    """An organization, a webinar, and a pool of seats for it."""

    organization_id: int
    webinar_id: int
    pool: PoolFacts

    @property
    def pool_id(self) -> int:
        return self.pool.id


def sold(
    session: Session,
    organization_id: int,
    target: Target,
    seats: int | None,
    term: Term,
    *,
    now: datetime = NOW,
) -> PoolFacts:
    """Sell seats."""
    kind = OfferKind.GROUP_SEATS if term.ends_at is None else OfferKind.CONTRACT
    new = NewPoolGrant(organization_id, target, seats, term, kind)
    return pools.sell_seats(session, new, actor=None, now=now)


def make_home(database: Database, seats: int | None, term: Term = FOR_GOOD) -> Home:
    """Return a new organization with seats for a new webinar, permanent unless the term ends."""
    with database.transaction() as session:
        webinar = make_webinar(session)
        organization = make_organization(session)
        target = Target(Scope.WEBINAR, webinar.id)
        pool = sold(session, organization.id, target, seats, term)
        return Home(organization.id, webinar.id, pool)


def more(database: Database, home: Home, seats: int | None, term: Term, *, at: datetime) -> None:
    """Sell more seats in the same pool."""
    with database.transaction() as session:
        target = Target(Scope.WEBINAR, home.webinar_id)
        sold(session, home.organization_id, target, seats, term, now=at)


def people(database: Database, number: int) -> list[int]:
    """Return the IDs of a number of new accounts."""
    with database.transaction() as session:
        return [make_login(session).id for _ in range(number)]


def take(database: Database, pool_id: int, login_id: int, at: datetime = NOW) -> Claim:
    """Claim a seat in its own transaction."""
    with database.transaction() as session:
        return claims.claim(session, pool_id, login_id, actor=None, now=at)


def take_seat(database: Database, pool_id: int, login_id: int, at: datetime = NOW) -> str:
    """Claim a seat and return it; the claim must be new."""
    claimed = take(database, pool_id, login_id, at)
    assert isinstance(claimed, claims.Claimed)
    return claimed.seat


def let_go(
    database: Database,
    seat: str,
    at: datetime = NOW,
    reason: AssignmentEnd = AssignmentEnd.REMOVED,
) -> Released:
    """Release a seat in its own transaction."""
    with database.transaction() as session:
        return claims.release(session, seat, reason, links=LINKS, actor=None, now=at)


def play(database: Database, login_id: int, recording_id: int, at: datetime = NOW) -> None:
    """Add a playback session of a person."""
    with database.transaction() as session:
        session.add(
            PlaybackSession(
                login_id=login_id,
                recording_id=recording_id,
                sign_in_id=None,
                opened_at=at,
                expires_at=at + DAY,
                beat_at=at,
            )
        )


def endings(database: Database) -> list[tuple[datetime | None, PlaybackEnd | None]]:
    """Return when and how each playback session ended, in order of start."""
    ended = select(PlaybackSession.ended_at, PlaybackSession.ended_as).order_by(PlaybackSession.id)
    with database.read_session() as session:
        return [(row[0], row[1]) for row in session.execute(ended)]


def settle_at(database: Database, pool_id: int, at: datetime) -> int:
    """Settle a pool; return how many people were frozen."""
    with database.transaction() as session:
        return settle(session, pool_id, now=at)


def counts(database: Database, pool_id: int) -> tuple[int, int | None]:
    """Return a pool's used seats and capacity; check them against its rows."""
    with database.read_session() as session:
        row = session.execute(select(Pool.used, Pool.capacity).where(Pool.id == pool_id)).one()
        assert row.used == used_by_rows(session, pool_id)
        return row.used, row.capacity


def used_by_rows(session: Session, pool_id: int) -> int:
    """Count used seats from the rows, without product code."""
    sitting = select(func.count(Assignment.id)).where(
        Assignment.pool_id == pool_id,
        Assignment.state.in_(COUNTED),
        Assignment.ended_at.is_(None),
    )
    locked = select(func.count(Seat.id)).where(
        Seat.pool_id == pool_id, Seat.state == SeatState.LOCKED
    )
    children = select(func.coalesce(func.sum(Pool.allotted), 0)).where(
        Pool.allotted_from_id == pool_id
    )
    lapsed = session.scalar(select(Pool.capacity).where(Pool.id == pool_id)) == 0
    total = (session.scalar(sitting) or 0) + (session.scalar(locked) or 0)
    return total if lapsed else total + (session.scalar(children) or 0)


def states(database: Database, pool_id: int) -> dict[int | str | None, AssignmentState]:
    """Return the newest assignment state for each account, or address without an account."""
    with database.read_session() as session:
        rows = session.scalars(
            select(Assignment).where(Assignment.pool_id == pool_id).order_by(Assignment.id)
        )
        return {row.login_id or row.email: row.state for row in rows}


def wait(database: Database, pool_id: int, login_id: int, at: datetime = NOW) -> None:
    """Put a person on the waitlist."""
    with database.transaction() as session:
        login = session.get_one(Login, login_id)
        session.add(
            WaitingEntry(
                pool_id=pool_id,
                login_id=login_id,
                email=login.email,
                email_key=login.email_key,
                joined_at=at,
            )
        )


def invite(
    database: Database,
    pool_id: int,
    email: str,
    *,
    state: AssignmentState = AssignmentState.INVITED,
    at: datetime = NOW,
) -> str:
    """Add an address as invited or offered a seat, for 14 days."""
    with database.transaction() as session:
        sitter = Sitter(None, email, email.casefold(), "Pat")
        place = Place(state, at + 14 * DAY)
        made = seat_one(session, pool_id, sitter, place, actor=None, now=at)
        assert isinstance(made, Seated)
        return made.seat


def watched(database: Database, home: Home, login_id: int, share: float) -> int:
    """Record that a person watched a share of the webinar's recording; return its ID."""
    with database.transaction() as session:
        webinar = session.get_one(Webinar, home.webinar_id)
        recording = make_recording(session, webinar, seconds=1000.0)
        session.add(record(login_id, recording.id, share))
        return recording.id


def record(login_id: int, recording_id: int, share: float) -> WatchRecord:
    """Return the watch record of a person who saw a share of 1000 seconds."""
    buckets = round(200 * share)
    bits = (1 << buckets) - 1
    return WatchRecord(
        login_id=login_id,
        recording_id=recording_id,
        buckets=bits.to_bytes(25, "little"),
        watched_s=buckets * 5,
        position_s=0.0,
        earned_until=NOW,
        updated_at=NOW,
    )


def seat_row(database: Database, seat: str) -> Seat:
    """Read a seat."""
    with database.read_session() as session:
        return session.scalars(select(Seat).where(Seat.public_id == seat)).one()


def undo(database: Database, seat: str, at: datetime = NOW) -> None:
    """Undo a release."""
    with database.transaction() as session:
        restore(session, seat, actor=None, now=at)


def newest_token(database: Database, kind: str = "invitation") -> str:
    """Return the claim token from the newest email of a kind."""
    with database.read_session() as session:
        letter = session.scalars(
            select(Mail).where(Mail.kind == kind).order_by(Mail.id.desc()).limit(1)
        ).one()
        return letter.text.split("/claim/")[1].split()[0]


def invite_by_mail(database: Database, home: Home, email: str) -> str:
    """Invite an address and return the token in its email."""
    with database.transaction() as session:
        invitations.invite(
            session, home.pool_id, [Invitee(read_address(email))], links=LINKS, actor=None, now=NOW
        )
    return newest_token(database)


def link_facts(session: Session, token: str, *, now: datetime) -> LinkFacts:
    """Return what the page of a claim link shows."""
    return claim_links.facts_of(session, claim_links.find_link(session, token, now=now))


def by_link(database: Database, token: str, login_id: int, at: datetime = NOW) -> str:
    """Claim a seat by a link; return the name of the result."""
    with database.transaction() as session:
        found = claim_links.find_link(session, token, now=at)
        done = claim_methods.claim_by_link(
            session, found, login_id, links=LINKS, actor=None, now=at
        )
        return type(done).__name__
