"""Request IDs: one ID in the response, the log, and the jobs and emails of a request."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest
import structlog
from sqlalchemy import select
from structlog.testing import capture_logs

from lms.app import create_app
from lms.core.database import Database
from lms.core.logs import within_request
from lms.core.runtime import Carrel
from lms.jobs.job_runner import JobAttempt
from lms.jobs.queue import Work
from lms.mail.outbox import post
from lms.models.jobs import Job
from lms.models.mail import Mail, MailLane
from lms.web.wsgi_middleware_stack import front
from lms.worker.mail_thread import MailSender
from lms.worker.worker import claim_next
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.jobs.job_fixtures import make_job
from tests.web.core.raw_requests import ask, environ_of
from wsgi import COMPONENTS

ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def no_request() -> Iterator[None]:
    structlog.contextvars.clear_contextvars()  # other tests in this thread may have left an ID
    yield
    structlog.contextvars.clear_contextvars()


def id_of(carrel: Carrel, given: str) -> str:
    made = front(create_app(carrel, COMPONENTS), carrel)
    return ask(made, environ_of("GET", "/livez", HTTP_X_REQUEST_ID=given)).headers["X-Request-ID"]


def test_stranger_cannot_set_the_request_id(carrel: Carrel) -> None:
    assert id_of(carrel, ID) != ID


@pytest.mark.parametrize(("given", "is_taken"), [(ID, True), ("a b", False), ("x" * 65, False)])
def test_trusted_proxy_can_set_a_valid_request_id(
    carrel: Carrel, given: str, is_taken: bool
) -> None:
    trusting = replace(carrel.settings, trusted_proxies=(ip_network("127.0.0.0/8"),))
    assert (id_of(replace(carrel, settings=trusting), given) == given) is is_taken


def post_one(database: Database) -> None:
    with database.transaction() as session:
        post(
            session,
            kind="delivery_test",
            to="alice@example.org",
            login_id=None,
            subject="Hello",
            values={},
            now=NOW,
        )


def test_job_runs_with_the_id_of_its_request(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock
) -> None:
    with within_request(ID):
        make_job(database)
    work = Work({"encode": lambda _carrel, _run: post_one(database)})
    held = claim_next(carrel, work, worker="w")
    assert held is not None
    with capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        JobAttempt(carrel, work, held, threading.Event()).run()
    assert {line["event"]: line["request"] for line in lines} == {
        "job_started": ID,
        "job_ended": ID,
    }
    with database.read_session() as session:
        assert session.scalar(select(Job.request_id)) == ID
        assert session.scalar(select(Mail.request_id)) == ID


def test_email_is_sent_with_the_id_of_its_request(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock
) -> None:
    with within_request(ID):
        post_one(database)
    post_one(database)
    clock.advance(timedelta(seconds=1))
    sender = MailSender(carrel, MailLane.NORMAL, "w", threading.Event())
    with capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        sender.step()
    sent = [line for line in lines if line["event"] == "mail_sent"]
    assert [line.get("request") for line in sent] == [ID, None]
