"""A bounced email is shown with its address, and an outage loses no email."""

import threading
from datetime import timedelta
from email.message import EmailMessage

import pytest

from lms.core.database import Database
from lms.core.errors import Invalid, NotFound
from lms.core.runtime import Carrel
from lms.mail.bounces import bounced_addresses, read_report, take_report
from lms.mail.outbox import mail_facts, post, resend
from lms.mail.transport import NoSuchMailbox, ServerAway
from lms.models.jobs import JobState
from lms.models.mail import MailLane
from lms.worker.mail_thread import MailSender
from tests.clock import NOW, Clock

TO = "pat@example.org"
DAY = timedelta(days=1)

DSN = """\
From: MAILER-DAEMON@mx.example.net
To: carrel@localhost
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I could not deliver it.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {to}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: {returned}

{head}
--b--
"""


def report(
    *,
    to: str = TO,
    mail_id: str = "",
    action: str = "failed",
    status: str = "5.1.1",
    returned: str = "text/rfc822-headers",
) -> bytes:
    head = f"Message-ID: <{mail_id}@example.org>\nSubject: Hello\n" if mail_id else "Subject: x\n"
    text = DSN.format(to=to, action=action, status=status, returned=returned, head=head)
    return text.encode()


def write(carrel: Carrel, to: str = TO) -> str:
    with carrel.database.transaction() as session:
        row = post(
            session,
            kind="delivery_test",
            to=to,
            login_id=None,
            subject="Hello",
            values={},
            now=NOW,
        )
        return row.public_id


def send(carrel: Carrel, to: str = TO) -> str:
    """Post an email and send it to a file."""
    mail_id = write(carrel, to)
    MailSender(carrel, MailLane.NORMAL, "one", threading.Event()).step()
    return mail_id


def take(database: Database, raw: bytes) -> None:
    with database.transaction() as session:
        take_report(session, raw, now=NOW + DAY)


def bounces(database: Database, *keys: str) -> list[str]:
    with database.read_session() as session:
        return list(bounced_addresses(session, keys))


class Refusing:
    """A mail server that refuses every email with the given error."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def put(self, message: EmailMessage) -> None:
        raise self.error

    def close(self) -> None:
        pass


def test_report_marks_the_email_whose_id_it_returns(carrel: Carrel, clock: Clock) -> None:
    first = send(carrel)
    second = send(carrel)
    take(carrel.database, report(mail_id=first))
    with carrel.database.read_session() as session:
        assert mail_facts(session, first).bounced_at == NOW + DAY
        assert mail_facts(session, first).failure == "It bounced: 550 5.1.1 no such user"
        assert mail_facts(session, second).bounced_at is None
    assert bounces(carrel.database, TO, "dan@example.org") == [TO]


def test_report_with_the_whole_email_is_read(carrel: Carrel, clock: Clock) -> None:
    mail_id = send(carrel)
    take(carrel.database, report(mail_id=mail_id, returned="message/rfc822"))
    assert bounces(carrel.database, TO) == [TO]


def test_report_without_our_id_marks_the_newest_email_to_the_address(
    carrel: Carrel, clock: Clock
) -> None:
    send(carrel)
    second = send(carrel)
    take(carrel.database, report(to="PAT@example.org"))
    with carrel.database.read_session() as session:
        assert mail_facts(session, second).bounced_at == NOW + DAY


@pytest.mark.parametrize(("action", "status"), [("delayed", "4.4.1"), ("delivered", "2.0.0")])
def test_report_of_a_delay_marks_nothing(
    carrel: Carrel, clock: Clock, action: str, status: str
) -> None:
    mail_id = send(carrel)
    take(carrel.database, report(mail_id=mail_id, action=action, status=status))
    assert bounces(carrel.database, TO) == []


def test_email_that_is_not_a_report_is_refused() -> None:
    with pytest.raises(Invalid):
        read_report(b"Subject: On holiday\n\nI am away.\n")


def test_report_about_an_unknown_email_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        take(database, report(to="stranger@example.org"))


def test_report_about_email_that_has_not_been_sent_is_not_found(carrel: Carrel) -> None:
    write(carrel)
    with pytest.raises(NotFound):
        take(carrel.database, report())
    assert bounces(carrel.database, TO) == []


def test_address_refused_by_the_server_bounces_at_once(carrel: Carrel, clock: Clock) -> None:
    with carrel.database.transaction() as session:
        row = post(
            session,
            kind="delivery_test",
            to=TO,
            login_id=None,
            subject="Hello",
            values={},
            now=NOW,
        )
        mail_id = row.public_id
    server = Refusing(NoSuchMailbox("The mail server said: 550 no such user"))
    MailSender(carrel, MailLane.NORMAL, "one", threading.Event(), server).step()
    with carrel.database.read_session() as session:
        facts = mail_facts(session, mail_id)
    assert (facts.state, facts.bounced_at) == (JobState.FAILED, NOW)
    assert bounces(carrel.database, TO) == [TO]


def test_later_delivered_email_clears_the_bounce(carrel: Carrel, clock: Clock) -> None:
    take_from = send(carrel)
    take(carrel.database, report(mail_id=take_from))
    clock.set(NOW + 2 * DAY)
    send(carrel)
    assert bounces(carrel.database, TO) == []


def test_resending_an_email_clears_its_bounce(carrel: Carrel, clock: Clock) -> None:
    mail_id = send(carrel)
    take(carrel.database, report(mail_id=mail_id))
    with carrel.database.transaction() as session:
        resend(session, mail_id, actor=None, now=NOW + DAY)
    assert bounces(carrel.database, TO) == []


def test_outage_loses_no_email(carrel: Carrel, clock: Clock) -> None:
    with carrel.database.transaction() as session:
        row = post(
            session,
            kind="delivery_test",
            to=TO,
            login_id=None,
            subject="Hello",
            values={},
            now=NOW,
        )
        mail_id = row.public_id
    stopping = threading.Event()
    stopping.set()
    server = Refusing(ServerAway("The server is away."))
    away = MailSender(carrel, MailLane.NORMAL, "one", stopping, server)
    away.step()
    MailSender(carrel, MailLane.NORMAL, "one", threading.Event()).step()
    with carrel.database.read_session() as session:
        assert mail_facts(session, mail_id).state is JobState.DONE
    assert bounces(carrel.database, TO) == []
