"""How the databases find the facts of a decision: by indexes, however much they hold."""

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from benchmarks.decide import Size, fill
from lms.cases import load_case, load_cases
from lms.db import Database

LARGE = ("grant_line", "login", "assignment", "waiting_entry", "seat", "pool", "verified_domain")
ALIASES = {"merged": "login", "theirs": "pool"}


@pytest.mark.parametrize("several", [False, True])
def test_no_decision_scans_grants_seats_or_logins(database: Database, *, several: bool) -> None:
    fill(database, Size(logins=3_000, grants=6_000, seats=2_500, webinars=100))
    with database.engine.connect() as connection:
        if not database.is_sqlite:  # tables this small are scanned unless that is forbidden
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
        plan = "\n".join(
            str(row[-1])
            for row in connection.exec_driver_sql(f"{explain} {statement}", values)  # type: ignore[arg-type]
        )
    for name in (*LARGE, *ALIASES):
        assert f"SCAN {name}\n" not in f"{plan}\n"
        assert f"Seq Scan on {name}" not in plan
    assert "ix_grant_line_login_id" in plan
    assert "ix_grant_line_pool_id" in plan
    assert "ix_grant_line_webinar_id" not in plan  # one webinar may have a million holders
