"""Training for everyone and for groups reaches people who come later, and repeats."""

from collections import Counter
from datetime import date, datetime, timedelta

from sqlalchemy import event, func, insert, select, update

from lms.core.database import Database
from lms.core.model_base import new_public_id
from lms.models.accounts import Login
from lms.models.grants import Grant, Withdrawal
from lms.models.live import Attendance
from lms.models.mail import Mail
from lms.models.organizations import Organization, Role
from lms.models.playback import PlaybackSession, WatchRecord
from lms.models.seats import Pool
from lms.models.training import Trainee, Training, TrainingGroup
from lms.organizations import supervised_groups
from lms.training import assignments
from lms.training.groups import make_group
from lms.training.later_trainees import begin_round, reach_later
from lms.training.manager_read_models import read_training
from lms.training.reminders import announce_training, remind_trainees, tell_supervisors
from lms.training.trainee_read_models import list_own
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_login, make_membership
from tests.seat_rows import seat
from tests.training.conftest import TODAY, ZONE, Assign, Elm, look_at_all, watched
from tests.training.test_assignments import leave
from tests.training.test_reminders import OFFICE

DAY = timedelta(days=1)


def reach(database: Database, now: datetime = NOW) -> None:
    last: int | None = 0
    while last is not None:
        with database.transaction() as session:
            last = reach_later(session, after=last, now=now)


def assigned_to(database: Database) -> Counter[str]:
    """Return how many trainings each person has been assigned."""
    with database.read_session() as session:
        names = select(Login.name).join(Trainee, Trainee.login_id == Login.id)
        return Counter(session.scalars(names))


def emails(database: Database, kind: str) -> Counter[str]:
    with database.read_session() as session:
        return Counter(session.scalars(select(Mail.recipient).where(Mail.kind == kind)))


def seated_later(database: Database, elm: Elm) -> None:
    """Give Dan a seat, and invite Zoe to one."""
    with database.transaction() as session:
        pool = session.get_one(Pool, elm.pool_id)
        dan = session.scalars(select(Login).where(Login.name == "Dan")).one()
        seat(session, pool, dan.id)
        seat(session, pool, email="zoe@example.org")


def test_everyone_includes_people_who_come_later_once(
    database: Database, elm: Elm, assign: Assign
) -> None:
    assign(TODAY + 20 * DAY)
    seated_later(database, elm)
    for _ in range(2):
        reach(database)
        assert assigned_to(database) == {"Alice": 1, "Bob": 1, "Mia": 1, "Dan": 1}


def test_merged_account_is_not_assigned_the_training_again(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    assign(TODAY + 20 * DAY)
    with database.transaction() as session:
        session.get_one(Login, cast.bob.id).merged_into = cast.dan.id
    reach(database)
    assert assigned_to(database) == {"Alice": 1, "Bob": 1, "Mia": 1}


def test_overdue_withdrawn_and_personal_training_reaches_no_one_else(
    database: Database, elm: Elm, assign: Assign
) -> None:
    assign(TODAY)
    assign(TODAY + 20 * DAY, everyone=False, addresses="alice@example.org")
    seated_later(database, elm)
    reach(database, NOW + DAY)
    assert "Dan" not in assigned_to(database)


def test_people_who_join_a_group_get_its_training(
    database: Database, elm: Elm, assign: Assign
) -> None:
    with database.transaction() as session:
        group = make_group(session, elm.facts, "Desk", "bob@example.org", actor=None, now=NOW)
    assign(TODAY + 20 * DAY, everyone=False, groups=(group,))
    seated_later(database, elm)
    reach(database)
    assert assigned_to(database) == {"Bob": 1}


def test_training_can_be_assigned_to_everyone_before_anyone_came(
    database: Database, elm: Elm, assign: Assign, cast: Cast
) -> None:
    for person in (cast.alice, cast.bob, cast.mia):
        leave(database, person.id)
    assign(TODAY + 20 * DAY)
    seated_later(database, elm)
    reach(database)
    assert assigned_to(database) == {"Dan": 1}


def test_only_managers_see_how_many_invited_people_are_awaited(
    database: Database, elm: Elm, assign: Assign
) -> None:
    training = assign(TODAY + 20 * DAY)
    with database.transaction() as session:
        make_group(session, elm.facts, "Desk", "bob@example.org", actor=None, now=NOW)
    seated_later(database, elm)
    with database.read_session() as session:
        group = session.scalars(select(TrainingGroup.id)).one()
        whole = read_training(session, elm.facts.id, training, now=NOW)
        part = read_training(session, elm.facts.id, training, now=NOW, groups=[group])
    assert (whole.awaited, part.awaited) == (1, 0)


def test_people_are_emailed_at_once_and_not_reminded_of_the_same_day(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    assign(TODAY + 10 * DAY)
    with database.transaction() as session:
        watched(session, cast.alice.id, cast.recording_id, 0.95)
    for _ in range(2):
        with database.transaction() as session:
            announce_training(session, mail_context=OFFICE, now=NOW)
            remind_trainees(session, mail_context=OFFICE, now=NOW)
    told = {"bob@example.org": 1, "mia@example.org": 1}  # Alice has already watched it
    assert emails(database, "training_assigned") == told
    assert emails(database, "training_due") == {}
    with database.read_session() as session:
        mail = session.scalars(select(Mail).where(Mail.recipient == "bob@example.org")).one()
    assert mail.subject == "Assigned to you: Reading rooms, due Thursday, March 12, 2026"
    with database.transaction() as session:
        remind_trainees(session, mail_context=OFFICE, now=NOW + 8 * DAY)
    assert emails(database, "training_due") == told


def test_overdue_people_and_their_supervisor_are_emailed_once(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    with database.transaction() as session:
        group = make_group(session, elm.facts, "Desk", "bob@example.org", actor=None, now=NOW)
        sue = make_login(session, "sue@example.org", name="Sue")
        place = session.get_one(Organization, elm.facts.id)
        make_membership(session, place, sue, role=Role.SUPERVISOR)
        supervised_groups.set_groups(session, elm.facts, sue, [group], actor=None, now=NOW)
    assign(TODAY, addresses="alice@example.org\nbob@example.org", everyone=False)
    with database.transaction() as session:
        watched(session, cast.alice.id, cast.recording_id, 0.95)

    def work(now: datetime) -> None:
        with database.transaction() as session:
            remind_trainees(session, mail_context=OFFICE, now=now)
        with database.transaction() as session:
            tell_supervisors(session, mail_context=OFFICE, now=now)

    midnight = datetime(2026, 3, 3, 5, tzinfo=NOW.tzinfo)
    work(midnight)
    assert emails(database, "training_overdue") == {}
    for hours in (9, 10, 40, 24 * 30):
        work(midnight + timedelta(hours=hours))
    assert emails(database, "training_overdue") == {"bob@example.org": 1}
    assert emails(database, "training_overdue_supervisor") == {"sue@example.org": 1}
    with database.read_session() as session:
        to_sue = session.scalars(select(Mail).where(Mail.recipient == "sue@example.org")).one()
    assert "1 person in your groups at Elm County Library" in to_sue.text
    assert "state=overdue" in to_sue.text


def begin(database: Database, now: datetime) -> bool:
    with database.transaction() as session:
        return begin_round(session, zone=ZONE, now=now)


def test_training_repeats_after_the_set_months_for_current_people(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    first = assign(date(2026, 3, 31), every_months=6)
    after = datetime(2026, 4, 2, 14, tzinfo=NOW.tzinfo)
    assert begin(database, after - timedelta(hours=2)) is False
    leave(database, cast.alice.id)
    assert [begin(database, after) for _ in range(2)] == [True, False]
    with database.read_session() as session:
        new = session.scalars(select(Training).where(Training.public_id != first)).one()
        people = session.scalar(select(func.count()).where(Trainee.training_id == new.id))
    assert (new.every_months, new.everyone, people) == (6, True, 2)
    assert new.due_at == datetime(2026, 10, 1, 4, tzinfo=NOW.tzinfo)  # the end of September 30


def test_round_started_meanwhile_by_another_worker_is_skipped(
    database: Database, elm: Elm, assign: Assign
) -> None:
    assign(date(2026, 3, 31), every_months=6)
    after = datetime(2026, 4, 2, 14, tzinfo=NOW.tzinfo)
    with database.transaction() as session:
        first = session.scalars(select(Training)).one()
        other = {
            "public_id": new_public_id(),
            "organization_id": first.organization_id,
            "title": first.title,
            "policy": "",
            "everyone": True,
            "previous_id": first.id,
            "due_at": after + 100 * DAY,
            "created_at": after,
        }
        connection = session.connection()

        others = [other]

        def start_another(*_executed: object) -> None:
            while others:
                connection.execute(insert(Training), others.pop())

        event.listen(connection, "after_cursor_execute", start_another)
        assert begin_round(session, zone=ZONE, now=after) is True
    assert last_due(database) == other["due_at"]
    assert begin(database, after) is False


def last_due(database: Database) -> datetime:
    with database.read_session() as session:
        return session.scalars(select(Training.due_at).order_by(Training.id.desc())).all()[0]


def test_monthly_training_due_on_the_31st_stays_at_the_month_end(
    database: Database, elm: Elm, assign: Assign
) -> None:
    assign(date(2026, 3, 31), every_months=1)
    begin(database, datetime(2026, 4, 2, 14, tzinfo=NOW.tzinfo))
    assert last_due(database) == datetime(2026, 5, 1, 4, tzinfo=NOW.tzinfo)  # April 30
    begin(database, datetime(2026, 5, 2, 14, tzinfo=NOW.tzinfo))
    assert last_due(database) == datetime(2026, 6, 1, 4, tzinfo=NOW.tzinfo)  # May 31


def test_rounds_follow_a_due_date_that_was_changed(
    database: Database, elm: Elm, assign: Assign
) -> None:
    made = assign(date(2026, 3, 31), every_months=1)
    with database.transaction() as session:
        fifth = datetime(2026, 4, 6, 4, tzinfo=NOW.tzinfo)  # the end of April 5
        assignments.change_due(session, elm.facts, made, fifth, actor=None, now=NOW)
    begin(database, datetime(2026, 4, 7, 14, tzinfo=NOW.tzinfo))
    assert last_due(database) == datetime(2026, 5, 6, 4, tzinfo=NOW.tzinfo)


def test_saving_the_same_due_date_does_not_move_later_rounds(
    database: Database, elm: Elm, assign: Assign
) -> None:
    assign(date(2026, 3, 31), every_months=1)
    april = datetime(2026, 4, 2, 14, tzinfo=NOW.tzinfo)
    begin(database, april)
    with database.transaction() as session:
        second = session.scalars(select(Training).order_by(Training.id.desc())).all()[0]
        assignments.change_due(
            session, elm.facts, second.public_id, second.due_at, actor=None, now=april
        )
    begin(database, datetime(2026, 5, 2, 14, tzinfo=NOW.tzinfo))
    assert last_due(database) == datetime(2026, 6, 1, 4, tzinfo=NOW.tzinfo)


def test_each_call_handles_one_training(database: Database, elm: Elm, assign: Assign) -> None:
    for _ in range(2):
        assign(date(2026, 3, 31), every_months=1)
    seated_later(database, elm)
    with database.transaction() as session:
        reach_later(session, after=0, now=NOW)
    assert assigned_to(database)["Dan"] == 1
    reach(database)
    assert assigned_to(database)["Dan"] == 2
    after = datetime(2026, 4, 2, 14, tzinfo=NOW.tzinfo)
    assert [begin(database, after) for _ in range(3)] == [True, True, False]


def test_missed_rounds_are_skipped(database: Database, elm: Elm, assign: Assign) -> None:
    assign(date(2026, 3, 31), every_months=1)
    begin(database, datetime(2026, 8, 15, tzinfo=NOW.tzinfo))
    assert last_due(database) == datetime(2026, 9, 1, 4, tzinfo=NOW.tzinfo)


def test_no_round_starts_if_the_organization_has_no_access(
    database: Database, elm: Elm, assign: Assign
) -> None:
    assign(date(2026, 3, 31), every_months=6)
    with database.transaction() as session:
        pool = session.get_one(Pool, elm.pool_id)
        session.execute(
            update(Grant)
            .where(Grant.pool_id == pool.id)
            .values(revoked_at=NOW, revoked_as=Withdrawal.REFUNDED)
        )
    assert begin(database, datetime(2026, 4, 2, 14, tzinfo=NOW.tzinfo)) is False


def test_later_round_requires_watching_again(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    assign(date(2026, 3, 31), every_months=6)
    with database.transaction() as session:
        for person in (cast.alice, cast.bob, cast.mia):
            watched(session, person.id, cast.recording_id, 0.95)
    after = datetime(2026, 4, 2, 14, tzinfo=NOW.tzinfo)
    look_at_all(database, NOW)
    begin(database, after)
    look_at_all(database, after)
    assert open_rounds(database) == {"Alice", "Bob", "Mia"}
    with database.transaction() as session:
        for person, minutes in ((cast.alice, 30), (cast.bob, 1)):
            session.add(
                PlaybackSession(
                    login_id=person.id,
                    recording_id=cast.recording_id,
                    sign_in_id=None,
                    opened_at=after,
                    expires_at=after + DAY,
                    beat_at=after + timedelta(minutes=minutes),
                )
            )
        session.execute(update(WatchRecord).values(updated_at=after + timedelta(minutes=30)))
        session.add(
            Attendance(login_id=cast.mia.id, webinar_id=cast.webinar_id, minutes=55, noted_at=after)
        )
    look_at_all(database, after + DAY)
    look_at_all(database, after + 3 * DAY)
    assert open_rounds(database) == {"Bob"}
    with database.read_session() as session:
        [own] = [
            one
            for one in list_own(session, cast.bob.id, now=after + DAY)
            if not one.webinars[0].is_completed
        ]
    assert own.webinars[0].is_begun


def open_rounds(database: Database) -> set[str]:
    with database.read_session() as session:
        return set(
            session.scalars(
                select(Login.name)
                .join(Trainee, Trainee.login_id == Login.id)
                .where(Trainee.done_at.is_(None))
            )
        )
