"""Fifty learners press play at once for one seat, with servers that run as in production."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import func, select

from lms.access.explanations import ALL_TAKEN
from lms.core.clock import now
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.models.organizations import Role
from lms.models.playback import PlaybackSession
from lms.models.seats import Assignment, Pool
from lti.protocol.content_target import Target
from lti.web.core.refusal_texts import ASK_MANAGER
from tests.factories import (
    make_login,
    make_membership,
    make_organization,
    make_pool,
    make_pool_grant,
    make_recording,
    make_webinar,
)
from tests.lti.course_fixtures import make_course
from tests.servers.databases import Databases
from tests.servers.process import free_port, running

pytestmark = pytest.mark.timeout(600)

ROOT = Path(__file__).resolve().parents[4]
LEARNERS = 50
WORKERS = 2


@pytest.fixture
def served(
    tmp_path: Path, made_databases: Databases, worker_id: str
) -> Iterator[tuple[Carrel, int]]:
    """Run `carrel serve` with two web processes and a worker; yield its Carrel and port."""
    port = free_port()
    environ = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "CARREL_DATA_DIR": str(tmp_path / "house"),
        "CARREL_DATABASE_URL": made_databases.prepared(f"carrel_last_seat_{worker_id}"),
        "CARREL_BASE_URL": f"http://127.0.0.1:{port}",
        "CARREL_SECRET_KEY": "a key for the last seat alone, " * 2,
    }
    carrel = open_carrel(Settings.from_env(environ))
    command = [sys.executable, ROOT / "wsgi.py", "serve", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", str(WORKERS)]

    def is_ready() -> bool:
        try:
            return _ask(port, "GET", "/healthz")[0] == 200
        except (OSError, HTTPException):
            return False

    with running(command, ready=is_ready, log=tmp_path / "log", environ=environ):
        yield carrel, port
    carrel.database.dispose()


def test_one_learner_gets_the_last_seat_and_the_others_read_why(served: tuple[Carrel, int]) -> None:
    carrel, port = served
    secrets = _launch_all(carrel)
    ready = Barrier(LEARNERS)

    def play(secret: str) -> tuple[int, dict[str, str]]:
        ready.wait()
        return _ask(port, "POST", f"/lti/s/{secret}/playback")

    with ThreadPoolExecutor(LEARNERS) as crowd:
        answers = list(crowd.map(play, secrets))
    assert Counter(status for status, _ in answers) == {200: 1, 403: LEARNERS - 1}
    refused = [told for status, told in answers if status == 403]
    assert {told["code"] for told in refused} == {"NO_GRANT"}
    assert {told["sentence"] for told in refused} == {
        ALL_TAKEN % {"organization": "Elm County Library"}
    }
    assert {told["more"].partition(" Reference: ")[0] for told in refused} == {
        ASK_MANAGER % {"manager": "Maria Ortiz", "organization": "Elm County Library"}
    }
    with carrel.database.read_session() as session:
        assert session.scalars(select(Pool.used)).one() == 1
        assert session.scalar(select(func.count(Assignment.id))) == 1
        assert session.scalar(select(func.count(PlaybackSession.id))) == 1


def _launch_all(carrel: Carrel) -> list[str]:
    with carrel.database.transaction() as session:
        elm = make_organization(session, "elm-county", name="Elm County Library")
        manager = make_login(session, "maria@example.org", name="Maria Ortiz")
        make_membership(session, elm, manager, role=Role.MANAGER)
        webinar = make_webinar(session, "last-seat")
        make_recording(session, webinar)
        make_pool_grant(session, make_pool(session, elm, webinar, capacity=1))
        course = make_course(session, elm.id, Target(webinar="last-seat"))
        course = replace(course, at=now())
        return [course.launch(session, sub=f"learner-{number}") for number in range(LEARNERS)]


def _ask(port: int, method: str, path: str) -> tuple[int, dict[str, str]]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        connection.request(method, path, body="{}" if method == "POST" else None, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        is_json = answer.headers.get_content_type() == "application/json"
        return answer.status, json.loads(body) if is_json else {}
    finally:
        connection.close()
