"""Migrations are tried on a database that holds rows, there and back."""

from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from lms.db import Database
from lms.migrations import _alone, _config
from tests.servers.databases import Databases

BEFORE_POOLS = "20261124_6_search"
BEFORE_SERIES_OF_TRAINING = "20261126_62_series_order"
# A series that was assigned, and a webinar beside a series of the same title that it is not in.
ASSIGNED = (
    "organisation (id, public_id, slug, name, created_at) VALUES (1, 'o', 'o', 'O', '2026-01-01')",
    "series (id, public_id, slug, title, description, created_at)"
    " VALUES (1, 's', 's', 'Calm', '', '2026-01-01'), (2, 't', 't', 'W', '', '2026-01-01')",
    "webinar_series (webinar_id, series_id) VALUES (1, 1)",
    "training (id, public_id, organisation_id, title, policy, due_at, created_at)"
    " VALUES (1, 'a', 1, 'Calm', '', '2026-02-01', '2026-01-01'),"
    " (2, 'b', 1, 'W', '', '2026-02-01', '2026-01-01')",
    "training_item (training_id, webinar_id) VALUES (1, 1), (2, 1)",
)
SCOPED = (
    "INSERT INTO grant_line (id, public_id, login_id, scope, webinar_id, starts_at, created_at)"
)


@pytest.fixture
def aged(made_databases: Databases, worker_id: str) -> Iterator[Database]:
    """A database as it was before there were pools, with two grants in it."""
    name = f"carrel_aged_{worker_id}"
    database = Database(made_databases.empty(name))
    _move(database, BEFORE_POOLS)
    with database.transaction() as session:
        session.execute(
            text(
                "INSERT INTO login (id, public_id, name, is_staff, created_at)"
                " VALUES (1, 'p', 'Pat', false, '2026-01-01')"
            )
        )
        session.execute(
            text(
                "INSERT INTO webinar (id, public_id, slug, title, summary, overview, agenda, state,"
                " held_at, zone, minutes, free, created_at, updated_at)"
                " VALUES (1, 'w', 'w', 'W', '', '', '', 'draft', '2026-01-01', 'UTC', 60, false,"
                " '2026-01-01', '2026-01-01')"
            )
        )
        session.execute(
            text(f"{SCOPED} VALUES (1, 'one', 1, 'webinar', 1, '2026-01-01', '2026-01-01')")
        )
        session.execute(
            text(f"{SCOPED} VALUES (2, 'all', 1, 'everything', NULL, '2026-01-01', '2026-01-01')")
        )
    yield database
    database.dispose()
    made_databases.drop(name)


def test_grants_learn_what_they_were_sold_as(aged: Database) -> None:
    _move(aged, "head")
    with aged.read_session() as session:
        kinds = session.execute(text("SELECT public_id, kind FROM grant_line ORDER BY id")).all()
    assert [tuple(row) for row in kinds] == [("one", "single"), ("all", "pass")]


def test_the_way_back_keeps_what_logins_hold(aged: Database) -> None:
    _move(aged, "head")
    with aged.transaction() as session:
        session.execute(
            text(
                "INSERT INTO organisation (id, public_id, slug, name, created_at)"
                " VALUES (1, 'o', 'o', 'O', '2026-01-01')"
            )
        )
        session.execute(
            text(
                "INSERT INTO pool (id, public_id, organisation_id, scope, is_permanent, used,"
                " claim_policy, created_at)"
                " VALUES (1, 'pool', 1, 'everything', true, 0, 'invitation', '2026-01-01')"
            )
        )
        session.execute(
            text(
                "INSERT INTO grant_line (id, public_id, pool_id, kind, scope, starts_at, created_at)"
                " VALUES (3, 'pools', 1, 'contract', 'everything', '2026-01-01', '2026-01-01')"
            )
        )
    _back(aged, BEFORE_POOLS)
    with aged.read_session() as session:
        held = session.scalars(text("SELECT public_id FROM grant_line ORDER BY id")).all()
    assert held == ["one", "all"]


def test_what_points_to_a_table_that_is_rebuilt_stays(aged: Database) -> None:
    _move(aged, BEFORE_SERIES_OF_TRAINING)
    with aged.transaction() as session:
        for line in ASSIGNED:
            session.execute(text(f"INSERT INTO {line}"))
    _move(aged, "head")
    with aged.read_session() as session:
        assert session.scalar(text("SELECT count(*) FROM training_item")) == 2
    with pytest.raises(IntegrityError), aged.transaction() as session:
        session.execute(text("INSERT INTO training_item (training_id, webinar_id) VALUES (9, 1)"))


def test_what_was_assigned_as_a_series_finds_it_and_a_webinar_does_not(aged: Database) -> None:
    _move(aged, BEFORE_SERIES_OF_TRAINING)
    with aged.transaction() as session:
        for line in ASSIGNED:
            session.execute(text(f"INSERT INTO {line}"))
    _move(aged, "head")
    with aged.read_session() as session:
        rows = session.execute(text("SELECT id, series_id FROM training ORDER BY id")).all()
    assert [tuple(row) for row in rows] == [(1, 1), (2, None)]
    _back(aged, BEFORE_SERIES_OF_TRAINING)
    _move(aged, "head")


def _move(database: Database, revision: str) -> None:
    with _alone(database) as connection:
        command.upgrade(_config(connection), revision)


def _back(database: Database, revision: str) -> None:
    with _alone(database) as connection:
        command.downgrade(_config(connection), revision)


def test_the_trail_that_was_written_before_is_guarded_too(aged: Database) -> None:
    with aged.transaction() as session:
        session.execute(
            text(
                "INSERT INTO audit_entry (id, at, act, subject, detail)"
                " VALUES (1, '2026-01-01', 'login.added', 'p', '{}')"
            )
        )
    _move(aged, "head")
    with pytest.raises(DBAPIError, match="never"), aged.transaction() as session:
        session.execute(text("DELETE FROM audit_entry"))


def test_the_trail_is_written_freely_on_the_way_back(aged: Database) -> None:
    _move(aged, "head")
    _move(aged, BEFORE_POOLS)
    with aged.transaction() as session:
        session.execute(text("DELETE FROM audit_entry"))
