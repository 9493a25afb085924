"""Training of people with several accounts that were merged into one."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.core.database import Database
from lms.models.accounts import Login
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState
from lms.models.training import Trainee
from lms.training.groups import list_groups, make_group, read_group, remove_person
from lms.training.manager_read_models import Order, State, Wanted, read_people, read_training
from lms.training.trainee_read_models import list_own
from tests.cast import Cast
from tests.clock import NOW
from tests.training.conftest import TODAY, Assign, Elm, look_at_all, watched

IN_A_MONTH = TODAY + timedelta(days=30)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def assigned(database: Database, cast: Cast, assign: Assign) -> str:
    """A training for everyone; Alice and Bob, who have seats, are merged into Dan, who has none."""
    made = assign(IN_A_MONTH)
    with database.transaction() as session:
        for one in (cast.alice, cast.bob):
            session.get_one(Login, one.id).merged_into = cast.dan.id
    return made


def states(database: Database, elm: Elm, training_id: str) -> list[State]:
    with database.read_session() as session:
        facts = read_training(session, elm.facts.id, training_id, now=LATER)
        found = read_people(session, facts.id, Wanted(), Order(), offset=0, now=LATER)
    assert found.total == facts.counts.people
    return sorted(one.state for one in found.items)


def give_up(database: Database, login_id: int) -> None:
    with database.transaction() as session:
        session.execute(
            update(Assignment)
            .where(Assignment.login_id == login_id)
            .values(state=AssignmentState.RELEASED, ended_at=NOW, ended_as=AssignmentEnd.REMOVED)
        )


def test_two_accounts_merged_into_a_third_count_once(
    database: Database, cast: Cast, elm: Elm, assigned: str
) -> None:
    assert states(database, elm, assigned) == [State.NOT_BEGUN, State.NOT_BEGUN]
    with database.read_session() as session:
        assert len(list_own(session, cast.dan.id, now=LATER)) == 1


@pytest.mark.parametrize("who", ["alice", "bob", "dan"])
def test_viewing_by_any_merged_account_counts(
    database: Database, cast: Cast, elm: Elm, assigned: str, who: str
) -> None:
    with database.transaction() as session:
        watched(session, getattr(cast, who).id, cast.recording_id, 0.95)
    look_at_all(database, LATER)
    assert states(database, elm, assigned) == [State.DONE, State.NOT_BEGUN]


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_training_applies_while_any_merged_account_has_a_seat(
    database: Database, cast: Cast, elm: Elm, assigned: str, who: str
) -> None:
    give_up(database, getattr(cast, who).id)
    assert states(database, elm, assigned) == [State.NOT_BEGUN, State.NOT_BEGUN]


def test_training_ends_once_no_merged_account_has_a_seat(
    database: Database, cast: Cast, elm: Elm, assigned: str
) -> None:
    for one in (cast.alice, cast.bob):
        give_up(database, one.id)
    assert states(database, elm, assigned) == [State.NOT_BEGUN]


def test_group_lists_people_under_their_kept_account(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    with database.transaction() as session:
        addresses = f"{cast.alice.email}\n{cast.bob.email}"
        group = make_group(session, elm.facts, "Desk", addresses, actor=None, now=NOW)
        session.get_one(Login, cast.alice.id).merged_into = cast.dan.id
    with database.read_session() as session:
        [listed] = list_groups(session, elm.facts.id)
        shown = read_group(session, elm.facts.id, group, offset=0)
    assert (listed.people, shown.total) == (2, 2)
    assert [one.login_id for one in shown.items] == [cast.bob.public_id, cast.dan.public_id]
    assign(IN_A_MONTH, everyone=False, groups=(group,))
    with database.read_session() as session:
        assert set(session.scalars(select(Trainee.login_id))) == {cast.bob.id, cast.dan.id}
    with database.transaction() as session:
        remove_person(session, elm.facts, group, cast.dan.public_id, actor=None, now=NOW)
        assert [one.people for one in list_groups(session, elm.facts.id)] == [1]
