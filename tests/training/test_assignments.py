"""Assigning training: who gets it, when it is due, what counts as done, and who leaves it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from lms.core.database import Database
from lms.core.errors import Conflict, Invalid, NotFound
from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarState
from lms.models.certificates import CertificateRule
from lms.models.live import Attendance
from lms.models.organizations import Membership, Role
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState
from lms.models.training import Trainee, TrainingItem
from lms.training import assignments
from lms.training.groups import add_people, list_groups, make_group, remove_person
from lms.training.manager_read_models import Order, State, Wanted, read_people, read_training
from lms.training.trainee_read_models import list_own
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_login, make_webinar
from tests.training.conftest import TODAY, ZONE, Assign, Elm, look_at_all, trainee, watched

IN_A_MONTH = TODAY + timedelta(days=30)
LATER = NOW + timedelta(hours=1)


def states(
    database: Database, elm: Elm, training_id: str, now: datetime = LATER
) -> dict[str, State]:
    with database.read_session() as session:
        facts = read_training(session, elm.facts.id, training_id, now=now)
        found = read_people(session, facts.id, Wanted(), Order(), offset=0, now=now)
    assert found.total == facts.counts.people
    return {one.name: one.state for one in found.items}


def test_everyone_means_members_and_people_with_seats(
    database: Database, elm: Elm, assign: Assign
) -> None:
    made = assign(IN_A_MONTH)
    assert states(database, elm, made) == dict.fromkeys(("Alice", "Bob", "Mia"), State.NOT_BEGUN)
    with database.read_session() as session:
        facts = read_training(session, elm.facts.id, made, now=NOW)
    # the day ends in New York, where it is daylight saving time by then
    assert facts.due_at == datetime(2026, 4, 2, 4, tzinfo=UTC)


def test_only_addresses_of_the_organization_are_accepted(
    database: Database, elm: Elm, assign: Assign
) -> None:
    made = assign(
        IN_A_MONTH, everyone=False, addresses="Alice <ALICE@example.org>; bob@example.org"
    )
    assert set(states(database, elm, made)) == {"Alice", "Bob"}
    for stranger in ("dan@example.org", "nobody@example.org", "no address"):
        with pytest.raises(Invalid) as refused:
            assign(IN_A_MONTH, everyone=False, addresses=f"alice@example.org\n{stranger}")
        assert stranger in refused.value.fields["addresses"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"everyone": False}, "everyone"),
        ({"due_on": TODAY - timedelta(days=1)}, "due_on"),
        ({"due_on": TODAY + timedelta(days=3000)}, "due_on"),
        ({"policy": "x" * 20_001}, "policy"),
    ],
)
def test_invalid_assignment_is_refused(
    assign: Assign, values: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        assign(**{"due_on": IN_A_MONTH, **values})
    assert set(refused.value.fields) == {field}


def test_upcoming_webinar_cannot_be_due_before_its_date(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        webinar.held_at = NOW + timedelta(days=10)
    with pytest.raises(Invalid) as refused:
        assign(TODAY + timedelta(days=9))
    values = {"title": "Reading rooms", "day": "Thursday, March 12, 2026"}
    assert refused.value.fields["due_on"] == assignments.HELD_LATER % values
    made = assign(TODAY + timedelta(days=10))
    early = assignments.due_at(TODAY + timedelta(days=9), ZONE, now=NOW)
    with pytest.raises(Invalid) as refused, database.transaction() as session:
        assignments.change_due(session, elm.facts, made, early, actor=None, now=NOW)
    assert set(refused.value.fields) == {"due_on"}


def test_training_is_done_when_the_certificate_is_earned(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    made = assign(IN_A_MONTH)
    with database.transaction() as session:
        watched(session, cast.alice.id, cast.recording_id, 0.5)
        watched(session, cast.bob.id, cast.recording_id, 0.92)
    look_at_all(database, LATER)
    expected = {"Alice": State.BEGUN, "Bob": State.DONE, "Mia": State.NOT_BEGUN}
    assert states(database, elm, made) == expected
    with database.transaction() as session:  # plus half of it live; PRODUCT.md adds them up
        session.add(
            Attendance(
                login_id=cast.alice.id, webinar_id=cast.webinar_id, minutes=25, noted_at=LATER
            )
        )
    look_at_all(database, LATER + timedelta(minutes=5))
    assert states(database, elm, made)["Alice"] is State.DONE


def test_webinar_without_a_certificate_can_be_completed(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    made = assign(IN_A_MONTH)
    with database.transaction() as session:
        session.add(CertificateRule(webinar_id=cast.webinar_id, is_offered=False, percent=60))
        watched(session, cast.alice.id, cast.recording_id, 0.7)
    look_at_all(database, LATER)
    assert states(database, elm, made)["Alice"] is State.DONE


def test_statement_must_be_confirmed_and_its_first_time_is_saved(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    made = assign(IN_A_MONTH, policy="Wash your hands.\nTwice.")
    with database.transaction() as session:
        watched(session, cast.alice.id, cast.recording_id, 0.95)
    look_at_all(database, LATER)
    assert states(database, elm, made)["Alice"] is State.BEGUN
    with database.transaction() as session:
        [own] = list_own(session, cast.alice.id, now=LATER)
        assert (own.is_completed, own.is_done) == (True, False)
        assignments.acknowledge(session, own.trainee_id, cast.alice.id, now=LATER)
        assignments.acknowledge(
            session, own.trainee_id, cast.alice.id, now=LATER + timedelta(days=1)
        )
        with pytest.raises(NotFound):
            assignments.acknowledge(session, own.trainee_id, cast.bob.id, now=LATER)
    assert states(database, elm, made)["Alice"] is State.DONE
    with database.read_session() as session:
        assert trainee(session, cast.alice.id).acknowledged_at == LATER


def test_person_who_confirms_first_is_done_after_watching(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    made = assign(IN_A_MONTH, policy="Read me.")
    with database.transaction() as session:
        [own] = list_own(session, cast.alice.id, now=NOW)
        assignments.acknowledge(session, own.trainee_id, cast.alice.id, now=NOW)
        watched(session, cast.alice.id, cast.recording_id, 0.95)
    assert states(database, elm, made)["Alice"] is State.NOT_BEGUN
    look_at_all(database, LATER)
    assert states(database, elm, made)["Alice"] is State.DONE


def test_unfinished_training_past_its_due_date_is_overdue(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    made = assign(TODAY)
    with database.transaction() as session:
        watched(session, cast.bob.id, cast.recording_id, 0.95)
    look_at_all(database, LATER)
    midnight = datetime(2026, 3, 3, 5, tzinfo=UTC)
    before = states(database, elm, made, midnight - timedelta(seconds=1))
    assert before["Alice"] is State.NOT_BEGUN
    assert states(database, elm, made, midnight) == {
        "Alice": State.OVERDUE,
        "Bob": State.DONE,
        "Mia": State.OVERDUE,
    }


def leave(database: Database, login_id: int) -> None:
    """End a person's seat and membership."""
    with database.transaction() as session:
        session.execute(
            update(Assignment)
            .where(Assignment.login_id == login_id)
            .values(state=AssignmentState.RELEASED, ended_at=NOW, ended_as=AssignmentEnd.REMOVED)
        )
        session.execute(delete(Membership).where(Membership.login_id == login_id))


def test_person_who_leaves_has_no_training_and_later_viewing_is_private(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    made = assign(IN_A_MONTH)
    with database.transaction() as session:
        watched(session, cast.bob.id, cast.recording_id, 0.95)
    look_at_all(database, LATER)
    leave(database, cast.alice.id)
    leave(database, cast.bob.id)
    with database.transaction() as session:
        watched(session, cast.alice.id, cast.recording_id, 0.95)
    look_at_all(database, LATER)
    assert states(database, elm, made) == {"Bob": State.DONE, "Mia": State.NOT_BEGUN}
    with database.read_session() as session:
        assert list_own(session, cast.alice.id, now=LATER) == ()
        assert trainee(session, cast.alice.id).completed_at is None


def test_person_who_left_cannot_confirm(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    made = assign(IN_A_MONTH, policy="Read me.")
    with database.transaction() as session:
        watched(session, cast.alice.id, cast.recording_id, 0.95)
        [own] = list_own(session, cast.alice.id, now=NOW)
    look_at_all(database, LATER)
    leave(database, cast.alice.id)
    with database.transaction() as session, pytest.raises(NotFound):
        assignments.acknowledge(session, own.trainee_id, cast.alice.id, now=LATER)
    assert "Alice" not in states(database, elm, made)


def test_person_who_left_is_not_listed_after_an_unrelated_merge(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    made = assign(IN_A_MONTH)
    with database.transaction() as session:  # Dan has Bob's seat and is merged into Mia
        session.execute(
            update(Assignment)
            .where(Assignment.login_id == cast.bob.id)
            .values(login_id=cast.dan.id)
        )
        session.get_one(Login, cast.dan.id).merged_into = cast.mia.id
    leave(database, cast.alice.id)
    assert set(states(database, elm, made)) == {"Mia"}


def test_merged_accounts_count_once_with_the_viewing_of_each(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    made = assign(IN_A_MONTH)
    with database.transaction() as session:
        session.get_one(Login, cast.bob.id).merged_into = cast.alice.id
        session.get_one(Login, cast.dan.id).merged_into = cast.alice.id
        watched(session, cast.dan.id, cast.recording_id, 0.95)
    look_at_all(database, LATER)
    assert states(database, elm, made) == {"Alice": State.DONE, "Mia": State.NOT_BEGUN}
    with database.read_session() as session:
        assert len(list_own(session, cast.alice.id, now=LATER)) == 1


def test_merged_account_keeps_its_assignments(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    made = assign(IN_A_MONTH, everyone=False, addresses="bob@example.org")
    with database.transaction() as session:
        session.get_one(Login, cast.bob.id).merged_into = cast.dan.id
        watched(session, cast.dan.id, cast.recording_id, 0.95)
    look_at_all(database, LATER)
    assert list(states(database, elm, made).values()) == [State.DONE]
    with database.read_session() as session:
        [own] = list_own(session, cast.dan.id, now=LATER)
        assert own.is_done


def test_person_who_joins_a_group_is_assigned_its_training(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    with database.transaction() as session:
        group = make_group(
            session, elm.facts, " Night  desk ", "alice@example.org", actor=None, now=NOW
        )
        with pytest.raises(Invalid):
            make_group(session, elm.facts, "night desk", "", actor=None, now=NOW)
    made = assign(IN_A_MONTH, everyone=False, groups=(group,))
    assert set(states(database, elm, made)) == {"Alice"}
    with database.transaction() as session:
        text = "bob@example.org, alice@example.org"
        joined = add_people(session, elm.facts, group, text, actor=None, now=NOW)
        remove_person(session, elm.facts, group, cast.alice.public_id, actor=None, now=NOW)
        [listed] = list_groups(session, elm.facts.id)
    assert joined == 1
    assert (listed.name, listed.people) == ("Night desk", 1)
    assert set(states(database, elm, made)) == {"Alice", "Bob"}


def test_withdrawn_training_is_not_listed_or_withdrawn_again(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    made = assign(IN_A_MONTH)
    with database.transaction() as session:
        assignments.withdraw(session, elm.facts, made, actor=None, now=NOW)
        assert list_own(session, cast.alice.id, now=NOW) == ()
        with pytest.raises(Conflict):
            assignments.withdraw(session, elm.facts, made, actor=None, now=NOW)
        with pytest.raises(NotFound):
            assignments.withdraw(session, elm.facts, "nothing", actor=None, now=NOW)


def test_removed_webinar_is_not_required(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    made = assign(IN_A_MONTH)
    with database.transaction() as session:
        other = make_webinar(session, "pulled")
        [item] = session.scalars(select(TrainingItem)).all()
        session.add(TrainingItem(training_id=item.training_id, webinar_id=other.id))
        other.state, other.pulled_reason = WebinarState.PULLED, "Wrong."
        watched(session, cast.alice.id, cast.recording_id, 0.95)
    look_at_all(database, LATER)
    assert states(database, elm, made)["Alice"] is State.DONE


def test_table_is_searched_filtered_and_sorted(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    with database.transaction() as session:
        for name in ("Zoe", "adam"):
            login = make_login(session, f"{name.lower()}@elm.example", name=name)
            session.add(
                Membership(
                    organization_id=elm.facts.id,
                    login_id=login.id,
                    role=Role.MEMBER,
                    created_at=NOW,
                )
            )
    made = assign(IN_A_MONTH)
    with database.transaction() as session:
        watched(session, cast.bob.id, cast.recording_id, 0.95)
    look_at_all(database, LATER)
    with database.read_session() as session:
        facts = read_training(session, elm.facts.id, made, now=LATER)

        def names(wanted: Wanted, order: Order) -> list[str]:
            found = read_people(session, facts.id, wanted, order, offset=0, now=LATER)
            return [one.name for one in found.items]

        everybody = ["adam", "Alice", "Bob", "Mia", "Zoe"]
        assert names(Wanted(), Order()) == everybody
        assert names(Wanted(), Order(descending=True)) == everybody[::-1]
        assert names(Wanted("elm zo"), Order()) == ["Zoe"]
        assert names(Wanted("100%"), Order()) == []
        assert names(Wanted(state=State.DONE), Order()) == ["Bob"]
        assert facts.counts.not_begun == 4


def test_new_due_date_applies_and_resets_reminders(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    made = assign(TODAY)
    with database.transaction() as session:
        due = assignments.due_at(TODAY + timedelta(days=7), ZONE, now=NOW)
        assignments.change_due(session, elm.facts, made, due, actor=None, now=NOW)
    tomorrow = NOW + timedelta(days=1)
    assert State.OVERDUE not in states(database, elm, made, tomorrow).values()
    with database.read_session() as session:
        assert session.scalars(select(Trainee.reminded)).all() == [None] * 3
