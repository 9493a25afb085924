"""Emails that managers get in place of an organization's contact who is gone, by kind."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.buying import confirmation_reminders
from lms.checkouts import mails as checkout_mails
from lms.core.database import Database
from lms.core.dates_and_time_zones import default_zone
from lms.documents.mails import recipients
from lms.models.accounts import Login
from lms.models.documents import Document, DocumentKind
from lms.models.grants import OfferKind
from lms.models.orders import Order
from lms.models.payments import Payment
from lms.models.seats import Pool
from lms.organizations.billing_details import BillingContact, edit_billing
from lms.sales import mails
from lms.sales.read_models import OrderFacts
from lms.seats import claims
from tests.cast import Cast
from tests.clock import NOW
from tests.live.conftest import to_come
from tests.mailbox import letters, newest
from tests.organizations.twins import Twins, merge, twins
from tests.page_texts import says
from tests.receivables.test_reminders import sent_at
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, ONE_SEAT, paid, placed, with_line
from tests.sales.test_gone_contacts import LATE as LATER
from tests.sales.test_gone_contacts import Leave, block_mia, owned_by, remove_mia, sent_to
from tests.sales.test_quotes import drafted, quoted
from tests.sales.test_receiving import reverse

__all__ = ["to_come", "twins"]

CONFIRMATION = "order_confirmation_organization"
A_DAY_LATER = NOW + timedelta(days=1, hours=1)


def confirm_again(database: Database, facts: OrderFacts) -> None:
    with database.transaction() as session:
        order = session.get_one(Order, facts.id)
        mails.send_placed(session, order, mail_context=OFFICE, now=NOW, is_again=True)


def unconfirm_mia(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        mia = session.get_one(Login, cast.mia.id)
        mia.email = mia.email_key = mia.confirmed_at = None


@pytest.mark.parametrize("leave", [remove_mia, block_mia])
def test_new_version_of_a_quote_goes_to_the_managers(
    database: Database, cast: Cast, leave: Leave
) -> None:
    owned_by(database, cast, cast.alice)
    facts = drafted(database)
    quoted(database, facts)
    leave(database, cast)
    quoted(database, facts)
    with database.read_session() as session:
        newest_first = select(Document).where(Document.kind == DocumentKind.QUOTE)
        quote = session.scalars(newest_first.order_by(Document.id.desc())).first()
        assert quote is not None
        assert recipients(session, quote) == (cast.alice.email,)


def test_removed_contact_with_a_seat_gets_no_reminder(database: Database, cast: Cast) -> None:
    owned_by(database, cast, cast.alice)
    placed(database, GROUP)
    with database.transaction() as session:
        pool = session.scalars(select(Pool.id)).one()
        sitter = claims.asking_sitter(session, cast.mia.id)
        claims.claim(session, pool, sitter.login_id, actor=None, now=NOW)
    remove_mia(database, cast)
    sent_at(database, LATER)
    assert "payment_reminder" not in sent_to(database, cast.mia)
    assert "payment_reminder" in sent_to(database, cast.alice)


def test_bounced_check_of_a_merged_organization_goes_to_accounts_payable(
    database: Database, cast: Cast, twins: Twins
) -> None:
    with database.transaction() as session:
        payables = BillingContact(payables=("ap@elm.example.org",))
        edit_billing(session, cast.organization_id, payables, actor=None, now=NOW)
    twin = replace(GROUP, organization="elm-twp", email="otto@elm.example.org", name="Otto")
    payment = paid(database, placed(database, twin))
    merge(database)
    reverse(database, payment)
    assert [one.kind for one in letters(database, "ap@elm.example.org")] == ["payment_bounced"]


def test_manager_is_not_told_that_the_contacts_seat_is_theirs(
    database: Database, to_come: Cast
) -> None:
    owned_by(database, to_come, to_come.carol)
    facts = placed(database, replace(GROUP, lines=(ONE_SEAT,)))
    block_mia(database, to_come)
    confirm_again(database, facts)
    email = newest(database, to_come.carol.email or "", CONFIRMATION)
    assert says(email.text, CONFIRMATION, "holder", person="Mia")
    assert not says(email.text, CONFIRMATION, "own_seat")
    assert not says(email.text, CONFIRMATION, "how_to_invite")
    assert email.invitation is None


def test_group_viewing_confirmation_goes_only_to_its_host(database: Database, cast: Cast) -> None:
    owned_by(database, cast, cast.carol)
    showing = with_line(GROUP, kind=OfferKind.GROUP_SHOWING, price_minor=29900, quantity=1)
    facts = placed(database, showing)
    remove_mia(database, cast)
    before = sent_to(database, cast.mia)
    confirm_again(database, facts)
    assert letters(database, cast.carol.email or "") == []
    assert sent_to(database, cast.mia) == before


def test_managers_are_emailed_about_an_unused_card_payment(database: Database, cast: Cast) -> None:
    owned_by(database, cast, cast.alice)
    facts = placed(database, GROUP)
    payment = paid(database, facts)
    remove_mia(database, cast)
    before = sent_to(database, cast.mia)
    with database.transaction() as session:
        one = session.scalars(select(Payment).where(Payment.public_id == payment)).one()
        one.returns_on = NOW.date()
        order = session.get_one(Order, facts.id)
        checkout_mails.send_unused(session, order, one, "It was late.", OFFICE, now=NOW)
    assert sent_to(database, cast.mia) == before
    assert f"{cast.alice.name}," in newest(database, cast.alice.email or "", "payment_unused").text


@pytest.mark.parametrize("is_removed", [False, True])
def test_removed_contact_is_not_reminded_to_confirm(
    database: Database, cast: Cast, is_removed: bool
) -> None:
    owned_by(database, cast, cast.alice)
    facts = placed(database, GROUP)
    unconfirm_mia(database, cast)
    with database.transaction() as session:
        session.get_one(Order, facts.id).is_self_service = True
    if is_removed:
        remove_mia(database, cast)
    with database.transaction() as session:
        zone = default_zone()
        due = confirmation_reminders.due_buyers(session, zone=zone, now=A_DAY_LATER)
        confirmation_reminders.remind(session, cast.mia.id, mail_context=OFFICE, now=A_DAY_LATER)
    assert due == (() if is_removed else (cast.mia.id,))
    reminded = "confirm_order_reminder" in sent_to(database, cast.mia)
    assert reminded is not is_removed
