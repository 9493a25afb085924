"""Lanes of email: every kind has one, and a bulk send delays no other."""

import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select, text

from lms.accounts.mails import send_no_account
from lms.core.clock import now
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.jobs.queue import Work
from lms.mail import delivery
from lms.mail.delivery import LEASE, take
from lms.mail.lanes import KINDS, LANES
from lms.mail.links import Links
from lms.mail.rendering import TEMPLATES
from lms.models.accounts import EmailPurpose
from lms.models.jobs import JobState, Lane
from lms.models.mail import Mail, MailLane
from lms.worker.mail_thread import RENEW_EVERY, MailSender
from lms.worker.worker import Worker
from tests.clock import NOW, Clock
from tests.jobs.job_fixtures import at_work
from tests.mail.lane_fixtures import CODE, listed, post_invitations, post_one
from tests.servers.smtp import MailSink
from tests.wait_until import PATIENCE_S, until

NORMAL = "normal@example.org"
PARTS = {"base"}  # templates that others extend are not emails


@pytest.fixture
def library(carrel: Carrel, mail_sink: MailSink) -> Carrel:
    """A library whose email goes to the sink."""
    return replace(carrel, settings=replace(carrel.settings, smtp_url=mail_sink.url))


@contextmanager
def workers(library: Carrel, count: int = 1) -> Iterator[None]:
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(at_work(Worker(library, Work(handlers={}), (Lane.PROMPT,))))
        yield


def test_every_kind_of_email_is_in_exactly_one_lane() -> None:
    written = {path.stem for path in (TEMPLATES / "mail" / "messages").glob("*.html")}
    kinds = {name for name in written if not name.startswith("_")} - PARTS
    named = [kind for some in KINDS.values() for kind in some]
    assert sorted(named) == sorted(kinds), "name each kind once in lms/mail/lanes.py"
    assert set(KINDS) == set(MailLane)


def test_emails_with_links_and_codes_are_urgent() -> None:
    assert {LANES[purpose.value] for purpose in EmailPurpose} == {MailLane.URGENT}


def test_an_email_is_posted_into_the_lane_of_its_kind(database: Database) -> None:
    with database.transaction() as session:
        send_no_account(session, CODE, links=Links("http://localhost"), onward=None, now=NOW)
    with database.read_session() as session:
        assert session.scalars(select(Mail.lane)).one() is MailLane.URGENT


def test_sender_sends_only_email_of_its_own_lane(database: Database) -> None:
    post_one(database, "invitation", "listed@example.org")
    with database.transaction() as session:
        assert take(session, MailLane.URGENT, worker="one", now=now()) is None
        assert take(session, MailLane.NORMAL, worker="one", now=now()) is None
        assert take(session, MailLane.BULK, worker="one", now=now()) is not None


@pytest.mark.parametrize("count", [1, 2], ids=["one-worker", "two-workers"])
def test_codes_are_sent_before_hundreds_of_waiting_invitations(
    library: Carrel, mail_sink: MailSink, count: int
) -> None:
    mail_sink.delay_s = 0.2  # sending 300 takes two workers half a minute
    post_invitations(library.database, 300)
    with workers(library, count):
        until(lambda: len(listed(mail_sink)) > 5)
        post_one(library.database, "sign_in_code", CODE)
        post_one(library.database, "request_received", NORMAL)
        until(lambda: mail_sink.to(CODE) and mail_sink.to(NORMAL))
        assert len(listed(mail_sink)) < 150, "half of the invitations were out before the code"
        mail_sink.delay_s = 0.0
        until(lambda: len(listed(mail_sink)) == 300)
    assert len(set(listed(mail_sink))) == 300


def test_code_does_not_wait_for_a_slow_invitation(library: Carrel, mail_sink: MailSink) -> None:
    mail_sink.delay_s = 4.0
    post_invitations(library.database, 3)
    with workers(library):
        until(lambda: mail_sink.waiting == 1)
        mail_sink.delay_s = 0.0  # for emails from now on
        post_one(library.database, "sign_in_code", CODE)
        until(lambda: bool(mail_sink.to(CODE)))
        assert listed(mail_sink) == []


def test_next_email_is_found_with_an_index(database: Database) -> None:
    post_invitations(database, 500)
    with database.engine.connect() as connection:
        connection.execute(text("ANALYZE mail"))
        for query in delivery._due(MailLane.BULK, now()):
            asked = str(query.compile(database.engine, compile_kwargs={"literal_binds": True}))
            explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
            rows = connection.exec_driver_sql(f"{explain} {asked.replace('%', '%%')}")
            plan = "\n".join(str(row[-1]) for row in rows)
            assert "ix_mail_state_lane_run_at_id" in plan
            assert not re.search(r"Sort|B-TREE|Seq Scan|^SCAN", plan, re.MULTILINE), plan


class Waiting:
    """A mail server that answers only when the test lets it."""

    def __init__(self) -> None:
        self.asked, self.answer = threading.Event(), threading.Event()

    def put(self, message: EmailMessage) -> None:
        self.asked.set()
        assert self.answer.wait(PATIENCE_S)

    def close(self) -> None:
        """Do nothing: no connection is open."""


def test_slow_email_is_sent_by_one_worker(carrel: Carrel, clock: Clock) -> None:
    post_one(carrel.database, "delivery_test", NORMAL)
    server = Waiting()
    sender = MailSender(carrel, MailLane.NORMAL, "one", threading.Event(), server)
    sending = threading.Thread(target=sender.step)
    sending.start()
    assert server.asked.wait(PATIENCE_S)
    clock.advance(RENEW_EVERY)
    sender.keep_lease()
    clock.set(NOW + LEASE + timedelta(seconds=1))  # when its first lease would have lapsed
    with carrel.database.transaction() as session:
        assert take(session, MailLane.NORMAL, worker="two", now=now()) is None
    server.answer.set()
    sending.join()
    with carrel.database.read_session() as session:
        assert session.scalars(select(Mail.state)).one() is JobState.DONE
