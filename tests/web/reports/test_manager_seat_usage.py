"""The usage report: for managers only (test_access.py), what is started, completed, and watched."""

import csv
import io
from datetime import timedelta

from sqlalchemy import update

from lms.core.database import Database
from lms.models.seats import Assignment
from lms.web.reports.manager_seat_usage import MINUTES_BY_MONTH
from tests.cast import Cast
from tests.clock import NOW
from tests.page_texts import shows
from tests.seat_rows import watched
from tests.visitor import Visitor
from tests.web.managed_organization import Elm


def test_report_counts_people_started_completions_and_minutes(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        watched(session, cast.bob.id, cast.recording_id, 0.9)
    answer = mia.get(f"/organization/{elm.id}/usage.csv")
    rows = {
        row["Seats for"]: row for row in csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff")))
    }
    one, contract = rows["Reading rooms"], rows["All webinars"]
    assert list(one.values())[1:] == ["1", "1", "0", "30"]
    assert list(contract.values())[1:] == ["1", "1", "1", "54"]


def test_report_has_a_table_and_charts_by_month(mia: Visitor, elm: Elm, database: Database) -> None:
    with database.transaction() as session:
        session.execute(
            update(Assignment)
            .where(Assignment.claimed_at.is_not(None), Assignment.ended_at.is_(None))
            .values(claimed_at=NOW - timedelta(days=40))
        )
    page = mia.get(f"/organization/{elm.id}/usage").text
    assert "January 2026" in page
    assert "April 2025" in page
    assert page.count("chart-bar") == 24
    assert shows(page, MINUTES_BY_MONTH)


def test_months_can_be_downloaded_as_csv(mia: Visitor, elm: Elm) -> None:
    answer = mia.get(f"/organization/{elm.id}/usage-by-month.csv")
    assert "elm-county-usage-by-month.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [rows[0]["Month"], rows[-1]["Month"]] == ["2025-04", "2026-03"]
    assert list(rows[-1].values())[1:] == ["3", "2", "0", "0"]


def test_person_who_released_a_seat_still_counts_as_started(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        watched(session, cast.dan.id, cast.recording_id, 0.95)
    page = mia.get(f"/organization/{elm.id}/usage.csv").text
    assert '"Reading rooms",1,2,1,' in page
