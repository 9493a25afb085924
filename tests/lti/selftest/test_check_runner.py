"""The self-test: all checks pass on this version, faulty tools fail, and nothing is left behind."""

import json
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from lms.app import create_app
from lms.component import work_of
from lms.core.database import Database
from lms.core.logs import configure_logs
from lms.core.runtime import Carrel
from lms.jobs.queue import Work, cancel
from lms.migrations.scratch_library import LEFT_OVER_AFTER_S, PREFIX
from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.models.jobs import Job, JobState
from lms.models.organizations import Organization
from lms.worker.worker import see_through
from lti.component import LTI
from lti.models.launches import FrameSession, LaunchEntry
from lti.models.registrations_and_keys import Registration
from lti.models.selftest_runs import Selftest
from lti.selftest.check_results import Group, Proof
from lti.selftest.check_runner import ABOUT, CheckRunner
from lti.selftest.run_requests_and_results import SELFTEST
from tests.cast import Cast
from tests.cli.command_runner import Shell, enter
from tests.visitor import Visitor
from wsgi import COMPONENTS

PAGE = "/staff/lti/selftest"
WORK = Work(handlers={SELFTEST: work_of((LTI,)).handlers[SELFTEST]})
OTHERS = (Registration, Organization, Login, FrameSession, LaunchEntry)


def counts(database: Database) -> list[int]:
    with database.read_session() as session:
        return [session.scalar(select(func.count()).select_from(one)) or 0 for one in OTHERS]


def left_behind(carrel: Carrel) -> list[Path]:
    return list(carrel.settings.scratch.iterdir())


def play(carrel: Carrel, change: Callable[[Any], Any], most: int = ABOUT) -> list[Proof]:
    """Run the self-test against a modified tool, up to `most` checks."""
    seen: list[Proof] = []
    bad = CheckRunner(carrel, lambda scratch: change(create_app(scratch, COMPONENTS)))
    for proof in bad.proofs(lambda: len(seen) >= most):
        seen.append(proof)  # noqa: PERF402  (the lambda reads it)
    return seen


def test_non_staff_get_not_found(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.mia.id)
    assert client.get(PAGE).status_code == 404
    assert client.post(PAGE).status_code == 404
    assert client.get(f"{PAGE}/proofs.txt").status_code == 404


def test_staff_run_the_self_test_and_download_the_results(
    client: Visitor, cast: Cast, carrel: Carrel, database: Database
) -> None:
    client.sign_in(cast.ada.id)
    assert "Not run yet" in client.get(PAGE).text
    assert client.get(f"{PAGE}/proofs.txt").status_code == 303
    before = counts(database)
    client.post(PAGE)
    assert "already running" in client.post(PAGE, follow_redirects=True).text
    assert "Waiting for the worker" in client.get(PAGE).text
    assert client.get(PAGE, headers={"Accept": "application/json"}).json["is_live"] is True
    with database.read_session() as session:
        job_id = session.scalars(select(Job.public_id)).one()
        acts = session.scalars(select(AuditEntry.act)).all()
    assert "lti.selftest_asked" in acts
    assert see_through(carrel, WORK, job_id).state is JobState.DONE
    with database.read_session() as session:
        row = session.scalars(select(Selftest)).one()
    wrong = [line for line in row.proofs if not line["ok"]]
    assert (wrong, row.failed, row.passed) == ([], 0, ABOUT)
    page = client.get(PAGE).text
    assert f"All {ABOUT} checks passed." in page
    assert "25 of 25" in page
    text = client.get(f"{PAGE}/proofs.txt")
    assert text.mimetype == "text/plain"
    assert f"{ABOUT} of {ABOUT} ok" in text.text
    assert "Incorrect KID in JWT header (as learner)" in text.text
    assert counts(database) == before  # it uses its own database
    assert left_behind(carrel) == []


def test_tool_that_accepts_bad_messages_fails(carrel: Carrel) -> None:
    def polite(app: Any) -> Any:
        def answer(environ: Any, start: Any) -> Any:
            def say(status: str, headers: Any, fault: Any = None) -> Any:
                is_refusal = environ["PATH_INFO"] == "/lti/launch" and status[0] == "4"
                return start("200 OK" if is_refusal else status, headers, fault)

            return app(environ, say)

        return answer

    seen = play(carrel, polite, most=6)
    assert [proof.ok for proof in seen] == [False] * 6
    assert {proof.group for proof in seen} == {Group.BAD_PAYLOADS}
    assert seen[0].got.startswith("200")
    assert left_behind(carrel) == []


def test_tool_whose_login_fails_fails_every_launch_and_leaves_nothing(carrel: Carrel) -> None:
    def mute(app: Any) -> Any:
        def answer(environ: Any, start: Any) -> Any:
            if environ["PATH_INFO"].startswith("/lti/log"):
                start("502 Bad Gateway", [("Content-Type", "text/html")])
                return [b"<h1>Bad gateway</h1>"]
            return app(environ, start)

        return answer

    seen = play(carrel, mute)
    launches = [p for p in seen if p.group in (Group.BAD_PAYLOADS, Group.VALID_LAUNCHES)]
    assert launches
    assert not any(proof.ok for proof in launches)
    assert left_behind(carrel) == []


def test_tool_whose_login_sends_a_wrong_request_fails(carrel: Carrel) -> None:
    def ask_otherwise(app: Any) -> Any:
        def answer(environ: Any, start: Any) -> Any:
            def say(status: str, headers: Any, fault: Any = None) -> Any:
                said = [
                    (name, value.replace("prompt=none", "prompt=login")) for name, value in headers
                ]
                return start(status, said, fault)

            return app(environ, say)

        return answer

    seen = play(carrel, ask_otherwise, most=2)
    assert [(proof.ok, proof.got) for proof in seen] == [(False, "no answer: Refused")] * 2


def test_score_of_the_wrong_media_type_is_reported(
    carrel: Carrel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lti.grades.grade_service.SCORE_TYPE", "application/json")
    bad = {proof.name: proof for proof in play(carrel, lambda app: app) if not proof.ok}
    assert bad.keys() == {
        "One score arrives",
        "The content type is correct",
        "The score is sent once",
        "A revoked token is renewed",
        "Every request is valid",
    }
    assert (
        "scores: the body must be application/vnd.ims.lis.v1" in bad["Every request is valid"].got
    )


def test_aborted_run_leaves_nothing(carrel: Carrel) -> None:
    def break_off(_app: Any) -> Any:
        raise RuntimeError("this tool does not start")

    with pytest.raises(RuntimeError):
        play(carrel, break_off)
    assert left_behind(carrel) == []


def test_leftovers_of_a_killed_run_are_deleted_unless_recent(
    carrel: Carrel,
) -> None:
    old, young = (carrel.settings.scratch / f"{PREFIX}{name}" for name in ("old", "young"))
    for each in (old, young):
        each.mkdir(parents=True)
    long_ago = time.time() - LEFT_OVER_AFTER_S - 60
    os.utime(old, (long_ago, long_ago))
    play(carrel, lambda app: app, most=1)
    assert left_behind(carrel) == [young]


def test_canceled_run_stores_no_results(
    client: Visitor, cast: Cast, carrel: Carrel, database: Database
) -> None:
    client.sign_in(cast.ada.id)
    client.post(PAGE)
    from lms.core.clock import now  # noqa: PLC0415

    with database.transaction() as session:
        job_id = session.scalars(select(Job.public_id)).one()
        cancel(session, job_id, actor=None, now=now())
    assert see_through(carrel, WORK, job_id).state is JobState.CANCELED
    with database.read_session() as session:
        assert session.scalars(select(Selftest)).one().finished_at is None
    assert "Run self-test" in client.get(PAGE).text
    assert client.post(PAGE, data={"registration": "nobody"}).status_code == 404


def test_command_prints_results_and_exits_with_zero_only_if_all_pass(
    carrel: Carrel,
    environ: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    enter(monkeypatch, environ)
    configure_logs(logging.WARNING)  # as the command line does
    shell = Shell(COMPONENTS, capsys)
    ran = shell("lti", "selftest", "--json")
    assert (ran.code, ran.answer["failed"], ran.answer["passed"]) == (0, 0, ABOUT)
    assert {"group", "name", "expected", "got", "ok"} <= set(ran.answer["items"][0])
    assert shell("lti", "selftest", "--registration", "nobody").code == 3
    one = Proof(Group.GRADES, "The score is complete", "100 of 100", "0 of 0", ok=False)
    monkeypatch.setattr("lti.cli.selftest.CheckRunner.proofs", lambda _self: iter([one]))
    ran = shell("lti", "selftest")
    assert ran.code == 1
    assert "FAIL  The score is complete  expected 100 of 100, got 0 of 0" in ran.out
    assert "0 of 1 ok" in ran.out
    assert json.loads(shell("lti", "selftest", "--json").out)["failed"] == 1
