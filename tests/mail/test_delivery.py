"""Sending email: to a real server, to one that refuses it, to no server, and into files."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from lms.core.clock import now
from lms.core.database import Database
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.jobs.queue import Work
from lms.mail.outbox import post
from lms.mail.transport import BrokenOff, open_transport
from lms.models.branding import Branding
from lms.models.jobs import JobState, Lane
from lms.models.mail import Mail, MailLane
from lms.worker.mail_thread import MailSender
from lms.worker.worker import Worker
from tests.jobs.job_fixtures import at_work
from tests.page_texts import says
from tests.servers.process import free_port
from tests.servers.smtp import MailSink
from tests.wait_until import until

TO = "alice@example.org"


def house_with(database: Database, environ: Mapping[str, str], **more: str) -> Carrel:
    names = {f"CARREL_{name}": value for name, value in more.items()}
    given = {**environ, "CARREL_MAIL_FROM": "post@inkoak.test", **names}
    opened = open_carrel(Settings.from_env(given))
    opened.database.dispose()
    return replace(opened, database=database)


def write(carrel: Carrel, to: str = TO) -> None:
    with carrel.database.transaction() as session:
        post(
            session,
            kind="delivery_test",
            to=to,
            login_id=None,
            subject="Grüße — mail arrives",
            values={},
            now=now(),
        )


def send(carrel: Carrel) -> None:
    MailSender(carrel, MailLane.NORMAL, "one", threading.Event()).step()


def stored(carrel: Carrel) -> list[Mail]:
    with carrel.database.read_session() as session:
        return list(session.scalars(select(Mail).order_by(Mail.id)))


@pytest.fixture
def house(database: Database, environ: Mapping[str, str], mail_sink: MailSink) -> Carrel:
    """A library whose email goes to the sink."""
    carrel = house_with(database, environ, SMTP_URL=mail_sink.url)
    with carrel.database.transaction() as session:
        session.add(
            Branding(
                name="Ink & Oak",
                accent="#123456",
                contact_email="desk@inkoak.test",
                sender_name="Ink & Oak, Training",
                updated_at=now(),
            )
        )
    return carrel


def test_email_arrives_from_the_seller_with_text_and_html(
    house: Carrel, mail_sink: MailSink
) -> None:
    write(house)
    send(house)
    (got,) = mail_sink.to(TO)
    assert got.sender == "post@inkoak.test"
    assert got.message["From"] == '"Ink & Oak, Training" <post@inkoak.test>'
    assert got.message["Reply-To"] == '"Ink & Oak, Training" <desk@inkoak.test>'
    assert got.message["Subject"] == "Grüße — mail arrives"
    assert says(got.text, "delivery_test", "test")
    assert got.message.get_body(preferencelist=("html",)) is not None
    (row,) = stored(house)
    assert row.state is JobState.DONE


def test_email_has_headers_against_auto_replies_and_duplicates(
    house: Carrel, mail_sink: MailSink
) -> None:
    write(house)
    send(house)
    (got,) = mail_sink.to(TO)
    (row,) = stored(house)
    assert got.message["Message-ID"] == f"<{row.public_id}@inkoak.test>"
    assert got.message["Auto-Submitted"] == "auto-generated"
    assert got.message["Date"].datetime == row.created_at.replace(microsecond=0)


def test_all_due_emails_are_sent_in_one_step(house: Carrel, mail_sink: MailSink) -> None:
    for number in range(3):
        write(house, f"person{number}@example.org")
    send(house)
    assert [mail.recipients[0] for mail in mail_sink.delivered] == [
        f"person{number}@example.org" for number in range(3)
    ]


def test_non_ascii_domain_is_sent_as_punycode(house: Carrel, mail_sink: MailSink) -> None:
    write(house, "alice@bücher.example")
    send(house)
    assert mail_sink.delivered[0].recipients == ("alice@xn--bcher-kva.example",)


def test_permanently_refused_email_fails_with_the_reason(
    house: Carrel, mail_sink: MailSink
) -> None:
    mail_sink.refusal = "550 5.1.1 no such user"
    write(house)
    send(house)
    (row,) = stored(house)
    assert row.state is JobState.FAILED
    assert row.failure == "The mail server said: 550 5.1.1 no such user"


def test_temporarily_refused_email_is_retried_later(house: Carrel, mail_sink: MailSink) -> None:
    mail_sink.refusal = "451 4.7.1 greylisted"
    write(house)
    send(house)
    (row,) = stored(house)
    assert (row.state, row.tries) == (JobState.QUEUED, 1)
    assert row.run_at > now()


def test_refused_email_does_not_delay_the_next(house: Carrel, mail_sink: MailSink) -> None:
    write(house, "bob@example.org")
    write(house)
    mail_sink.refusal = "451 4.7.1 greylisted"
    send(house)
    assert [row.tries for row in stored(house)] == [1, 1]


def test_outage_loses_no_email_and_counts_no_attempt(
    database: Database, environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lms.worker.mail_thread.FIRST_PAUSE_S", 0.01)
    carrel = house_with(database, environ, SMTP_URL=f"smtp://127.0.0.1:{free_port()}")
    write(carrel)
    send(carrel)
    (row,) = stored(carrel)
    assert (row.state, row.tries) == (JobState.QUEUED, 0)
    assert row.failure is not None
    assert row.failure.startswith("The mail server can't be reached")


def test_worker_can_stop_during_the_pause_of_an_outage(
    database: Database, environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "lms.worker.mail_thread.FIRST_PAUSE_S", 3600.0
    )  # longer than a test can take
    carrel = house_with(database, environ, SMTP_URL=f"smtp://127.0.0.1:{free_port()}")
    write(carrel)
    with at_work(Worker(carrel, Work(handlers={}), (Lane.PROMPT,))):
        until(lambda: stored(carrel)[0].failure is not None)
    assert stored(carrel)[0].state is JobState.QUEUED


def test_without_a_mail_server_emails_become_private_files(carrel: Carrel) -> None:
    write(carrel)
    send(carrel)
    (path,) = (carrel.settings.data_dir / "mail").iterdir()
    (row,) = stored(carrel)
    assert path.name == f"{row.public_id}.eml"
    assert path.stat().st_mode & 0o777 == 0o600
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert message["To"] == TO
    assert row.state is JobState.DONE


def test_unwritable_directory_counts_as_an_outage(
    carrel: Carrel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lms.worker.mail_thread.FIRST_PAUSE_S", 0.01)
    (carrel.settings.data_dir / "mail").write_text("a file is in the way")
    write(carrel)
    send(carrel)
    (row,) = stored(carrel)
    assert (row.state, row.tries) == (JobState.QUEUED, 0)


def test_worker_sends_email_automatically(house: Carrel, mail_sink: MailSink) -> None:
    with at_work(Worker(house, Work(handlers={}), (Lane.PROMPT,))):
        write(house)
        until(lambda: len(mail_sink.delivered) == 1)


def test_email_is_sent_after_the_server_closed_the_connection(
    house: Carrel, mail_sink: MailSink
) -> None:
    write(house)
    postbox = open_transport(house.settings)
    going = MailSender(house, MailLane.NORMAL, "one", threading.Event(), postbox)
    going.step()
    write(house)
    going.step()
    assert len(mail_sink.delivered) == 2


def test_email_that_cannot_be_composed_does_not_delay_the_next(
    house: Carrel, mail_sink: MailSink
) -> None:
    write(house)
    with house.database.transaction() as session:
        session.scalars(select(Mail)).one().invitation = {"what": "no invitation"}
    write(house, "bob@example.org")
    send(house)
    broken, good = stored(house)
    assert (broken.state, broken.tries, good.state) == (JobState.QUEUED, 1, JobState.DONE)
    assert broken.failure == "We couldn't write this email: KeyError"


def test_second_broken_connection_in_a_row_counts_as_an_outage(
    house: Carrel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lms.worker.mail_thread.FIRST_PAUSE_S", 0.01)
    write(house)
    write(house, "bob@example.org")
    postbox = Faulty(BrokenOff("The mail server closed the connection: one"))
    postbox.fault.append(BrokenOff("The mail server closed the connection: two"))
    thread = MailSender(house, MailLane.NORMAL, "one", threading.Event(), postbox)
    thread.step()
    assert sorted((one.state, one.tries) for one in stored(house)) == [
        (JobState.QUEUED, 0),  # released: the server could be at fault
        (JobState.QUEUED, 1),
    ]
    thread.step()
    assert postbox.taken == ["bob@example.org"]


class Faulty:
    """A mail transport that fails on the first email and accepts the others."""

    def __init__(self, fault: Exception) -> None:
        self.fault = [fault]
        self.taken: list[str] = []

    def put(self, message: EmailMessage) -> None:
        if self.fault:
            raise self.fault.pop()
        self.taken.append(message["To"])

    def close(self) -> None:
        """Do nothing: no connection is open."""


@pytest.mark.parametrize(
    "fault",
    [RuntimeError("an odd answer\0"), BrokenOff("The mail server closed the connection: \0")],
    ids=["unexpected", "broken-off"],
)
def test_email_that_breaks_sending_is_retried_later_and_the_next_is_sent(
    house: Carrel, fault: Exception
) -> None:
    write(house)
    write(house, "bob@example.org")
    postbox = Faulty(fault)
    MailSender(house, MailLane.NORMAL, "one", threading.Event(), postbox).step()
    broken, good = stored(house)
    assert (broken.state, broken.tries, good.state) == (JobState.QUEUED, 1, JobState.DONE)
    assert broken.run_at > now()
    assert broken.failure
    assert postbox.taken == ["bob@example.org"]
