"""Staff page of outgoing mail: sent and waiting emails, failures, and sending one again."""

import pytest
from sqlalchemy import select, update

from lms.core.clock import now
from lms.core.database import Database
from lms.mail.attachments import Attachment
from lms.mail.delivery import mark_sent, refuse, take
from lms.mail.outbox import mail_facts, post
from lms.models.jobs import JobState
from lms.models.mail import Mail, MailLane
from lms.web.mail.staff_outgoing_mail import LANE_WORDS
from tests.cast import Cast
from tests.page_texts import is_empty, says
from tests.visitor import Visitor

WAITING = 'data-testid="waiting"'
LEADS_TO_ALL = '<a class="button button-primary" href="/staff/mail">'


@pytest.fixture
def staff(client: Visitor, cast: Cast) -> Visitor:
    client.sign_in(cast.ada.id)
    return client


def read(page: Visitor, path: str = "/staff/mail") -> str:
    return page.get(path).text


def write(database: Database, *attachments: Attachment) -> str:
    with database.transaction() as session:
        row = post(
            session,
            kind="delivery_test",
            to="alice@example.org",
            login_id=None,
            subject="Hello <you>",
            values={},
            now=now(),
            attachments=attachments,
        )
        return row.public_id


def refused(database: Database) -> str:
    mail_id = write(database)
    with database.transaction() as session:
        letter = take(session, MailLane.NORMAL, worker="one", now=now())
        assert letter is not None
        refuse(session, letter, "550 no such user")
    return mail_id


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_outgoing_mail_is_not_found_for_people_outside_staff(
    client: Visitor, cast: Cast, database: Database, person: str
) -> None:
    client.sign_in(getattr(cast, person).id)
    assert client.get("/staff/mail").status_code == 404
    assert client.post(f"/staff/mail/{refused(database)}/resend").status_code == 404


def test_empty_list_has_no_button_to_all_mail(staff: Visitor) -> None:
    page = read(staff)
    assert is_empty(page)
    assert LEADS_TO_ALL not in page


def test_list_shows_the_recipient_and_why_the_email_was_refused(
    staff: Visitor, database: Database
) -> None:
    refused(database)
    page = read(staff)
    assert "alice@example.org" in page
    assert "Hello &lt;you&gt;" in page
    assert "550 no such user" in page


def test_list_never_shows_the_text_of_an_email(staff: Visitor, database: Database) -> None:
    write(database)
    assert not says(read(staff), "delivery_test", "test")


def test_list_can_be_filtered_by_state(staff: Visitor, database: Database) -> None:
    write(database)
    assert "alice@example.org" in read(staff, "/staff/mail?state=queued")
    page = read(staff, "/staff/mail?state=failed")
    assert is_empty(page)
    assert LEADS_TO_ALL in page


def test_staff_are_warned_when_there_is_no_mail_server(staff: Visitor) -> None:
    assert "CARREL_SMTP_URL" in read(staff)


def test_page_counts_waiting_emails_in_each_lane(staff: Visitor, database: Database) -> None:
    assert WAITING not in read(staff)
    refused(database)
    assert WAITING not in read(staff)
    for _ in range(1000):
        write(database)
    with database.transaction() as session:
        session.execute(update(Mail).values(lane=MailLane.BULK))
    write(database)
    page = read(staff)
    assert WAITING in page
    assert page.count("<li>1 ") == page.count("<li>1,000 ") == 1  # no urgent one
    assert f"<li>{LANE_WORDS[MailLane.NORMAL][0] % {'count': '1'}}</li>" in page
    assert f"<li>{LANE_WORDS[MailLane.BULK][1] % {'count': '1,000'}}</li>" in page


def test_list_names_attached_files(staff: Visitor, database: Database) -> None:
    write(database, Attachment("documents/0/a.pdf", "Invoice <1>.pdf", "application/pdf"))
    assert "Attached: Invoice &lt;1&gt;.pdf" in read(staff)


def test_refused_email_can_be_sent_again(staff: Visitor, database: Database) -> None:
    mail_id = refused(database)
    answer = staff.post(f"/staff/mail/{mail_id}/resend")
    assert (answer.status_code, answer.location) == (303, "/staff/mail")
    with database.read_session() as session:
        assert mail_facts(session, mail_id).state is JobState.QUEUED


def test_email_whose_secret_was_removed_cannot_be_sent_again(
    staff: Visitor, database: Database
) -> None:
    mail_id = write(database)
    with database.transaction() as session:
        mail = session.scalars(select(Mail)).one()
        mail.text = f"Here it is: https://library.example.org/reset-password/{'x' * 43}"
    with database.transaction() as session:
        letter = take(session, MailLane.NORMAL, worker="one", now=now())
        assert letter is not None
        mark_sent(session, letter, now=now())
    assert "Send again" not in read(staff)
    assert staff.post(f"/staff/mail/{mail_id}/resend").status_code == 409
