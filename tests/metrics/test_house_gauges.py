"""The gauges of the installation: a scrape never reads a whole table."""

from typing import Any

import pytest
from sqlalchemy import event

from lms.core.runtime import Carrel
from lms.jobs.stalled_lanes import PATIENCE
from lms.mail.outbox import post
from lms.metrics.house_gauges import HouseGauges
from tests.clock import NOW
from tests.jobs.job_fixtures import make_job


def test_scrape_finds_jobs_and_emails_through_indexes(carrel: Carrel) -> None:
    if not carrel.database.is_sqlite:
        pytest.skip("PostgreSQL chooses plans by the number of rows")
    make_job(carrel.database, now=NOW - 2 * PATIENCE)
    with carrel.database.transaction() as session:
        post(
            session,
            kind="delivery_test",
            to="alice@example.org",
            login_id=None,
            subject="Mail arrives",
            values={},
            now=NOW - 2 * PATIENCE,
        )
    sent: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, text: str, values: Any, *_: object) -> None:
        sent.append((text, values))

    event.listen(carrel.database.engine, "before_cursor_execute", note)
    list(HouseGauges(carrel, lambda: NOW).collect())
    event.remove(carrel.database.engine, "before_cursor_execute", note)
    asked = [one for one in sent if "FROM job" in one[0] or "FROM mail" in one[0]]
    assert len(asked) >= 8
    with carrel.database.engine.connect() as connection:
        plans = [
            step[3]
            for text, values in asked
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
        ]
    scans = ("SCAN job", "SCAN mail")
    assert [step for step in plans if step.startswith(scans) and "USING" not in step] == []
    # waiting jobs are counted from an index, once
    assert [step.split()[-1] for step in plans if step.startswith(scans)] == ["ix_job_next_in_lane"]
