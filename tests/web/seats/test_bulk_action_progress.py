"""Bulk releases and emails from the seat table: a job with a progress page that can stop it."""

import re

import pytest

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.registry import LIBRARY
from lms.seats import bulk_release_and_reinvite
from lms.web.seats.manager_bulk_release_and_resend import NO_ONE_INVITED
from lms.worker.worker import see_through
from tests.cast import Cast
from tests.components import work_without_schedules
from tests.page_texts import shows
from tests.visitor import Visitor
from tests.web.managed_organization import Elm
from tests.web.seats.test_manager_bulk_release_and_resend import used

WORK = work_without_schedules(LIBRARY)


@pytest.fixture
def begun(mia: Visitor, elm: Elm, monkeypatch: pytest.MonkeyPatch) -> str:
    """Start a release that a worker runs, at any number of seats; return the page's path."""
    monkeypatch.setattr(bulk_release_and_reinvite, "AT_ONCE", 0)
    data = {"all": "1", "pool": elm.pool}
    asked = mia.post(f"/organization/{elm.id}/people/release", data=data).text
    assert 'data-testid="takes-a-while"' in asked
    answer = mia.post(f"/organization/{elm.id}/people/released", data=data)
    assert answer.status_code == 303
    return answer.location


def test_page_shows_the_progress_of_a_release(
    mia: Visitor, elm: Elm, begun: str, database: Database
) -> None:
    page = mia.get(begun).text
    assert re.search(r"<h1>[^<]*\b2 ", page)
    assert "0 of 2" in page
    assert used(database, elm.pool) == 3
    told = mia.get(begun, headers={"Accept": "application/json"}).json
    assert told is not None
    assert (told["is_live"], told["percent"], told["amount"]) == (True, 0, "0 of 2")
    people = mia.get(f"/organization/{elm.id}/people").text
    assert begun in people


def test_finished_release_shows_its_results(
    mia: Visitor, elm: Elm, begun: str, database: Database, carrel: Carrel
) -> None:
    see_through(carrel, WORK, begun.rpartition("/")[2])
    assert "notice-done" in mia.get(begun).text
    assert used(database, elm.pool) == 1
    assert begun not in mia.get(f"/organization/{elm.id}/people").text


def test_release_can_be_stopped(
    mia: Visitor, elm: Elm, begun: str, database: Database, carrel: Carrel
) -> None:
    assert mia.post(f"{begun}/stop").status_code == 303
    see_through(carrel, WORK, begun.rpartition("/")[2])
    page = mia.get(begun).text
    assert "2 people still have seats" in page
    assert used(database, elm.pool) == 3


def test_release_of_another_organization_is_not_found(
    client: Visitor, cast: Cast, elm: Elm, begun: str
) -> None:
    job = begun.rpartition("/")[2]
    client.sign_in(cast.ada.id)
    for place in (f"/organization/{elm.other}/people/work/{job}",):
        assert client.get(place).status_code == 404
        assert client.post(f"{place}/stop").status_code == 404


def test_resend_job_reports_the_invitations_it_sent(
    mia: Visitor, elm: Elm, carrel: Carrel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_release_and_reinvite, "AT_ONCE", 0)
    answer = mia.post(f"/organization/{elm.id}/people/resend", data={"all": "1"})
    assert answer.status_code == 303
    page = mia.get(answer.location).text
    assert re.search(r"<h1>[^<]*\b1 ", page)
    assert answer.location in mia.get(f"/organization/{elm.id}/people").text
    see_through(carrel, WORK, answer.location.rpartition("/")[2])
    assert re.search(r"<strong>1 ", mia.get(answer.location).text)


def test_resend_without_open_invitations_says_so(
    mia: Visitor, elm: Elm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_release_and_reinvite, "AT_ONCE", 0)
    data = {"all": "1", "state": "claimed"}
    answer = mia.post(f"/organization/{elm.id}/people/resend", data=data)
    assert shows(mia.get(answer.location).text, NO_ONE_INVITED)
