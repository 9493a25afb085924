"""The gauges of the installation: a scrape reads no table as a whole, however large it is."""

from typing import Any

import pytest
from sqlalchemy import event

from lms.core.runtime import Carrel
from lms.metrics.house_gauges import HouseGauges
from tests.clock import NOW


def test_scrape_finds_waiting_jobs_by_their_index(carrel: Carrel) -> None:
    if not carrel.database.is_sqlite:
        pytest.skip("PostgreSQL chooses plans by the number of rows")
    sent: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, text: str, values: Any, *_: object) -> None:
        sent.append((text, values))

    event.listen(carrel.database.engine, "before_cursor_execute", note)
    list(HouseGauges(carrel, lambda: NOW).collect())
    event.remove(carrel.database.engine, "before_cursor_execute", note)
    asked = [(text, values) for text, values in sent if "FROM job" in text]
    assert len(asked) >= 4
    with carrel.database.engine.connect() as connection:
        plans = [
            step[3]
            for text, values in asked
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
        ]
    assert [step for step in plans if step.startswith("SCAN job") and "USING" not in step] == []
