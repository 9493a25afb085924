"""Bulk email: how a person unsubscribes, and which addresses get none."""

import threading
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from lms.core.postal_addresses import Address
from lms.core.runtime import Carrel
from lms.mail.bounces import take_report
from lms.mail.lanes import KINDS, LANES, OPTIONAL, SUBSCRIBED
from lms.mail.opt_outs import opt_in, opt_out, opt_out_links
from lms.mail.outbox import mail_facts, post, resend
from lms.mail.transport import mail_folder
from lms.models.jobs import JobState
from lms.models.mail import MailLane
from lms.seller.settings import SellerSettings, edit_seller
from lms.worker.mail_thread import MailSender
from tests.clock import NOW, Clock
from tests.mail.test_bounces import report

TO = "pat@example.org"
DAY = timedelta(days=1)
UNSUBSCRIBED = "Not sent: they unsubscribed from invitations and reminders."


@pytest.fixture(autouse=True)
def at_noon(clock: Clock) -> None:
    """Set the worker's clock to the test's."""


def write(carrel: Carrel, kind: str) -> str:
    with carrel.database.transaction() as session:
        mail = post(
            session,
            kind="delivery_test",
            to=TO,
            login_id=None,
            subject="Hello",
            values={},
            now=NOW,
        )
        mail.kind, mail.lane = kind, LANES[kind]
        return mail.public_id


def send(carrel: Carrel, kind: str) -> str:
    mail_id = write(carrel, kind)
    MailSender(carrel, LANES[kind], "one", threading.Event()).step()
    return mail_id


def said(carrel: Carrel, mail_id: str) -> tuple[JobState, str | None]:
    with carrel.database.read_session() as session:
        facts = mail_facts(session, mail_id)
        return facts.state, facts.failure


def message(carrel: Carrel, mail_id: str) -> EmailMessage:
    raw = (mail_folder(carrel.settings) / f"{mail_id}.eml").read_bytes()
    return message_from_bytes(raw, policy=policy.default)


def bodies(sent: EmailMessage) -> list[str]:
    found = (sent.get_body([kind]) for kind in ("plain", "html"))
    return [each.get_content() for each in found if each is not None]


@pytest.mark.parametrize("kind", sorted(KINDS[MailLane.BULK] - SUBSCRIBED))
def test_bulk_email_has_the_postal_address_and_an_unsubscribe_link(
    carrel: Carrel, kind: str
) -> None:
    with carrel.database.transaction() as session:
        place = Address("1 Main Street", "", "Pine", "IL", "62701")
        seller = SellerSettings(legal_name="Ink & Oak LLC", legal_address=place)
        edit_seller(session, seller, actor=None, now=NOW)
    mail_id = send(carrel, kind)
    sent = message(carrel, mail_id)
    link = opt_out_links(carrel.settings).page(mail_id)
    is_optional = kind in OPTIONAL
    assert sent["List-Unsubscribe"] == (f"<{link}>" if is_optional else None)
    assert (sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click") is is_optional
    text, html = bodies(sent)
    assert "Ink & Oak LLC, 1 Main Street, Pine, IL 62701" in text
    assert "Ink &amp; Oak LLC, 1 Main Street, Pine, IL 62701" in html
    assert (link in text, f'href="{link}"' in html) == (is_optional, is_optional)


def test_other_email_has_no_unsubscribe_link(carrel: Carrel) -> None:
    sent = message(carrel, send(carrel, "sign_in_code"))
    assert sent["List-Unsubscribe"] is None
    assert all("nsubscribe" not in body and "bulk" not in body for body in bodies(sent)[:1])


def test_unsubscribed_address_gets_only_required_email(carrel: Carrel) -> None:
    with carrel.database.transaction() as session:
        opt_out(session, TO, now=NOW)
        opt_out(session, TO, now=NOW)  # unsubscribing twice has no further effect
    for kind in sorted(OPTIONAL):
        assert said(carrel, send(carrel, kind)) == (JobState.CANCELED, UNSUBSCRIBED), kind
    for kind in ("live_canceled", "sign_in_code", "document"):
        assert said(carrel, send(carrel, kind)) == (JobState.DONE, None), kind
    with carrel.database.transaction() as session:
        opt_in(session, TO)
    assert said(carrel, send(carrel, "invitation")) == (JobState.DONE, None)


def test_bounced_address_gets_no_bulk_email(carrel: Carrel) -> None:
    bounced = send(carrel, "invitation")
    with carrel.database.transaction() as session:
        take_report(session, report(mail_id=bounced), now=NOW)
    reason = f"Not sent: an email to this address bounced on {NOW:%Y-%m-%d}."
    assert said(carrel, send(carrel, "invitation_reminder")) == (JobState.CANCELED, reason)


def test_canceled_email_can_be_sent_again_by_staff(carrel: Carrel, clock: Clock) -> None:
    bounced = send(carrel, "invitation")
    with carrel.database.transaction() as session:
        take_report(session, report(mail_id=bounced), now=NOW)
    canceled = send(carrel, "live_canceled")
    clock.advance(DAY)
    with carrel.database.transaction() as session:
        resend(session, canceled, actor=None, now=NOW + DAY)
    MailSender(carrel, MailLane.NORMAL, "one", threading.Event()).step()
    assert said(carrel, canceled) == (JobState.DONE, None)
    # it arrived, so the address gets bulk email again
    assert said(carrel, send(carrel, "invitation")) == (JobState.DONE, None)


def test_only_bulk_email_is_optional() -> None:
    assert KINDS[MailLane.BULK] >= OPTIONAL | SUBSCRIBED
    assert not OPTIONAL & SUBSCRIBED
