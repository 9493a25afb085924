"""Moving a library from SQLite to PostgreSQL."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from lms.access.decision_facts import load_case
from lms.access.policy import Action, decide
from lms.core.database import Database, frozen_until
from lms.core.errors import Conflict, Frozen, Moved
from lms.migrations import upgrade
from lms.models.accounts import Login
from lms.operations import database_move
from lms.operations.move_preflight import Unfit
from lms.operations.row_copy import has_rows, row_counts, sums_of
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_login

MINUTE = timedelta(minutes=1)


def moved(source: Database, target: Database) -> database_move.MovedRows:
    return database_move.move(source, target, lasts=MINUTE, now=NOW)


def test_every_row_of_every_table_is_moved(source: Database, target: Database) -> None:
    with source.snapshot() as session:
        before, sums = row_counts(session), sums_of(session)
    done = moved(source, target)
    with target.snapshot() as session:
        assert row_counts(session) == before
        assert sums_of(session) == sums
    assert min(before.values()) >= 1
    assert (done.tables, done.rows) == (len(before), sum(before.values()))


def test_access_is_the_same_after_a_move(filled: tuple[Database, Cast], target: Database) -> None:
    source, cast = filled
    people = (cast.alice, cast.bob, cast.carol, cast.dan, cast.mia, cast.ada)

    def decisions(database: Database) -> list[object]:
        with database.read_session() as session:
            cases = [
                load_case(session, login_id=one.id, webinar_id=cast.webinar_id) for one in people
            ]
        return [decide(case.login, case.webinar, Action.RECORDING, NOW) for case in cases]

    before = decisions(source)
    moved(source, target)
    assert decisions(target) == before


def test_new_rows_get_ids_after_the_moved_ones(source: Database, target: Database) -> None:
    with source.read_session() as session:
        last = session.execute(select(func.max(Login.id))).scalar_one()
    moved(source, target)
    with target.transaction() as session:
        assert make_login(session, "new@example.org").id == last + 1


def test_moved_logins_can_be_searched_by_name(source: Database, target: Database) -> None:
    moved(source, target)
    with target.read_session() as session:
        found = session.execute(
            text("SELECT count(*) FROM login_search WHERE words LIKE '%alice%'")
        ).scalar_one()
    assert found == 1


def test_foreign_keys_hold_after_a_move(source: Database, target: Database) -> None:
    def keys() -> int:
        query = text("SELECT count(*) FROM pg_constraint WHERE contype = 'f'")
        with target.read_session() as session:
            return int(session.execute(query).scalar_one())

    upgrade(target)
    before = keys()
    moved(source, target)
    assert keys() == before


def test_moved_database_refuses_writes(source: Database, target: Database) -> None:
    moved(source, target)
    with pytest.raises(Moved), source.transaction():
        pass
    with pytest.raises(Moved), source.driver():
        pass


def test_frozen_database_can_be_read_and_not_written(source: Database) -> None:
    source.set_freeze_mark(frozen_until(NOW + 4 * MINUTE))
    with source.read_session() as session:
        assert has_rows(session)
    with pytest.raises(Frozen) as refused, source.transaction():
        pass
    assert 4 * 60 <= refused.value.wait_s(NOW) <= 5 * 60


def test_freeze_survives_a_restart_and_ends_with_abort(source: Database) -> None:
    source.set_freeze_mark(frozen_until(NOW))
    again = Database(source.url)
    with pytest.raises(Frozen), again.transaction():
        pass
    assert database_move.abort(again)
    with again.transaction():
        pass
    assert not database_move.abort(again)
    again.dispose()


def test_failed_move_leaves_the_target_empty_and_the_source_usable(
    source: Database, target: Database
) -> None:
    class Killed(BaseException):
        pass

    def tell(_so_far: object) -> None:
        raise Killed

    with pytest.raises(Killed):
        database_move.move(source, target, lasts=MINUTE, now=NOW, tell=tell)
    with target.read_session() as session:
        assert not has_rows(session)
    with source.transaction():
        pass
    assert moved(source, target).rows


def test_move_killed_after_its_commit_is_finished_by_a_second_run(
    source: Database, target: Database
) -> None:
    first = moved(source, target)
    source.set_freeze_mark(frozen_until(NOW))  # as before the last step
    assert moved(source, target) == first
    with pytest.raises(Moved):
        database_move.abort(source)


def test_target_with_other_rows_is_refused_and_the_source_stays_usable(
    source: Database, target: Database
) -> None:
    upgrade(target)
    with target.transaction() as session:
        make_login(session, "other@example.org")
    with pytest.raises(Conflict):
        moved(source, target)
    with source.transaction():
        pass


def test_preflight_lists_values_refused_by_postgresql(source: Database, target: Database) -> None:
    with source.transaction() as session:
        session.connection().exec_driver_sql(
            "UPDATE job SET kind = ?, failure = ?, priority = ?, tries = ?",
            ("x" * 61, "a\0b", 3_000_000_000, 2.5),
        )
    found = database_move.preflight(source, target)
    assert {(one.table, one.column, one.why) for one in found.unfit} == {
        ("job", "kind", Unfit.TOO_LONG),
        ("job", "failure", Unfit.HAS_NUL),
        ("job", "priority", Unfit.OUT_OF_RANGE),
        ("job", "tries", Unfit.NOT_A_NUMBER),
    }
    with source.transaction():
        pass


def test_preflight_lists_nothing_of_a_sound_library(source: Database, target: Database) -> None:
    found = database_move.preflight(source, target)
    assert (found.unfit, found.lasts) == ((), MINUTE)


def test_postgresql_cannot_be_moved(target: Database) -> None:
    with pytest.raises(Conflict):
        database_move.preflight(target, target)
