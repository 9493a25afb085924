"""Metrics of access decisions, seat claims, and launches."""

import subprocess
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from structlog.typing import EventDict

from lms.access.decision_facts import load_case
from lms.access.policy import Action, decide
from lms.core import logs
from lms.core.database import Database
from lms.web.core.gunicorn_log import ROUTE
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.lti.launched_course import connect
from tests.platform.platform import Platform
from tests.seats.pool_fixtures import DAY, YEAR, make_home, people, take
from tests.web.core.raw_requests import ask, environ_of


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[EventDict]:
    """Return the events that this process's metrics would count."""
    events: list[EventDict] = []
    monkeypatch.setattr(logs, "_observers", [events.append])
    return events


def test_each_decision_is_counted_by_its_code_only(
    database: Database, cast: Cast, heard: list[EventDict]
) -> None:
    with database.read_session() as session:
        for person in (cast.alice, cast.bob, cast.dan, cast.dan):
            case = load_case(session, login_id=person.id, webinar_id=cast.webinar_id)
            decide(case.login, case.webinar, Action.RECORDING, NOW)
    assert all(set(each) == {"event", "code"} for each in heard)
    assert Counter(each["code"] for each in heard) == {
        "OK_PERMANENT": 1,
        "OK_TERM": 1,
        "NO_GRANT": 2,
    }


def test_each_claim_is_counted_by_its_outcome_only(
    database: Database, heard: list[EventDict]
) -> None:
    home = make_home(database, 1, YEAR)
    pat, dan = people(database, 2)
    for person in (pat, pat, dan):
        take(database, home.pool_id, person)
    take(database, home.pool_id, dan, NOW + 380 * DAY)
    claims = [each for each in heard if each["event"] == "seat_claim"]
    assert all(set(each) == {"event", "outcome"} for each in claims)
    assert [each["outcome"] for each in claims] == ["claimed", "already", "full", "closed"]


def test_redirect_of_a_sign_in_is_counted_under_its_route(
    app: Flask, platform: Platform, database: Database, cast: Cast, clock: Clock
) -> None:
    school = connect(platform, database, cast, clock)
    asked = {
        "iss": school.platform.url,
        "client_id": school.tool.client_id,
        "login_hint": "somebody",
        "target_link_uri": "http://localhost/lti/launch",
    }
    environ = environ_of("GET", f"/lti/login?{urlencode(asked)}")
    assert ask(app, environ).status == 303
    assert environ[ROUTE] == "/lti/login"


COUNTED = """
import sys
from pathlib import Path
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from lms.access.policy import Code
from lms.core.logs import count_event
from lms.metrics.counters import begin_counting

begin_counting(Path(sys.argv[1]))
for code in (Code.OK_TERM, Code.OK_TERM, Code.REFUNDED):
    count_event("access_decided", code=code)
count_event("seat_claim", outcome="full")
registry = CollectorRegistry()
MultiProcessCollector(registry, path=sys.argv[1])
print(generate_latest(registry).decode())
"""


def test_decisions_and_claims_are_in_the_metrics(tmp_path: Path) -> None:
    command = (sys.executable, "-c", COUNTED, str(tmp_path))
    told = subprocess.check_output(command, text=True).splitlines()
    for line in (
        'carrel_decisions_total{code="OK_TERM"} 2.0',
        'carrel_decisions_total{code="REFUNDED"} 1.0',
        'carrel_decisions_total{code="NO_GRANT"} 0.0',
        'carrel_claims_total{outcome="full"} 1.0',
    ):
        assert line in told
    assert not any(line.startswith("carrel_events_total{") for line in told)
