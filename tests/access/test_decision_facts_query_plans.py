"""Query plans for the facts of a decision: indexes are used however many rows there are."""

import re

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from benchmarks.large_library import Size, fill
from lms.access.decision_facts import load_case, load_cases
from lms.core.compiled_statements import cursor_of
from lms.core.database import Database

LARGE = (
    "grant_line",
    "login",
    "organization",
    "assignment",
    "waiting_entry",
    "seat",
    "pool",
    "verified_domain",
)
USED = (
    "ix_grant_line_login_id",
    "ix_grant_line_pool_id",
    "uq_assignment_active_login_id_pool_id",
    "uq_assignment_active_email_key_pool_id",
    "ix_waiting_entry_login_id",
    "ix_waiting_entry_email_key",
)
ALIASES = {
    "merged": "login",
    "theirs": "pool",
    "owner": "organization",
    "family": "organization",
}


@pytest.mark.parametrize("several", [False, True])
def test_no_decision_scans_grants_seats_or_logins(database: Database, *, several: bool) -> None:
    _number_from_one(database)
    fill(database, Size(logins=3_000, grants=6_000, seats=2_500, webinars=100))
    with database.engine.connect() as connection:
        if not database.is_sqlite:  # tables this small are scanned unless that is turned off
            connection.exec_driver_sql("SET enable_seqscan = off")
        seen: list[tuple[str, object]] = []

        def note(
            _connection: object, _cursor: object, statement: str, values: object, *_rest: object
        ) -> None:
            seen.append((statement, values))

        event.listen(connection, "before_cursor_execute", note)
        session = Session(connection)
        if several:
            load_cases(session, login_id=7, webinar_ids=(1, 2, 3))
        else:
            load_case(session, login_id=7, webinar_id=3)
        event.remove(connection, "before_cursor_execute", note)
        statement, values = seen[-1]
        explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        lean = cursor_of(connection.connection, connection.dialect)
        cursor = connection.connection.cursor() if several else lean
        cursor.execute(f"{explain} {statement}", values)
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    for name in (*LARGE, *ALIASES):
        assert f"SCAN {name}\n" not in f"{plan}\n"
        assert f"Seq Scan on {name}" not in plan
    # PostgreSQL can also read all pools in index order.
    assert not re.search(r"Index (Only )?Scan using \w+ on pool .*\n(?! *Index Cond)", plan)
    for index in USED if database.is_sqlite else USED[:4]:
        assert index in plan
    # One webinar can have a million people with access, and one organization 100,000 seats.
    for index in ("ix_grant_line_webinar_id", "ix_assignment_pool_id"):
        assert index not in plan


def _number_from_one(database: Database) -> None:
    """Restart row IDs at 1: PostgreSQL doesn't reuse the IDs of deleted rows."""
    if not database.is_sqlite:
        with database.engine.begin() as connection:
            connection.exec_driver_sql(
                "TRUNCATE login, webinar, organization, pool, seat RESTART IDENTITY CASCADE"
            )
