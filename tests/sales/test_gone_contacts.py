"""An organization's orders after its contact is gone: its managers get the emails.

A contact is gone once their account is deleted or blocked, or managers removed them.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import pytest
from sqlalchemy import func, select

from lms.buying import accepted_quotes
from lms.core.database import Database
from lms.documents.mails import recipients
from lms.models.accounts import EmailPurpose, Login
from lms.models.documents import Document
from lms.models.orders import Order, Quote
from lms.models.organizations import Organization, Role
from lms.models.payments import PaymentReminder
from lms.organizations import memberships, organizations
from lms.people import erasure
from lms.receivables.reminders import due_debtors
from lms.sales import mails, quotes
from lms.sales.quotes import Acceptance
from lms.sales.read_models import OrderFacts
from tests.cast import Cast, Person
from tests.clock import NOW
from tests.factories import make_membership
from tests.mailbox import letters, newest
from tests.receivables.test_reminders import sent_at
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, paid, placed, read
from tests.sales.test_quotes import drafted, quoted
from tests.sales.test_receiving import reverse

LATE = NOW + timedelta(days=60)
BY_LINK = Acceptance("Sue Purchasing")


@pytest.fixture
def quote(database: Database, cast: Cast) -> tuple[OrderFacts, Quote]:
    """A quote for Mia, Elm County's contact."""
    facts = drafted(database)
    return facts, quoted(database, facts)


def owned_by(database: Database, cast: Cast, person: Person, role: Role = Role.OWNER) -> None:
    """Give a person a role in Elm County."""
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        make_membership(session, elm, session.get_one(Login, person.id), role=role)


def erase_mia(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        erasure.erase(session, cast.mia.id, hooks=(), links=OFFICE.links, actor=None, now=NOW)


def remove_mia(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        slug = session.get_one(Organization, cast.organization_id).slug
        elm = organizations.find_organization(session, slug)
        memberships.end_membership(session, elm, cast.mia.public_id, actor=None, now=NOW)


def block_mia(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        session.get_one(Login, cast.mia.id).blocked_at = NOW


Leave = Callable[[Database, Cast], None]
WAYS: Final[tuple[Leave, ...]] = (erase_mia, remove_mia, block_mia)


def sent_to(database: Database, person: Person) -> list[str]:
    """Return the kinds of emails sent to a person."""
    return [one.kind for one in letters(database, person.email or "")]


def accepted_by(database: Database, quote: Quote, actor: str | None) -> None:
    with database.transaction() as session:
        accepted_quotes.accept(
            session,
            session.get_one(Quote, quote.id),
            BY_LINK,
            mail_context=OFFICE,
            actor=actor,
            now=NOW,
        )


def test_manager_who_accepts_a_quote_becomes_its_contact(
    database: Database, cast: Cast, quote: tuple[OrderFacts, Quote]
) -> None:
    owned_by(database, cast, cast.alice)
    owned_by(database, cast, cast.bob, Role.MANAGER)
    erase_mia(database, cast)
    accepted_by(database, quote[1], cast.bob.public_id)
    after = read(database, quote[0])
    assert (after.contact_id, after.contact_email) == (cast.bob.id, cast.bob.email)
    kinds = [one.kind for one in letters(database, cast.bob.email or "")]
    assert "order_confirmation_organization" in kinds


def test_manager_becomes_contact_of_a_quote_that_someone_else_accepts(
    database: Database, cast: Cast, quote: tuple[OrderFacts, Quote]
) -> None:
    owned_by(database, cast, cast.alice)
    erase_mia(database, cast)
    with database.transaction() as session:
        again = session.get_one(Quote, quote[1].id)
        quotes.accept(
            session, again, BY_LINK, mail_context=OFFICE, actor=cast.ada.public_id, now=NOW
        )
    assert read(database, quote[0]).contact_id == cast.alice.id


def test_quote_for_an_organization_without_managers_can_be_accepted(
    database: Database, cast: Cast, quote: tuple[OrderFacts, Quote]
) -> None:
    erase_mia(database, cast)
    accepted_by(database, quote[1], None)
    assert read(database, quote[0]).placed_at == NOW


@pytest.mark.parametrize("leave", WAYS)
def test_reminders_and_documents_go_to_the_managers(
    database: Database, cast: Cast, leave: Leave
) -> None:
    owned_by(database, cast, cast.alice)
    facts = placed(database, GROUP)
    leave(database, cast)
    before = sent_to(database, cast.mia)
    assert len(sent_at(database, LATE)) == 1
    assert "payment_reminder" in sent_to(database, cast.alice)
    assert sent_to(database, cast.mia) == before
    with database.read_session() as session:
        invoice = session.scalars(select(Document).where(Document.order_id == facts.id)).one()
        assert recipients(session, invoice) == (cast.alice.email,)


@pytest.mark.parametrize("leave", WAYS)
def test_managers_are_emailed_about_a_bounced_check(
    database: Database, cast: Cast, leave: Leave
) -> None:
    owned_by(database, cast, cast.alice)
    payment = paid(database, placed(database, GROUP))
    leave(database, cast)
    before = sent_to(database, cast.mia)
    reverse(database, payment)
    email = newest(database, cast.alice.email or "", "payment_bounced")
    assert f"{cast.alice.name}," in email.text
    assert sent_to(database, cast.mia) == before


@pytest.mark.parametrize("leave", WAYS)
def test_managers_get_resent_emails(database: Database, cast: Cast, leave: Leave) -> None:
    owned_by(database, cast, cast.alice)
    facts = placed(database, GROUP)
    leave(database, cast)
    before = sent_to(database, cast.mia)
    with database.transaction() as session:
        order = session.get_one(Order, facts.id)
        mails.send_placed(session, order, mail_context=OFFICE, now=NOW, is_again=True)
        mails.send_open(session, order, mail_context=OFFICE, now=NOW)
    kinds = sent_to(database, cast.alice)
    assert {"order_confirmation_organization", "order_open"} <= set(kinds)
    assert sent_to(database, cast.mia) == before


@pytest.mark.parametrize("leave", WAYS[1:])
def test_address_confirmation_link_goes_to_no_one_else(
    database: Database, cast: Cast, leave: Leave
) -> None:
    owned_by(database, cast, cast.alice)
    facts = placed(database, GROUP)
    with database.transaction() as session:
        mia = session.get_one(Login, cast.mia.id)
        mia.email = mia.email_key = mia.confirmed_at = None
    leave(database, cast)
    with database.transaction() as session:
        order = session.get_one(Order, facts.id)
        assert mails.is_unconfirmed(session, order)
        mails.send_placed(session, order, mail_context=OFFICE, now=NOW, is_again=True)
    assert EmailPurpose.CONFIRM_ORDER.value not in sent_to(database, cast.alice)


def test_contact_who_returns_gets_emails_again(database: Database, cast: Cast) -> None:
    owned_by(database, cast, cast.alice)
    facts = placed(database, GROUP)
    remove_mia(database, cast)
    owned_by(database, cast, cast.mia, Role.MEMBER)
    with database.read_session() as session:
        invoice = session.scalars(select(Document).where(Document.order_id == facts.id)).one()
        assert recipients(session, invoice) == (cast.mia.email,)


def test_reminder_without_recipients_is_not_recorded_as_sent(
    database: Database, cast: Cast
) -> None:
    placed(database, GROUP)
    erase_mia(database, cast)
    assert sent_at(database, LATE) == []
    with database.read_session() as session:
        assert session.scalar(select(func.count()).select_from(PaymentReminder)) == 0
        assert due_debtors(session, now=LATE)
