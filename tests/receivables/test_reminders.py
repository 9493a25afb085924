"""Reminders of unpaid invoices: timing, recipients, one email, and pauses (MONEY.md, M18)."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.documents.payment_links import PaymentLinks
from lms.jobs.queue import JobRun
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.mail import Mail, MailLane
from lms.models.orders import Order
from lms.models.organizations import Organization
from lms.models.payments import PauseKind, PaymentReminder, ReminderPause, Reversal
from lms.organizations.billing_details import BillingContact, edit_billing
from lms.organizations.organization_merges import merge
from lms.receivables import jobs, pauses
from lms.receivables.read_models import reminders_of_order, reminders_of_organization
from lms.receivables.reminders import due_debtors, remind
from lms.sales import corrections, disputes, order_access, receiving
from lms.sales.corrections import Correction
from lms.sales.read_models import OrderFacts
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_organization
from tests.live.upcoming_webinar import Quiet
from tests.mailbox import letters
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, SEAT, credited, grants, locked, paid, placed, read

PAY = PaymentLinks(Links("http://localhost"), b"key")
DUE = NOW + timedelta(days=30)


def sent_at(database: Database, at: datetime) -> list[str]:
    """Remind each debtor that is due at a time; return the subject lines sent."""
    with database.read_session() as session:
        before = session.scalar(select(func.max(Mail.id))) or 0
        debtors = due_debtors(session, now=at)
    for debtor in debtors:
        with database.transaction() as session:
            remind(session, debtor, mail_context=OFFICE, pay=PAY, now=at)
    with database.read_session() as session:
        wanted = select(Mail).where(Mail.id > before, Mail.kind == "payment_reminder")
        return [one.subject for one in session.scalars(wanted.order_by(Mail.id))]


def days_told(database: Database, *, until: int = 120, since: int = 0) -> list[int]:
    """Return the days after the order on which a reminder was sent, checking every day."""
    return [
        day for day in range(since, until) if sent_at(database, NOW + timedelta(days=day, hours=12))
    ]


def promise(database: Database, facts: OrderFacts, kind: PauseKind, until: datetime) -> None:
    with database.transaction() as session:
        session.add(ReminderPause(order_id=facts.id, kind=kind, until=until, created_at=NOW))


def test_payer_is_reminded_a_week_before_and_15_30_and_60_days_past_due(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, GROUP)
    assert days_told(database) == [24, 46, 61, 91]
    mails = [one for one in letters(database, "mia@example.org") if one.kind == "payment_reminder"]
    assert [one.subject.split(" ", 2)[2] for one in mails] == [
        "is due April 1, 2026",
        "was due April 1, 2026",
        "was due April 1, 2026",
        "was due April 1, 2026",
    ]
    assert "Do you have everything you need to pay this invoice?" in mails[0].text
    assert "No one has lost access" in mails[1].text
    assert "Balance due: $325.00" in mails[1].text
    assert "http://localhost/pay/" in mails[1].text
    assert {one.lane for one in mails} == {MailLane.BULK}
    (given,) = grants(database, facts)
    assert (given.revoked_at, given.suspended_at, given.awaits_payment_since) == (None, None, None)
    with database.read_session() as session:
        found = reminders_of_order(session, facts.id, now=NOW)
    assert found is not None
    assert [one.stage for one in found.sent] == ["before_due", "days_15", "days_30", "days_60"]


def test_reminder_says_which_orders_are_on_hold(database: Database, cast: Cast) -> None:
    held, _ = placed(database, GROUP), placed(database, GROUP, at=NOW + timedelta(days=4))
    with database.transaction() as session:
        order_access.hold(session, locked(session, held), now=NOW)
    assert days_told(database) == [24, 46, 61, 91]
    mails = [one for one in letters(database, "mia@example.org") if one.kind == "payment_reminder"]
    for mail in mails:
        assert "No one has lost access" not in mail.text + mail.html
        for body in (mail.text, mail.html):
            assert body.count("Access is on hold until we receive payment.") == 1


def test_customers_terms_determine_when_an_invoice_is_due(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        session.execute(
            update(Organization).where(Organization.slug == "elm-county").values(net_days=60)
        )
    placed(database, GROUP)
    assert days_told(database, until=80) == [54, 76]


def test_one_email_lists_all_open_invoices_with_their_balances(
    database: Database, cast: Cast
) -> None:
    first, second = placed(database, GROUP), placed(database, GROUP, at=NOW + timedelta(days=4))
    paid(database, second, 10_000)
    assert days_told(database) == [24, 46, 61, 91]
    texts = [one.text for one in letters(database, "mia@example.org") if "open inv" in one.subject]
    assert len(texts) == 4
    for text in texts:
        assert f"Invoice {first.invoice_number}" in text
        assert f"Invoice {second.invoice_number}" in text
        assert "Balance due: $325.00" in text
        assert "Balance due: $225.00 of $325.00" in text


def test_accounts_payable_are_emailed_instead_of_the_contact(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, GROUP)
    with database.transaction() as session:
        contact = BillingContact(payables=("ap@elm.example.org", "books@elm.example.org"))
        edit_billing(session, facts.organization_id or 0, contact, actor=None, now=NOW)
    assert len(sent_at(database, DUE - timedelta(days=6))) == 2
    assert len(letters(database, "ap@elm.example.org")) == 1
    told = [one for one in letters(database, "mia@example.org") if one.kind == "payment_reminder"]
    assert told == []


def test_payment_and_full_credit_end_reminders(database: Database, cast: Cast) -> None:
    first, second = placed(database, GROUP), placed(database, GROUP)
    paid(database, first)
    credited(database, second)
    assert days_told(database) == []


def test_bounced_check_restarts_reminders(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    payment = paid(database, facts)
    with database.transaction() as session:
        receiving.reverse(
            session, payment, Reversal.BOUNCED, pay=PAY, mail_context=OFFICE, actor=None, now=NOW
        )
    assert days_told(database, until=50) == [24, 46]


def test_open_dispute_stops_reminders(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    payment = paid(database, facts, 10_000)
    with database.transaction() as session:
        disputes.open_dispute(
            session,
            payment,
            mail_context=OFFICE,
            actor=None,
            now=NOW,
        )
    assert days_told(database) == []


@pytest.mark.parametrize("kind", [PauseKind.CHECK_SENT, PauseKind.IN_APPROVAL])
def test_promise_pauses_reminders_until_its_date(
    database: Database, cast: Cast, kind: PauseKind
) -> None:
    facts = placed(database, GROUP)
    promise(database, facts, kind, NOW + timedelta(days=50))
    assert days_told(database, until=80) == [50, 61]


def test_promise_for_one_invoice_does_not_pause_others(database: Database, cast: Cast) -> None:
    first, second = placed(database, GROUP), placed(database, GROUP)
    promise(database, first, PauseKind.CHECK_SENT, DUE + timedelta(days=90))
    sent_at(database, DUE + timedelta(days=16))
    (told,) = (
        one for one in letters(database, "mia@example.org") if one.kind == "payment_reminder"
    )
    assert str(second.invoice_number) in told.text
    assert str(first.invoice_number) not in told.text


def test_staff_can_stop_and_resume_reminders(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    with database.transaction() as session:
        pauses.stop(session, locked(session, facts), actor=None, now=NOW)
        pauses.stop(session, locked(session, facts), actor=None, now=NOW)
    assert days_told(database, until=55) == []
    promise(database, facts, PauseKind.CHECK_SENT, DUE + timedelta(days=90))
    with database.transaction() as session:
        pauses.resume(session, locked(session, facts), actor=None, now=NOW)
    assert days_told(database, since=55, until=80) == [55, 61]


def test_test_orders_and_canceled_orders_cause_no_reminders(database: Database, cast: Cast) -> None:
    placed(database, replace(GROUP, livemode=False))
    late = placed(database, GROUP)
    with database.transaction() as session:
        session.execute(update(Order).where(Order.id == late.id).values(canceled_at=NOW))
    assert days_told(database) == []


def test_corrected_invoice_does_not_repeat_earlier_reminders(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, GROUP)
    assert days_told(database, until=50) == [24, 46]
    at = NOW + timedelta(days=50)
    with database.transaction() as session:
        wanted = Correction(po_number="PO-7", due_on=date(2026, 4, 1))
        corrections.correct(
            session, locked(session, facts), wanted, mail_context=OFFICE, actor=None, now=at
        )
    assert read(database, facts).invoice_number != facts.invoice_number
    assert days_told(database, since=50) == [61, 91]


def test_individual_is_reminded_as_well(database: Database, cast: Cast) -> None:
    placed(database, replace(SEAT, terms=GROUP.terms))
    assert days_told(database, until=50) == [24, 46]
    told = [one for one in letters(database, "dan@example.org") if one.kind == "payment_reminder"]
    assert len(told) == 2


def test_merged_organizations_get_one_email(database: Database, cast: Cast) -> None:
    first = placed(database, GROUP)
    with database.transaction() as session:
        make_organization(session, "oak-county", name="Oak County Library")
    second = placed(database, replace(GROUP, organization="oak-county"))
    with database.transaction() as session:
        contact = BillingContact(payables=("ap@elm.example.org",))
        edit_billing(session, first.organization_id or 0, contact, actor=None, now=NOW)
        merge(session, kept="elm-county", merged="oak-county", actor=None, now=NOW)
    assert sent_at(database, DUE + timedelta(days=16)) == ["You have 2 open invoices"]
    with database.read_session() as session:
        found = reminders_of_organization(session, first.organization_id or 0, now=NOW)
    assert {one.number for one in found} == {first.invoice_number, second.invoice_number}


def test_job_run_twice_reminds_each_payer_once(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock
) -> None:
    placed(database, GROUP)
    placed(database, replace(SEAT, terms=GROUP.terms))
    clock.set(DUE + timedelta(days=16))
    for _ in range(2):
        jobs.remind(carrel, JobRun(0, "", "", {}, 1, 1, Quiet()))
    with database.read_session() as session:
        count = select(func.count()).where(Mail.kind == "payment_reminder")
        assert session.scalar(count) == 2
        assert session.scalar(select(func.count(PaymentReminder.id))) == 2


def test_merged_accounts_get_one_email_to_the_kept_ones_address(
    database: Database, cast: Cast
) -> None:
    for email in (cast.alice.email, cast.dan.email):
        placed(database, replace(SEAT, email=email or "", terms=GROUP.terms))
    with database.transaction() as session:
        session.get_one(Login, cast.dan.id).merged_into = cast.alice.id
    assert sent_at(database, DUE + timedelta(days=16)) == ["You have 2 open invoices"]
    assert [one.kind for one in letters(database, cast.alice.email or "")][-1] == "payment_reminder"
    assert sent_at(database, DUE + timedelta(days=17)) == []
