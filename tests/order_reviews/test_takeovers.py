"""Takeovers: which managers are asked about an order, and what their answer changes (S16)."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.buying import accepted_quotes, cart_quotes, checkout, requested_quotes
from lms.buying.cart_quotes import CartQuote
from lms.buying.carts import Item, editable, find, read
from lms.buying.checkout import Buyer, Payment
from lms.buying.requested_quotes import OpenedRequest, QuoteRequest
from lms.core.database import Database
from lms.core.errors import Conflict, NotFound
from lms.core.model_base import new_public_id
from lms.documents.payment_links import PaymentLinks
from lms.models.grants import OfferKind
from lms.models.orders import Order, OrderTakeover, Quote
from lms.models.organizations import Membership, Organization, Role
from lms.models.seats import Assignment, AssignmentState, Pool
from lms.models.tax import ExemptionBasis
from lms.order_reviews import takeovers
from lms.organizations import new_organizations
from lms.organizations.organizations import find_organization
from lms.sales import cancellations, orders, quotes
from lms.sales.quotes import Acceptance
from lms.sales.read_models import OrderFacts
from lms.seats import claims
from tests.buying.buying_fixtures import (
    ADDRESS,
    ROSA,
    WEBINAR,
    confirmed,
    details,
    filled,
    open_for_business,
    ordered,
    row,
)
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_verified_domain
from tests.mailbox import letters, newest
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, add_ohio_tax, balanced, documents, locked, paid
from tests.sales.order_fixtures import read as reread

MIA = "mia@example.org"
LINKS = PaymentLinks(OFFICE.links, b"a key of tests")


@pytest.fixture(autouse=True)
def _open(database: Database, cast: Cast) -> None:
    open_with_domain(database, cast)


def open_with_domain(database: Database, cast: Cast) -> None:
    """Open for business, with Elm County's domain verified, which is the buyer's."""
    open_for_business(database)
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        make_verified_domain(session, elm, "pinecounty.example")


def asked(database: Database, cast: Cast) -> list[str]:
    with database.read_session() as session:
        return [one.public_id for one in takeovers.open_of(session, cast.organization_id)]


def bought(database: Database, **values: object) -> tuple[OrderFacts, int]:
    facts = ordered(database, filled(database), details(**values))
    return facts, confirmed(database)


def accept(database: Database, cast: Cast) -> None:
    (takeover_id,) = asked(database, cast)
    with database.transaction() as session:
        takeovers.accept(
            session,
            find_organization(session, "elm-county"),
            takeover_id,
            mail_context=OFFICE,
            actor=cast.mia.public_id,
            now=NOW,
        )


def test_managers_are_asked_once_the_address_is_confirmed(database: Database, cast: Cast) -> None:
    ordered(database, filled(database), details())
    assert asked(database, cast) == []
    confirmed(database)
    (takeover_id,) = asked(database, cast)
    mail = newest(database, MIA, "order_takeover")
    assert f"/takeovers/{takeover_id}" in mail.text
    assert ROSA in mail.text


def test_buyer_is_not_notified(database: Database, cast: Cast) -> None:
    bought(database)
    assert not any("Elm County" in one.text for one in letters(database, ROSA))


def test_no_one_is_asked_about_an_address_in_another_domain(database: Database, cast: Cast) -> None:
    ordered(database, filled(database), details(email="rosa@gmail.com"))
    confirmed(database, "rosa@gmail.com")
    assert asked(database, cast) == []


def test_no_one_is_asked_about_a_personal_purchase(database: Database, cast: Cast) -> None:
    token = filled(database, Item(OfferKind.SINGLE, WEBINAR))
    ordered(database, token, details(is_for_organization=False))
    confirmed(database)
    assert asked(database, cast) == []


def test_managers_are_asked_about_a_signed_in_buyers_new_organization(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        make_verified_domain(session, elm, "example.org")
    buyer = Buyer(cast.dan.id, cast.dan.public_id, "dan@example.org")
    ordered(database, filled(database), details(email="dan@gmail.com"), buyer=buyer)
    assert len(asked(database, cast)) == 1


def quoted_on_request(database: Database) -> Quote:
    """Open the link of a quote that was requested on the purchasing page."""
    asked_for = QuoteRequest(
        OfferKind.SINGLE, WEBINAR, 5, "Rosa Delgado", ROSA, "Pine County Library", ADDRESS
    )
    opened = OpenedRequest(asked_for, new_public_id())
    with database.transaction() as session:
        order = requested_quotes.issue(session, opened, mail_context=OFFICE, now=NOW)
        return found_quote(session, order.id)


def quoted_from_a_cart(database: Database) -> Quote:
    """Open the link of a cart that was sent to purchasing."""
    token = filled(database)
    entered = details(payment=Payment.PURCHASING, purchasing_email="ap@pinecounty.example")
    with database.transaction() as session:
        cart = editable(session, token, now=NOW)
        checkout.write_details(session, cart, entered, buyer=None, now=NOW)
        sent = CartQuote(cart.public_id, "ap@pinecounty.example", "")
        cart_quotes.issue(session, sent, where=LINKS, mail_context=OFFICE, now=NOW)
        return found_quote(session, cart.id)


def quoted_by_our_team(database: Database) -> Quote:
    """Quote an organization that our team doesn't know yet."""
    new = replace(GROUP, organization="", organization_name="Pine County Library", email=ROSA)
    with database.transaction() as session:
        order = orders.draft(session, new, actor=None, now=NOW)
        return quotes.issue_quote(session, order, mail_context=OFFICE, actor=None, now=NOW)


def found_quote(session: Session, order_id: int) -> Quote:
    quote = quotes.newest(session, order_id)
    assert quote is not None
    return quote


def accept_quote(database: Database, quote: Quote) -> Order:
    with database.transaction() as session:
        how = Acceptance("Pat Doe", "PO 5")
        return accepted_quotes.accept(
            session,
            session.get_one(Quote, quote.id),
            how,
            mail_context=OFFICE,
            actor=None,
            now=NOW,
        )


def is_new(database: Database, order: Order) -> bool:
    """Return whether our team has to verify the organization that an order is for."""
    with database.read_session() as session:
        row = session.get_one(Organization, order.organization_id)
        return row.unverified_since is not None


@pytest.mark.parametrize("ask_for", [quoted_on_request, quoted_from_a_cart])
def test_managers_are_asked_about_an_accepted_customer_quote(
    database: Database, cast: Cast, ask_for: Callable[[Database], Quote]
) -> None:
    quote = ask_for(database)
    assert asked(database, cast) == []
    order = accept_quote(database, quote)
    assert is_new(database, order)
    assert len(asked(database, cast)) == 1
    assert ROSA in newest(database, MIA, "order_takeover").text
    accept(database, cast)
    with database.read_session() as session:
        taken = session.get_one(Order, order.id)
        assert taken.organization_id == cast.organization_id
    assert balanced(database)


@pytest.mark.parametrize("ask_for", [quoted_on_request, quoted_from_a_cart])
def test_customer_quote_uses_the_credit_of_its_domain(
    database: Database, cast: Cast, ask_for: Callable[[Database], Quote]
) -> None:
    assert accept_quote(database, ask_for(database)).held_at is None


def test_organization_from_our_quote_needs_no_verification(database: Database, cast: Cast) -> None:
    assert not is_new(database, accept_quote(database, quoted_by_our_team(database)))
    assert asked(database, cast) == []


def test_taking_over_bills_the_organization_and_moves_the_seats(
    database: Database, cast: Cast
) -> None:
    facts, login_id = bought(database)
    accept(database, cast)
    order = row(database, facts)
    assert order.organization_id == cast.organization_id
    assert [kind for kind, *_ in documents(database, facts)] == [
        "invoice",
        "invoice",
        "credit_note",
    ]
    with database.read_session() as session:
        pools = session.scalars(
            select(Pool).where(Pool.organization_id == cast.organization_id)
        ).all()
        assert [pool.capacity for pool in pools if pool.capacity] == [5]
        role = session.scalar(
            select(Membership.role).where(
                Membership.organization_id == cast.organization_id,
                Membership.login_id == login_id,
            )
        )
        assert new_organizations.count_new(session) == 0
    assert role is Role.MEMBER
    assert asked(database, cast) == []
    assert balanced(database)


def test_payment_counts_for_the_new_invoice(database: Database, cast: Cast) -> None:
    facts, _login = bought(database)
    paid(database, facts)
    accept(database, cast)
    assert documents(database, facts)[-1][3] == 0
    with database.read_session() as session:
        assert session.scalars(select(Membership.role)).all().count(Role.OWNER) <= 1
    assert balanced(database)


def test_tax_exemption_claimed_by_the_buyer_is_kept(database: Database, cast: Cast) -> None:
    add_ohio_tax(database, cast)
    facts, _login = bought(database)
    with database.transaction() as session:
        locked(session, facts).exempt_as = ExemptionBasis.GOVERNMENT
    accept(database, cast)
    assert reread(database, facts).total_minor == facts.total_minor


def test_people_with_seats_are_invited_again_and_the_buyer_keeps_theirs(
    database: Database, cast: Cast
) -> None:
    token = filled(database)
    with database.read_session() as session:
        line = read(session, find(session, token)).lines[0].public_id
    people = {line: "Ann Bell <ann@pinecounty.example>"}
    facts = ordered(database, token, details(people=people))
    login_id = confirmed(database)
    with database.transaction() as session:
        order = locked(session, facts)
        if order.held_at is not None:
            cancellations.release(session, order, mail_context=OFFICE, actor=None, now=NOW)
    with database.transaction() as session:
        pool_id = session.scalars(
            select(Pool.id).where(Pool.organization_id == facts.organization_id)
        ).one()
        claims.claim(session, pool_id, login_id, actor=None, now=NOW)
    accept(database, cast)
    with database.read_session() as session:
        rows = session.execute(
            select(Assignment.email, Assignment.login_id, Assignment.state)
            .join(Pool, Pool.id == Assignment.pool_id)
            .where(Pool.organization_id == cast.organization_id)
            .order_by(Assignment.id)
        ).all()
    assert (login_id, AssignmentState.CLAIMED) in [(one.login_id, one.state) for one in rows]
    assert ("ann@pinecounty.example", AssignmentState.INVITED) in [
        (one.email, one.state) for one in rows
    ]


def test_declined_takeover_keeps_the_order_and_is_not_asked_again(
    database: Database, cast: Cast
) -> None:
    facts, login_id = bought(database)
    (takeover_id,) = asked(database, cast)
    with database.transaction() as session:
        takeovers.decline(
            session, cast.organization_id, takeover_id, actor=cast.mia.public_id, now=NOW
        )
    assert row(database, facts).organization_id == facts.organization_id
    buyer = Buyer(login_id, "", ROSA)
    again = details(organization_id=facts.organization_id)
    ordered(database, filled(database), again, buyer=buyer)
    assert asked(database, cast) == []


def test_only_managers_of_the_organization_can_answer_and_only_once(
    database: Database, cast: Cast
) -> None:
    facts, _login = bought(database)
    (takeover_id,) = asked(database, cast)
    with database.transaction() as session, pytest.raises(NotFound):
        takeovers.decline(
            session, facts.organization_id or 0, takeover_id, actor=cast.mia.public_id, now=NOW
        )
    accept(database, cast)
    with database.transaction() as session, pytest.raises(Conflict):
        takeovers.decline(
            session, cast.organization_id, takeover_id, actor=cast.mia.public_id, now=NOW
        )


def test_verified_organization_is_not_asked_about_again(database: Database, cast: Cast) -> None:
    facts, _login = bought(database)
    with database.transaction() as session:
        slug = session.get_one(Organization, facts.organization_id).slug
        made = find_organization(session, slug)
        new_organizations.verify(session, made, actor=None, now=NOW)
        assert session.scalars(select(OrderTakeover)).one().answered_at is None
    assert asked(database, cast) == []


def test_orders_at_a_domain_share_its_credit(database: Database, cast: Cast) -> None:
    first, _buyer = bought(database)
    assert row(database, first).held_at is None
    second, _buyer = bought(database, organization_name="Another Library")
    assert row(database, second).held_at is not None


def test_declined_order_gives_its_buyer_no_credit(database: Database, cast: Cast) -> None:
    bought(database)
    (takeover_id,) = asked(database, cast)
    with database.transaction() as session:
        takeovers.decline(session, cast.organization_id, takeover_id, actor="mia", now=NOW)
    second, _buyer = bought(database, organization_name="Another Library")
    assert row(database, second).held_at is not None
