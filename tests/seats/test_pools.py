"""Pools: created by sales and reduced by refunds (PRODUCT.md, Words, C4, R1, R2)."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select

from lms.core.database import Database
from lms.core.errors import Conflict, NotFound
from lms.grants.grants import Target
from lms.models.audit import AuditEntry
from lms.models.grants import Grant, OfferKind, Scope, Withdrawal
from lms.models.organizations import Organization
from lms.models.playback import PlaybackSession
from lms.models.seats import AssignmentState, ClaimPolicy, Pool
from lms.seats import pools
from lms.seats.capacity import GRACE, Line, changes_of
from lms.seats.pools import NewPoolGrant
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_series
from tests.seats.pool_fixtures import (
    DAY,
    FOR_GOOD,
    YEAR,
    Home,
    counts,
    make_home,
    more,
    people,
    settle_at,
    sold,
    states,
    take_seat,
)


def grant_ids(database: Database, pool_id: int) -> list[str]:
    with database.read_session() as session:
        return [line.public_id for line in pools.grants_of(session, pool_id)]


def revoke(database: Database, grant_id: str, withdrawal: Withdrawal = Withdrawal.REFUNDED) -> None:
    with database.transaction() as session:
        pools.revoke_pool_grant(
            session, grant_id, withdrawal, reason="Bought twice", actor=None, now=NOW
        )


def playing(database: Database, cast: Cast, login_id: int) -> None:
    with database.transaction() as session:
        session.add(
            PlaybackSession(
                login_id=login_id,
                recording_id=cast.recording_id,
                sign_in_id=None,
                opened_at=NOW,
                expires_at=NOW + DAY,
                beat_at=NOW,
            )
        )


def ended(database: Database) -> list[bool]:
    with database.read_session() as session:
        return [
            at is not None
            for at in session.scalars(select(PlaybackSession.ended_at).order_by(PlaybackSession.id))
        ]


def test_seats_for_an_unknown_organization_are_refused(database: Database) -> None:
    with pytest.raises(NotFound), database.transaction() as session:
        sold(session, 12345, Target(Scope.EVERYTHING), 3, FOR_GOOD)


def test_sale_creates_a_pool_that_names_what_it_covers(database: Database) -> None:
    home = make_home(database, 3)
    with database.read_session() as session:
        found = pools.find_pool(session, home.pool.public_id)
        assert found == pools.read_pool(session, home.pool_id) == home.pool
        assert (found.capacity, found.used, found.free) == (3, 0, 3)
        assert (found.is_permanent, found.target) == (True, Target(Scope.WEBINAR, home.webinar_id))
        assert found.covers.startswith("Webinar ")
        assert pools.pools_of(session, home.organization_id) == (found,)
        acts = session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()
        assert acts == ["pool.made", "grant.made"]


def test_unknown_pool_is_not_found(database: Database) -> None:
    with database.read_session() as session:
        with pytest.raises(NotFound):
            pools.find_pool(session, "0" * 26)
        with pytest.raises(NotFound):
            pools.read_pool(session, 12345)


def test_another_sale_of_the_same_target_adds_to_the_pool(database: Database) -> None:
    home = make_home(database, 3)
    more(database, home, 2, FOR_GOOD, at=NOW)
    assert counts(database, home.pool_id) == (0, 5)
    assert len(grant_ids(database, home.pool_id)) == 2


def test_dated_and_permanent_seats_are_in_separate_pools(database: Database) -> None:
    home = make_home(database, 3)
    more(database, home, 2, YEAR, at=NOW)
    with database.read_session() as session:
        mine = pools.pools_of(session, home.organization_id)
    assert [(pool.is_permanent, pool.capacity) for pool in mine] == [(True, 3), (False, 2)]


def test_each_scope_has_its_own_pool(database: Database) -> None:
    home = make_home(database, 3)
    with database.transaction() as session:
        series = make_series(session)
        sold(session, home.organization_id, Target(Scope.SERIES, series.id), 1, YEAR)
        everything = sold(session, home.organization_id, Target(Scope.EVERYTHING), None, YEAR)
    assert (everything.capacity, everything.free, everything.covers) == (None, None, "")
    with database.read_session() as session:
        assert len(pools.pools_of(session, home.organization_id)) == 3


def test_concurrent_sales_create_one_pool(database: Database) -> None:
    home = make_home(database, 1)
    ready = Barrier(4)

    def sell() -> None:
        ready.wait()
        with database.transaction() as session:
            sold(session, home.organization_id, Target(Scope.EVERYTHING), 2, YEAR)

    sellers = [Thread(target=sell) for _ in range(4)]
    for seller in sellers:
        seller.start()
    for seller in sellers:
        seller.join()
    with database.read_session() as session:
        _, everything = pools.pools_of(session, home.organization_id)
        assert everything.capacity == 8
        assert session.scalar(select(func.count(Organization.id))) == 1


def test_only_a_dated_grant_has_fourteen_days_of_grace(
    database: Database,
) -> None:
    home = make_home(database, 3)
    dated = make_home(database, 3, YEAR)
    with database.read_session() as session:
        [line] = pools.grants_of(session, home.pool_id)
        assert (line.ends_at, line.grace_until) == (None, None)
        [line] = pools.grants_of(session, dated.pool_id)
        assert YEAR.ends_at is not None
        assert line.grace_until == YEAR.ends_at + GRACE


def test_sale_on_hold_records_since_when_until_it_is_paid(database: Database) -> None:
    home = make_home(database, 3)
    target = Target(Scope.EVERYTHING)
    with database.transaction() as session:
        new = NewPoolGrant(
            home.organization_id, target, 2, YEAR, OfferKind.CONTRACT, awaits_payment=True
        )
        pool = pools.sell_seats(session, new, actor=None, now=NOW)
        [line] = pools.grants_of(session, pool.id)
        assert line.awaits_payment_since == NOW
        for _ in range(2):
            pools.mark_pool_grant_paid(session, line.public_id, actor=None, now=NOW)
        [line] = pools.grants_of(session, pool.id)
        assert line.awaits_payment_since is None
        paid = select(func.count(AuditEntry.id)).where(AuditEntry.act == "grant.paid")
        assert session.scalar(paid) == 1


def test_refund_revokes_only_one_grant(database: Database) -> None:
    home = make_home(database, 3)
    more(database, home, 2, FOR_GOOD, at=NOW)
    first, second = grant_ids(database, home.pool_id)
    revoke(database, second)
    assert counts(database, home.pool_id) == (0, 3)
    with database.read_session() as session:
        kept = session.scalars(select(Grant).where(Grant.public_id == first)).one()
        assert kept.revoked_at is None
        gone = session.scalars(select(Grant).where(Grant.public_id == second)).one()
        assert (gone.revoked_as, gone.revoked_reason) == (Withdrawal.REFUNDED, "Bought twice")


def test_only_a_pools_grant_can_be_revoked_and_only_once(database: Database, cast: Cast) -> None:
    home = make_home(database, 3)
    [line] = grant_ids(database, home.pool_id)
    revoke(database, line)
    with pytest.raises(Conflict):
        revoke(database, line)
    with database.read_session() as session:
        alices = session.scalars(
            select(Grant.public_id).where(Grant.login_id == cast.alice.id)
        ).one()
    with pytest.raises(NotFound):
        revoke(database, alices)


def test_refund_of_the_last_grant_freezes_people_and_stops_playback(
    database: Database, cast: Cast
) -> None:
    home = make_home(database, 3)
    [pat] = people(database, 1)
    take_seat(database, home.pool_id, pat)
    playing(database, cast, pat)
    playing(database, cast, cast.alice.id)
    revoke(database, *grant_ids(database, home.pool_id))
    assert states(database, home.pool_id) == {pat: AssignmentState.FROZEN}
    assert counts(database, home.pool_id) == (0, 0)
    assert ended(database) == [True, False]


def test_refund_of_seats_in_use_takes_them_from_the_least_active(
    database: Database, cast: Cast
) -> None:
    home = make_home(database, 1)
    more(database, home, 1, FOR_GOOD, at=NOW)
    pat, dan = people(database, 2)
    take_seat(database, home.pool_id, pat, NOW - timedelta(hours=1))
    take_seat(database, home.pool_id, dan)
    playing(database, cast, pat)
    playing(database, cast, dan)
    revoke(database, grant_ids(database, home.pool_id)[1])
    assert states(database, home.pool_id) == {
        pat: AssignmentState.RELEASED,
        dan: AssignmentState.CLAIMED,
    }
    assert counts(database, home.pool_id) == (1, 1)
    assert ended(database) == [True, False]


def test_suspended_grant_keeps_its_seats_but_stops_playback(database: Database, cast: Cast) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    take_seat(database, home.pool_id, pat)
    playing(database, cast, pat)
    [line] = grant_ids(database, home.pool_id)
    with database.transaction() as session:
        for _ in range(2):
            pools.suspend_pool_grant(session, line, actor=None, now=NOW)
    assert counts(database, home.pool_id) == (1, 1)
    assert ended(database) == [True]
    with database.transaction() as session:
        for _ in range(2):
            pools.restore_pool_grant(session, line, actor=None, now=NOW)
        [facts] = pools.grants_of(session, home.pool_id)
        assert facts.suspended_at is None
        acts = select(AuditEntry.act).where(AuditEntry.subject == line).order_by(AuditEntry.id)
        assert session.scalars(acts).all() == ["grant.made", "grant.suspended", "grant.restored"]
    settle_at(database, home.pool_id, NOW)
    assert states(database, home.pool_id) == {pat: AssignmentState.CLAIMED}


def test_claim_policy_is_set_and_audited_once(database: Database) -> None:
    home = make_home(database, 1)
    with database.transaction() as session:
        for _ in range(2):
            pools.set_claim_policy(session, home.pool_id, ClaimPolicy.DOMAIN, actor=None, now=NOW)
        assert pools.read_pool(session, home.pool_id).claim_policy is ClaimPolicy.DOMAIN
        noted = select(func.count(AuditEntry.id)).where(AuditEntry.act == "pool.policy_set")
        assert session.scalar(noted) == 1


def test_times_at_which_a_pool_changes_are_in_order() -> None:
    assert changes_of([Line(1, NOW, NOW + DAY, NOW + 2 * DAY), Line(1, NOW, None, None)]) == (
        NOW,
        NOW + DAY,
        NOW + 2 * DAY,
    )


def test_sale_does_not_add_to_another_organizations_pool(database: Database) -> None:
    home = make_home(database, 1)
    other = make_home(database, 1)
    more(database, Home(other.organization_id, home.webinar_id, other.pool), 4, FOR_GOOD, at=NOW)
    assert counts(database, home.pool_id) == (0, 1)
    with database.read_session() as session:
        assert session.scalar(select(func.count(Pool.id))) == 3
