"""A pool's stored count matches its rows after any sequence of actions."""

from contextlib import suppress
from datetime import datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select
from sqlalchemy.exc import NoResultFound

from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.errors import Refused
from lms.grants.grants import Term
from lms.models.grants import Withdrawal
from lms.models.organizations import Organization
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, Pool, Seat, SeatState
from lms.seats import allotments, claims, invitations, pools
from lms.seats.invitations import Invitee
from lms.seats.release_undo import restore
from lms.seats.seat_counts import COUNTED
from lms.seats.waitlist import join
from tests.clock import NOW
from tests.factories import make_organization
from tests.seats.pool_fixtures import (
    DAY,
    LINKS,
    Home,
    by_link,
    counts,
    make_home,
    more,
    newest_token,
    people,
    settle_at,
    take,
)
from tests.seats.test_claims import email_of

PEOPLE = 7
numbers = st.integers(0, PEOPLE - 1)


class PoolLife(RuleBasedStateMachine):
    """A parent's and a child's pool, with people who join, leave, wait, and are removed."""

    database: Database

    @initialize(size=st.integers(1, 4), dated=st.booleans())
    def begin(self, size: int, dated: bool) -> None:
        self.now = NOW
        term = Term(NOW - DAY, NOW + 60 * DAY) if dated else Term(NOW - DAY)
        self.dated = dated
        self.home: Home = make_home(self.database, size, term)
        self.crowd = people(self.database, PEOPLE)
        self.pools = [self.home.pool_id]
        with self.database.transaction() as session:
            child = make_organization(session)
            session.get_one(Organization, child.id).parent_id = self.home.organization_id
            self.child_id = child.id

    @rule(who=numbers, where=st.integers(0, 1))
    def claim(self, who: int, where: int) -> None:
        take(self.database, self.pools[where % len(self.pools)], self.crowd[who], self.now)

    @rule(who=numbers)
    def invite(self, who: int) -> None:
        email = read_address(email_of(self.database, self.crowd[who]))
        with suppress(Refused), self.database.transaction() as session:
            invitations.invite(
                session, self.pools[-1], [Invitee(email)], links=LINKS, actor=None, now=self.now
            )

    @rule(who=numbers)
    def follow_the_newest_link(self, who: int) -> None:
        with suppress(Refused, NoResultFound):  # there is no email before anyone was invited
            by_link(self.database, newest_token(self.database), self.crowd[who], self.now)

    @rule(which=st.integers(0, 30), undo=st.booleans())
    def release(self, which: int, undo: bool) -> None:
        found = self.seats()
        if not found:
            return
        seat = found[which % len(found)]
        with suppress(Refused), self.database.transaction() as session:
            claims.release(
                session, seat, AssignmentEnd.REMOVED, links=LINKS, actor=None, now=self.now
            )
        if undo:
            with suppress(Refused), self.database.transaction() as session:
                restore(session, seat, actor=None, now=self.now)

    @rule(which=st.integers(0, 30))
    def approve(self, which: int) -> None:
        found = self.seats()
        if found:
            with suppress(Refused), self.database.transaction() as session:
                seat = found[which % len(found)]
                claims.approve_refill(session, seat, actor=None, now=self.now)

    @rule(who=numbers, where=st.integers(0, 1))
    def wait(self, who: int, where: int) -> None:
        pool_id = self.pools[where % len(self.pools)]
        with suppress(Refused), self.database.transaction() as session:
            join(session, pool_id, self.crowd[who], actor=None, now=self.now)

    @rule(days=st.sampled_from([1, 3, 8, 20]))
    def let_time_pass(self, days: int) -> None:
        self.now += timedelta(days=days)
        with self.database.transaction() as session:
            invitations.expire_due(session, now=self.now)
        settle_at(self.database, self.home.pool_id, self.now)

    @rule(size=st.integers(1, 3))
    def sell_more(self, size: int) -> None:
        ends_at: datetime | None = self.now + 30 * DAY if self.dated else None
        more(self.database, self.home, size, Term(self.now, ends_at), at=self.now)

    @rule(which=st.integers(0, 5))
    def refund(self, which: int) -> None:
        with self.database.read_session() as session:
            lines = pools.grants_of(session, self.home.pool_id)
        with suppress(Refused), self.database.transaction() as session:
            pools.revoke_pool_grant(
                session,
                lines[which % len(lines)].public_id,
                Withdrawal.REFUNDED,
                reason="",
                actor=None,
                now=self.now,
            )

    @rule(size=st.integers(0, 3))
    def allot(self, size: int) -> None:
        with suppress(Refused), self.database.transaction() as session:
            if len(self.pools) == 1:
                made = allotments.allot(
                    session, self.home.pool_id, self.child_id, size, actor=None, now=self.now
                )
                self.pools.append(made.id)
            else:
                allotments.change(session, self.pools[1], size, actor=None, now=self.now)

    @invariant()
    def the_count_is_what_the_rows_say(self) -> None:
        for pool_id in getattr(self, "pools", ()):
            used, capacity = counts(self.database, pool_id)
            assert capacity is None or 0 <= used <= capacity
        with self.database.read_session() as session:
            in_free_seats = (
                select(func.count(Assignment.id))
                .join(Seat)
                .where(Assignment.ended_at.is_(None), Seat.state != SeatState.TAKEN)
            )
            assert session.scalar(in_free_seats) == 0
            empty = select(func.count(Seat.id)).where(
                Seat.state == SeatState.TAKEN,
                ~select(Assignment.id)
                .where(Assignment.seat_id == Seat.id, Assignment.ended_at.is_(None))
                .exists(),
            )
            assert session.scalar(empty) == 0
            over = select(Pool.id).where(Pool.capacity.is_not(None), Pool.used > Pool.capacity)
            assert session.scalars(over).all() == []

    def seats(self) -> list[str]:
        with self.database.read_session() as session:
            return list(
                session.scalars(
                    select(Seat.public_id).where(Seat.pool_id.in_(self.pools)).order_by(Seat.id)
                )
            )


def test_pool_count_matches_its_rows_after_any_actions(database: Database) -> None:
    PoolLife.database = database
    run_state_machine_as_test(
        PoolLife,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_invited_offered_and_claimed_seats_are_counted() -> None:
    assert set(COUNTED) == {
        AssignmentState.INVITED,
        AssignmentState.OFFERED,
        AssignmentState.CLAIMED,
    }
