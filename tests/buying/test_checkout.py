"""Checkout with and without an account: what starts, what waits, and who is told."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Code, decide
from lms.buying import carts, checkout, confirmations, order_sessions
from lms.buying.carts import Item
from lms.buying.checkout import Buyer, Payment
from lms.buying.confirmations import NewPerson
from lms.core.database import Database
from lms.core.errors import Conflict, Gone, Invalid, NotFound
from lms.models.accounts import Login
from lms.models.grants import OfferKind
from lms.models.orders import Order, OrderSession, Terms
from lms.models.organizations import Membership, Organization, Role
from lms.models.payments import Checkout
from lms.models.seats import VerifiedDomain
from lms.pricing.price_list import Price, set_prices
from lms.sales.billing import billing_of
from lms.sales.read_models import OrderFacts
from tests.buying.buying_fixtures import (
    PRICES,
    ROSA,
    WEBINAR,
    confirmed,
    details,
    filled,
    open_for_business,
    ordered,
    row,
    secret_sent,
)
from tests.cast import Cast, Person
from tests.clock import NOW
from tests.factories import make_webinar
from tests.mailbox import letters
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import documents

pytestmark = pytest.mark.usefixtures("_open")
MYSELF = Item(OfferKind.SINGLE, WEBINAR)


@pytest.fixture
def _open(database: Database, cast: Cast) -> None:
    open_for_business(database)


def buyer_of(person: Person, email: str) -> Buyer:
    return Buyer(person.id, person.public_id, email)


def verify_domain(database: Database, cast: Cast, domain: str = "pinecounty.example") -> None:
    with database.transaction() as session:
        session.add(
            VerifiedDomain(organization_id=cast.organization_id, domain=domain, verified_at=NOW)
        )


def code_for(
    database: Database, login_id: int, webinar_id: int, action: Action = Action.RECORDING
) -> Code:
    with database.read_session() as session:
        case = load_case(session, login_id=login_id, webinar_id=webinar_id)
        return decide(case.login, case.webinar, action, NOW).code


def kinds_to(database: Database, email: str) -> list[str]:
    return [one.kind for one in letters(database, email)]


class TestStranger:
    def test_gets_one_email_and_no_invoice_before_the_address_is_confirmed(
        self, database: Database
    ) -> None:
        facts = ordered(database, filled(database), details())
        assert row(database, facts).awaits_proof
        assert documents(database, facts) == []
        assert kinds_to(database, ROSA) == ["confirm_order"]

    def test_gets_the_invoice_once_the_address_is_confirmed(self, database: Database) -> None:
        facts = ordered(database, filled(database), details())
        confirmed(database)
        assert [(kind, total) for kind, _, total, _ in documents(database, facts)] == [
            ("invoice", 32500)
        ]
        assert not row(database, facts).awaits_proof

    def test_with_a_free_mailbox_gets_an_invoice_but_no_recording(
        self, database: Database, cast: Cast
    ) -> None:
        token = filled(database, MYSELF)
        entered = details(email="rosa@gmail.com", organization_name="A library")
        facts = ordered(database, token, entered)
        login_id = confirmed(database, "rosa@gmail.com")
        assert len(documents(database, facts)) == 1
        assert code_for(database, login_id, cast.webinar_id) is Code.PAYMENT_PENDING

    def test_at_a_verified_domain_can_watch_once_confirmed(
        self, database: Database, cast: Cast
    ) -> None:
        verify_domain(database, cast)
        ordered(database, filled(database, MYSELF), details())
        login_id = confirmed(database)
        assert code_for(database, login_id, cast.webinar_id) is Code.OK_PERMANENT

    def test_over_the_credit_limit_is_put_on_hold(self, database: Database, cast: Cast) -> None:
        verify_domain(database, cast)
        facts = ordered(
            database, filled(database, Item(OfferKind.GROUP_SEATS, WEBINAR, 10)), details()
        )
        confirmed(database)
        assert row(database, facts).held_at is not None

    def test_owns_the_new_organization_which_staff_must_verify(
        self, database: Database, cast: Cast
    ) -> None:
        facts = ordered(database, filled(database), details())
        login_id = confirmed(database)
        with database.read_session() as session:
            made = session.get_one(Organization, facts.organization_id)
            assert made.unverified_since == NOW
            assert made.billing_address is not None
            assert made.billing_address.city == "Pine"
            role = session.scalar(
                select(Membership.role).where(
                    Membership.organization_id == made.id, Membership.login_id == login_id
                )
            )
        assert role is Role.OWNER

    def test_does_not_join_an_organization_by_its_name(
        self, database: Database, cast: Cast
    ) -> None:
        facts = ordered(database, filled(database), details(organization_name="Elm County Library"))
        assert facts.organization_id != cast.organization_id

    def test_with_a_known_address_gets_the_order_in_that_account_once_confirmed(
        self, database: Database, cast: Cast
    ) -> None:
        verify_domain(database, cast, "example.org")
        ordered(database, filled(database, MYSELF), details(email="dan@example.org"))
        assert code_for(database, cast.dan.id, cast.webinar_id) is Code.NO_GRANT
        login_id = confirmed(database, "dan@example.org")
        assert login_id == cast.dan.id
        assert code_for(database, cast.dan.id, cast.webinar_id) is Code.OK_PERMANENT

    def test_does_not_change_another_persons_account(self, database: Database, cast: Cast) -> None:
        ordered(database, filled(database, MYSELF), details(email="dan@example.org", name="Eve"))
        with database.read_session() as session:
            dan = session.get_one(Login, cast.dan.id)
            assert (dan.name, dan.merged_into) == ("Dan", None)

    def test_can_use_a_confirmation_link_only_once(self, database: Database) -> None:
        ordered(database, filled(database), details())
        secret = secret_sent(database)
        confirmed(database)
        with database.transaction() as session, pytest.raises(Gone):
            confirmations.confirm(
                session,
                secret,
                NewPerson("Eve", None),
                hooks=(),
                mail_context=OFFICE,
                now=NOW,
            )

    def test_can_correct_a_mistyped_address_and_the_old_link_expires(
        self, database: Database
    ) -> None:
        facts = ordered(database, filled(database), details(email="roas@pinecounty.example"))
        old = secret_sent(database, "roas@pinecounty.example")
        with database.transaction() as session:
            order = session.get_one(Order, facts.id)
            confirmations.correct(
                session, order, name="Rosa", email=ROSA, mail_context=OFFICE, now=NOW
            )
        with database.read_session() as session, pytest.raises(Gone):
            confirmations.read_confirmation(session, old, now=NOW)
        confirmed(database)
        (invoice,) = documents(database, facts)
        assert invoice[0] == "invoice"
        with database.read_session() as session:
            assert billing_of(session, session.get_one(Order, facts.id)).to.email == ROSA

    def test_cannot_correct_a_confirmed_address(self, database: Database) -> None:
        facts = ordered(database, filled(database), details())
        confirmed(database)
        with database.transaction() as session, pytest.raises(Conflict):
            confirmations.correct(
                session,
                session.get_one(Order, facts.id),
                name="Eve",
                email="eve@example.com",
                mail_context=OFFICE,
                now=NOW,
            )

    def test_can_name_people_who_are_invited_once_access_starts(
        self, database: Database, cast: Cast
    ) -> None:
        verify_domain(database, cast)
        token = filled(database)
        with database.read_session() as session:
            line = carts.read(session, carts.find(session, token)).lines[0].public_id
        people = {line: "Ann Bell <ann@pinecounty.example>\nbo@pinecounty.example"}
        ordered(database, token, details(people=people))
        assert kinds_to(database, "ann@pinecounty.example") == []
        confirmed(database)
        assert kinds_to(database, "ann@pinecounty.example") == ["invitation"]
        assert kinds_to(database, "bo@pinecounty.example") == ["invitation"]


class TestSignedIn:
    def test_manager_can_buy_for_the_organization_at_once(
        self, database: Database, cast: Cast
    ) -> None:
        verify_domain(database, cast, "example.org")
        entered = details(email="mia@example.org", organization_id=cast.organization_id)
        facts = ordered(
            database, filled(database), entered, buyer=buyer_of(cast.mia, "mia@example.org")
        )
        assert facts.organization_id == cast.organization_id
        assert [kind for kind, *_ in documents(database, facts)] == ["invoice"]
        assert row(database, facts).held_at is None

    def test_person_cannot_buy_for_another_organization(
        self, database: Database, cast: Cast
    ) -> None:
        entered = details(email="dan@example.org", organization_id=cast.organization_id)
        with pytest.raises(NotFound):
            ordered(
                database, filled(database), entered, buyer=buyer_of(cast.dan, "dan@example.org")
            )
        with pytest.raises(NotFound):
            ordered(database, filled(database), entered)

    def test_person_who_pays_later_waits_for_payment(self, database: Database, cast: Cast) -> None:
        entered = details(
            email="dan@example.org", payment=Payment.INVOICE, is_for_organization=False
        )
        facts = ordered(
            database, filled(database, MYSELF), entered, buyer=buyer_of(cast.dan, "dan@example.org")
        )
        assert code_for(database, cast.dan.id, cast.webinar_id) is Code.PAYMENT_PENDING
        assert [kind for kind, *_ in documents(database, facts)] == ["invoice"]


class TestLiveWithinADay:
    @pytest.fixture
    def soon(self, database: Database) -> int:
        with database.transaction() as session:
            return make_webinar(session, "tonight", held_at=NOW + timedelta(minutes=30)).id

    def order(self, database: Database, email: str) -> tuple[OrderFacts, int]:
        token = filled(database, Item(OfferKind.SINGLE, "webinar:tonight"))
        facts = ordered(database, token, details(email=email, organization_name=email))
        return facts, confirmed(database, email)

    def test_opens_only_the_live_session(self, database: Database, soon: int) -> None:
        _facts, login_id = self.order(database, ROSA)
        assert code_for(database, login_id, soon, Action.LIVE) is Code.OK_PERMANENT
        assert code_for(database, login_id, soon, Action.HANDOUT) is Code.PAYMENT_PENDING

    def test_opens_once_per_domain(self, database: Database, soon: int) -> None:
        self.order(database, ROSA)
        _facts, login_id = self.order(database, "bo@pinecounty.example")
        assert code_for(database, login_id, soon, Action.LIVE) is Code.PAYMENT_PENDING

    def test_does_not_open_for_a_public_email_domain(self, database: Database, soon: int) -> None:
        _facts, login_id = self.order(database, "rosa@gmail.com")
        assert code_for(database, login_id, soon, Action.LIVE) is Code.PAYMENT_PENDING


class TestOrderSession:
    def test_gives_the_browser_access_to_a_free_order_until_confirmed(
        self, database: Database, cast: Cast
    ) -> None:
        free = (Price(OfferKind.SINGLE, 1, 0, "USD"), *PRICES[1:])
        with database.transaction() as session:
            set_prices(session, free, actor=None, now=NOW)
        entered = details(payment=Payment.INVOICE, is_for_organization=False)
        facts = ordered(database, filled(database, MYSELF), entered, browser="a browser")
        with database.read_session() as session:
            (buyer,) = order_sessions.buyers_of(session, "a browser", now=NOW)
            assert order_sessions.buyers_of(session, "another", now=NOW) == ()
        assert code_for(database, buyer, cast.webinar_id) is Code.OK_PERMANENT
        assert facts.terms is Terms.COMPLIMENTARY
        confirmed(database)
        with database.read_session() as session:
            assert order_sessions.buyers_of(session, "a browser", now=NOW) == ()

    def test_ends_after_a_day(self, database: Database) -> None:
        ordered(database, filled(database), details(), browser="a browser")
        with database.read_session() as session:
            later = NOW + timedelta(hours=24)
            assert order_sessions.buyers_of(session, "a browser", now=later) == ()

    def test_is_deleted_after_it_expired(self, database: Database) -> None:
        ordered(database, filled(database), details(), browser="a browser")
        with database.transaction() as session:
            order_sessions.forget_old(session, now=NOW + timedelta(hours=23))
            assert session.scalar(select(func.count(OrderSession.id))) == 1
            order_sessions.forget_old(session, now=NOW + timedelta(hours=25))
            assert session.scalar(select(func.count(OrderSession.id))) == 0

    def test_second_order_for_the_same_address_has_the_same_contact(
        self, database: Database
    ) -> None:
        first = ordered(database, filled(database), details(), browser="a browser")
        second = ordered(database, filled(database), details(), browser="a browser")
        assert first.contact_id == second.contact_id
        confirmed(database)
        assert not row(database, first).awaits_proof
        assert not row(database, second).awaits_proof


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"email": "rosa"}, "email"),
        ({"organization_name": ""}, "organization_name"),
        ({"address": None}, "billing_street"),
        ({"po_number": ""}, "po_number"),
        ({"has_agreed": False}, "has_agreed"),
        ({"is_for_organization": False}, "payer"),
        ({"payable_email": "ap"}, "payable_email"),
    ],
)
def test_missing_field_is_named(database: Database, values: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        ordered(database, filled(database), details(**values))
    assert field in refused.value.fields


def test_more_people_than_seats_are_refused(database: Database) -> None:
    token = filled(database, Item(OfferKind.GROUP_SEATS, WEBINAR, 1))
    with database.read_session() as session:
        line = carts.read(session, carts.find(session, token)).lines[0].public_id
    with pytest.raises(Invalid) as refused:
        ordered(database, token, details(people={line: "a@x.example\nb@x.example"}))
    assert f"people-{line}" in refused.value.fields


def test_payment_methods_require_complete_settings(database: Database) -> None:
    with database.read_session() as session:
        assert checkout.methods(session, takes_cards=False) == (
            Payment.INVOICE,
            Payment.PURCHASE_ORDER,
            Payment.CHECK,
            Payment.PURCHASING,
        )
        assert checkout.methods(session, takes_cards=True)[0] is Payment.CARD


def test_entries_are_restored_after_the_card_page(database: Database) -> None:
    token = filled(database)
    with database.transaction() as session:
        cart = carts.editable(session, token, now=NOW)
        (line,) = carts.read(session, cart).lines
        names = "Kim Larkspur <kim@pinecounty.example>\nlee@pinecounty.example"
        typed = details(
            payment=Payment.CARD,
            payable_email="ap@pinecounty.example",
            po_number="",
            people={line.public_id: names},
        )
        checkout.write_details(session, cart, typed, buyer=None, now=NOW)
        session.add(
            Checkout(
                order_id=cart.id,
                currency="USD",
                amount_minor=32500,
                provider_session="cs_1",
                idempotency_key="key",
                created_at=NOW,
                expires_at=NOW + timedelta(hours=24),
            )
        )
    with database.transaction() as session:
        assert checkout.entered(session, carts.find(session, token)) == replace(
            typed, has_agreed=False
        )
        copy = carts.editable(session, token, now=NOW)
        assert checkout.entered(session, copy) == replace(typed, has_agreed=False)
