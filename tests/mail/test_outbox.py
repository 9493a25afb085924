"""Writing email: in the caller's transaction, branded, and safe from header injection."""

from datetime import timedelta

import pytest
from jinja2 import TemplateNotFound
from sqlalchemy import select

from lms.core.database import Database
from lms.core.errors import Conflict, Invalid, NotFound
from lms.core.model_base import new_public_id
from lms.mail.delivery import LEASE, LeasedMail, has_mail, mark_sent, put_off, refuse, release, take
from lms.mail.outbox import list_mails, mail_facts, post, resend
from lms.models.audit import AuditEntry
from lms.models.branding import Branding
from lms.models.jobs import JobState
from lms.models.mail import Mail, MailLane
from tests.clock import NOW
from tests.page_texts import says

LATER = NOW + timedelta(days=1)
TO = "alice@example.org"


def write(
    database: Database,
    *,
    kind: str = "delivery_test",
    to: str = TO,
    subject: str = "Mail arrives",
    unique_key: str | None = None,
) -> str:
    """Commit an email and return its public ID."""
    with database.transaction() as session:
        row = post(
            session,
            kind=kind,
            to=to,
            login_id=None,
            subject=subject,
            values={},
            now=NOW,
            unique_key=unique_key,
        )
        return row.public_id


def stored(database: Database) -> Mail:
    with database.read_session() as session:
        return session.scalars(select(Mail)).one()


def taken(database: Database) -> LeasedMail:
    with database.transaction() as session:
        letter = take(session, MailLane.NORMAL, worker="one", now=NOW)
    assert letter is not None
    return letter


def test_email_is_rendered_as_text_and_as_html(database: Database) -> None:
    write(database)
    row = stored(database)
    assert says(row.text, "delivery_test", "test")
    assert "<h1" not in row.text
    assert says(row.html, "delivery_test", "test")
    assert (row.state, row.recipient, row.run_at) == (JobState.QUEUED, TO, NOW)


def test_email_names_the_seller_and_the_recipient(database: Database) -> None:
    with database.transaction() as session:
        session.add(
            Branding(
                name="Ink & Oak",
                accent="#123456",
                contact_email="desk@example.org",
                sender_name="Ink & Oak",
                updated_at=NOW,
            )
        )
    write(database)
    row = stored(database)
    [sent_by] = (line for line in row.text.splitlines() if TO in line)
    assert "Ink & Oak" in sent_by
    assert "Ink &amp; Oak" in row.html
    assert "#123456" in row.html


def test_kind_without_a_template_raises(database: Database) -> None:
    with pytest.raises(TemplateNotFound):
        write(database, kind="unheard_of")


def test_line_breaks_are_removed_from_subjects(database: Database) -> None:
    write(database, subject="Hello\r\nBcc: all@example.org\n\tand more")
    assert stored(database).subject == "Hello Bcc: all@example.org and more"


@pytest.mark.parametrize(
    "address",
    ["", "alice", "a@b, c@d", "alice@example.org\nBcc: x@example.org", "Al <al@example.org>"],
)
def test_anything_but_one_valid_address_is_refused(database: Database, address: str) -> None:
    with pytest.raises(Invalid):
        write(database, to=address)


def test_unique_key_creates_one_email(database: Database) -> None:
    first = write(database, unique_key="remind:7:day3")
    assert write(database, unique_key="remind:7:day3") == first
    with database.read_session() as session:
        assert list_mails(session).total == 1


def test_email_is_claimed_once_until_its_lease_lapses(database: Database) -> None:
    write(database)
    taken(database)
    with database.transaction() as session:
        assert take(session, MailLane.NORMAL, worker="two", now=NOW) is None
        later = NOW + LEASE + timedelta(seconds=1)
        assert take(session, MailLane.NORMAL, worker="two", now=later) is not None


def test_due_email_is_reported(database: Database) -> None:
    with database.read_session() as session:
        assert not has_mail(session, MailLane.NORMAL, now=NOW)
    write(database)
    with database.read_session() as session:
        assert has_mail(session, MailLane.NORMAL, now=NOW)


def test_sent_email_can_be_sent_again(database: Database) -> None:
    mail_id = write(database)
    letter = taken(database)
    with database.transaction() as session:
        mark_sent(session, letter, now=NOW)
    with database.read_session() as session:
        facts = mail_facts(session, mail_id)
    assert (facts.state, facts.sent_at, facts.may_be_sent_again) == (JobState.DONE, NOW, True)
    with database.transaction() as session:
        resend(session, mail_id, actor=None, now=LATER)
    row = stored(database)
    assert (row.state, row.run_at, row.tries) == (JobState.QUEUED, LATER, 0)


def test_resending_is_recorded_in_the_audit_trail_without_an_address(
    database: Database,
) -> None:
    mail_id, actor = write(database), new_public_id()
    letter = taken(database)
    with database.transaction() as session:
        refuse(session, letter, "550 no such user")
        resend(session, mail_id, actor=actor, now=LATER)
    with database.read_session() as session:
        entry = session.scalars(select(AuditEntry)).one()
    assert (entry.act, entry.subject, entry.actor) == ("mail.resent", mail_id, actor)
    assert entry.detail == {}


def test_queued_email_cannot_be_sent_again(database: Database) -> None:
    mail_id = write(database)
    with pytest.raises(Conflict), database.transaction() as session:
        resend(session, mail_id, actor=None, now=LATER)


def test_unknown_email_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound), database.transaction() as session:
        resend(session, new_public_id(), actor=None, now=NOW)
    with pytest.raises(NotFound), database.read_session() as session:
        mail_facts(session, new_public_id())


def test_text_with_a_secret_is_deleted_once_it_is_sent(database: Database) -> None:
    mail_id = write(database)
    with database.transaction() as session:
        session.scalars(select(Mail)).one().kind = "sign_in_code"
    letter = taken(database)
    with database.transaction() as session:
        mark_sent(session, letter, now=NOW)
    row = stored(database)
    assert (row.text, row.html) == ("", "")
    with pytest.raises(Conflict), database.transaction() as session:
        resend(session, mail_id, actor=None, now=LATER)


def test_deferred_email_is_retried_and_fails_after_the_last_attempt(
    database: Database,
) -> None:
    write(database)
    letter = taken(database)
    with database.transaction() as session:
        put_off(session, letter, "451 try later", now=NOW)
    assert stored(database).run_at == NOW + timedelta(seconds=10)
    with database.transaction() as session:
        session.scalars(select(Mail)).one().tries = 59
    with database.transaction() as session:
        last = take(session, MailLane.NORMAL, worker="one", now=LATER)
        assert last is not None
        put_off(session, last, "451 try later", now=LATER)
    assert stored(database).state is JobState.FAILED


def test_email_released_in_an_outage_does_not_count_as_an_attempt(database: Database) -> None:
    write(database)
    letter = taken(database)
    with database.transaction() as session:
        release(session, letter, "nobody answers")
    row = stored(database)
    assert (row.state, row.tries, row.failure) == (JobState.QUEUED, 0, "nobody answers")


def test_worker_that_lost_the_lease_of_an_email_changes_nothing(database: Database) -> None:
    write(database)
    lost = taken(database)
    with database.transaction() as session:
        assert take(session, MailLane.NORMAL, worker="two", now=NOW + LEASE * 2) is not None
        refuse(session, lost, "too late")
    assert stored(database).state is JobState.RUNNING


def test_emails_in_a_state_are_listed_newest_first(database: Database) -> None:
    made = [write(database) for _ in range(3)]
    letter = taken(database)
    with database.transaction() as session:
        refuse(session, letter, "550 no such user")
    with database.read_session() as session:
        waiting = list_mails(session, states=(JobState.QUEUED,), limit=1)
    assert (waiting.total, [facts.id for facts in waiting.items]) == (2, [made[2]])
