"""Claiming a seat: once per person, never beyond the capacity (PRODUCT.md, S4, I4)."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.core.acting_roles import ActingRole
from lms.core.database import Database
from lms.core.errors import Conflict, NotFound
from lms.grants.grants import Term
from lms.models.accounts import Login, LoginAlias
from lms.models.audit import AuditEntry
from lms.models.seats import Assignment, AssignmentState, Pool, Seat
from lms.seats.capacity import Standing
from lms.seats.claim_statements import Full
from lms.seats.claims import Already, Claimed, Closed
from tests.clock import NOW
from tests.seats.pool_fixtures import (
    DAY,
    SOON,
    YEAR,
    counts,
    invite,
    let_go,
    make_home,
    more,
    people,
    settle_at,
    states,
    take,
    take_seat,
    wait,
)


def email_of(database: Database, login_id: int) -> str:
    with database.read_session() as session:
        email = session.scalar(select(Login.email).where(Login.id == login_id))
        assert email
        return email


def test_unknown_login_cannot_claim(database: Database) -> None:
    home = make_home(database, 2)
    with pytest.raises(NotFound):
        take(database, home.pool_id, 123456)
    assert counts(database, home.pool_id) == (0, 2)


def test_available_seat_is_claimed_and_counted(database: Database) -> None:
    home = make_home(database, 2)
    [pat] = people(database, 1)
    claimed = take(database, home.pool_id, pat)
    assert isinstance(claimed, Claimed)
    assert claimed.sitter.login_id == pat
    assert counts(database, home.pool_id) == (1, 2)
    with database.read_session() as session:
        sits = session.scalars(select(Assignment)).one()
        assert (sits.state, sits.login_id, sits.claimed_at) == ("claimed", pat, NOW)
        acts = session.scalars(
            select(AuditEntry.act).where(AuditEntry.subject == claimed.seat)
        ).all()
        assert acts == ["seat.claimed"]


def test_claim_is_audited_with_the_claimants_role(database: Database) -> None:
    home = make_home(database, 2)
    [pat, mel] = people(database, 2)
    take(database, home.pool_id, pat)
    take(database.acting_as(ActingRole.STAFF), home.pool_id, mel)
    with database.read_session() as session:
        entries = select(AuditEntry.role).where(AuditEntry.act == "seat.claimed")
        assert session.scalars(entries.order_by(AuditEntry.id)).all() == [
            ActingRole.COMMAND_LINE,
            ActingRole.STAFF,
        ]


def test_claiming_again_returns_the_same_seat(database: Database) -> None:
    home = make_home(database, 2)
    [pat] = people(database, 1)
    seat = take_seat(database, home.pool_id, pat)
    assert take(database, home.pool_id, pat) == Already(seat)
    assert counts(database, home.pool_id) == (1, 2)


def test_full_pool_refuses_and_writes_nothing(database: Database) -> None:
    home = make_home(database, 1)
    pat, dan = people(database, 2)
    take(database, home.pool_id, pat)
    assert take(database, home.pool_id, dan) == Full()
    assert counts(database, home.pool_id) == (1, 1)
    with database.read_session() as session:
        assert len(session.scalars(select(Seat)).all()) == 1
        assert len(session.scalars(select(Assignment)).all()) == 1


def test_an_unlimited_pool_is_never_full(database: Database) -> None:
    home = make_home(database, None)
    for login_id in people(database, 5):
        assert isinstance(take(database, home.pool_id, login_id), Claimed)
    assert counts(database, home.pool_id) == (5, None)


def test_claim_by_an_invited_person_is_counted_once(database: Database) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    seat = invite(database, home.pool_id, email_of(database, pat))
    assert counts(database, home.pool_id) == (1, 1)
    assert take_seat(database, home.pool_id, pat) == seat
    assert counts(database, home.pool_id) == (1, 1)
    with database.read_session() as session:
        sits = session.scalars(select(Assignment)).one()
        assert (sits.login_id, sits.claimed_at, sits.expires_at) == (pat, NOW, None)


def test_offer_is_claimed_like_an_invitation(database: Database) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    email = email_of(database, pat)
    seat = invite(database, home.pool_id, email, state=AssignmentState.OFFERED)
    assert take_seat(database, home.pool_id, pat) == seat


def test_invitation_to_a_merged_logins_address_belongs_to_the_person(database: Database) -> None:
    home = make_home(database, 1)
    pat, old = people(database, 2)
    with database.transaction() as session:
        session.execute(update(Login).where(Login.id == old).values(merged_into=pat))
    seat = invite(database, home.pool_id, email_of(database, old))
    assert take_seat(database, home.pool_id, pat) == seat
    assert take(database, home.pool_id, old) == Already(seat)


def test_invitation_to_another_address_belongs_to_the_person(database: Database) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    with database.transaction() as session:
        session.add(
            LoginAlias(
                login_id=pat, email="p@elm.example", email_key="p@elm.example", created_at=NOW
            )
        )
    seat = invite(database, home.pool_id, "p@elm.example")
    assert take_seat(database, home.pool_id, pat) == seat


def test_merged_account_claims_for_the_person_it_was_merged_into(database: Database) -> None:
    home = make_home(database, 1)
    pat, old = people(database, 2)
    with database.transaction() as session:
        session.execute(update(Login).where(Login.id == old).values(merged_into=pat))
    take(database, home.pool_id, old)
    assert states(database, home.pool_id) == {pat: AssignmentState.CLAIMED}


def test_second_invitation_of_one_person_is_released(database: Database) -> None:
    home = make_home(database, 2)
    pat, old = people(database, 2)
    with database.transaction() as session:
        session.execute(update(Login).where(Login.id == old).values(merged_into=pat))
    first = invite(database, home.pool_id, email_of(database, pat))
    invite(database, home.pool_id, email_of(database, old))
    assert take_seat(database, home.pool_id, pat) == first
    assert counts(database, home.pool_id) == (1, 2)


def test_expired_invitation_claims_an_available_seat(database: Database) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    seat = invite(database, home.pool_id, email_of(database, pat))
    assert take_seat(database, home.pool_id, pat, SOON) == seat
    assert counts(database, home.pool_id) == (1, 1)


def test_expired_invitation_yields_to_the_waitlist(database: Database) -> None:
    home = make_home(database, 1)
    pat, dan = people(database, 2)
    invite(database, home.pool_id, email_of(database, pat))
    wait(database, home.pool_id, dan)
    assert take(database, home.pool_id, pat, SOON) == Full()
    assert states(database, home.pool_id)[dan] is AssignmentState.OFFERED


def test_future_contract_accepts_claims(database: Database) -> None:
    home = make_home(database, 1, Term(NOW + DAY, NOW + 30 * DAY))
    [pat] = people(database, 1)
    assert isinstance(take(database, home.pool_id, pat), Claimed)


def test_grace_period_accepts_no_new_claims(database: Database) -> None:
    home = make_home(database, 2, YEAR)
    pat, dan = people(database, 2)
    seat = take_seat(database, home.pool_id, pat)
    in_grace = NOW + 356 * DAY
    assert take(database, home.pool_id, dan, in_grace) == Closed(Standing.GRACE)
    assert take(database, home.pool_id, pat, in_grace) == Already(seat)


def test_lapsed_pool_accepts_no_claims(database: Database) -> None:
    home = make_home(database, 2, YEAR)
    [pat] = people(database, 1)
    assert take(database, home.pool_id, pat, NOW + 380 * DAY) == Closed(Standing.LAPSED)


def test_frozen_person_regains_their_seat_once_one_is_available(database: Database) -> None:
    home = make_home(database, 2, YEAR)
    pat, dan = people(database, 2)
    seat = take_seat(database, home.pool_id, pat)
    take(database, home.pool_id, dan, NOW + timedelta(hours=1))
    lapsed = NOW + 380 * DAY
    settle_at(database, home.pool_id, lapsed)
    renew = Term(lapsed, lapsed + 30 * DAY)
    more(database, home, 1, renew, at=lapsed)
    assert states(database, home.pool_id) == {
        pat: AssignmentState.FROZEN,
        dan: AssignmentState.CLAIMED,
    }
    assert take(database, home.pool_id, pat, lapsed) == Full()
    with database.read_session() as session:
        dans = session.scalars(
            select(Seat.public_id).join(Assignment).where(Assignment.login_id == dan)
        ).one()
    let_go(database, dans, lapsed)
    assert take_seat(database, home.pool_id, pat, lapsed) == seat
    assert counts(database, home.pool_id) == (1, 1)


def test_released_seat_is_claimed_next(database: Database) -> None:
    home = make_home(database, 2)
    pat, dan = people(database, 2)
    seat = take_seat(database, home.pool_id, pat)
    let_go(database, seat)
    assert take_seat(database, home.pool_id, dan) == seat
    assert counts(database, home.pool_id) == (1, 2)


def test_database_limits_a_pool_to_its_capacity(database: Database) -> None:
    home = make_home(database, 1)
    with pytest.raises(Exception, match="not_oversold"), database.transaction() as session:
        session.execute(update(Pool).where(Pool.id == home.pool_id).values(used=2))


def test_invitation_to_an_unconfirmed_address_is_unchanged(
    database: Database,
) -> None:
    home = make_home(database, 2)
    [pat] = people(database, 1)
    with database.transaction() as session:
        session.execute(update(Login).where(Login.id == pat).values(confirmed_at=None))
    invite(database, home.pool_id, email_of(database, pat))
    with pytest.raises(Conflict):
        take(database, home.pool_id, pat)
    assert counts(database, home.pool_id) == (1, 2)


def test_one_of_two_frozen_seats_of_a_person_returns(database: Database) -> None:
    home = make_home(database, 3, YEAR)
    pat, old, dan = people(database, 3)
    take_seat(database, home.pool_id, pat)
    take_seat(database, home.pool_id, old)
    seat = take_seat(database, home.pool_id, dan, NOW + DAY)
    late = NOW + 380 * DAY
    settle_at(database, home.pool_id, late)
    more(database, home, 1, Term(late, late + 30 * DAY), at=late)
    with database.transaction() as session:
        session.execute(update(Login).where(Login.id == old).values(merged_into=pat))
    let_go(database, seat, late)
    assert isinstance(take(database, home.pool_id, pat, late), Claimed)
    assert counts(database, home.pool_id) == (1, 1)
