"""Query plans of reports: indexes are used, no matter how many views are stored."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from lms.core.database import Database
from lms.reports.periods_and_count_suppression import Span
from lms.reports.progress_by_person import Order as PeopleOrder
from lms.reports.progress_by_person import read_people
from lms.reports.retention_curve import read_heat
from lms.reports.viewing_queries import HOUSE, Whose
from lms.reports.viewing_totals import Order, read_totals, read_webinars
from tests.clock import NOW
from tests.reports.watched_organization import make_place, seat, watch

LARGE = ("playback_session", "watch_record", "assignment", "grant_line")
MONTH = Span(NOW - timedelta(days=30), NOW)


def plans(database: Database, ask: Any) -> str:
    """Return the query plans of a read, statement by statement."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        seen.append((statement, values))

    engine: Engine = database.engine
    event.listen(engine, "before_cursor_execute", note)
    with database.read_session() as session:
        ask(session)
    event.remove(engine, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
    with engine.connect() as connection:
        if not database.is_sqlite:  # PostgreSQL scans tables this small unless scans are turned off
            connection.exec_driver_sql("SET enable_seqscan = off")
        return "\n".join(
            str(row[-1])
            for statement, values in seen
            for row in connection.exec_driver_sql(f"{explain} {statement}", values)
        )


@pytest.mark.parametrize(
    "asked",
    [
        "house totals",
        "house webinars",
        "totals",
        "webinars",
        "house line",
        "line",
        "people",
    ],
)
def test_report_never_scans_a_large_table(database: Database, asked: str) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        for _ in range(6):
            watch(session, place, seat(session, place), 900.0)
    elm, webinar_id = Whose(place.organization.id), place.webinar.id
    asks = {
        "house totals": lambda s: read_totals(s, HOUSE, MONTH),
        "house webinars": lambda s: read_webinars(s, HOUSE, MONTH, Order(), offset=0),
        "totals": lambda s: read_totals(s, elm, MONTH),
        "webinars": lambda s: read_webinars(s, elm, MONTH, Order(), offset=0),
        "house line": lambda s: read_heat(s, HOUSE, webinar_id),
        "line": lambda s: read_heat(s, elm, webinar_id),
        "people": lambda s: read_people(s, elm, "", PeopleOrder(), offset=0),
    }
    plan = plans(database, asks[asked])
    for name in LARGE:
        assert f"SCAN {name}\n" not in f"{plan}\n"
        assert f"Seq Scan on {name} " not in plan
