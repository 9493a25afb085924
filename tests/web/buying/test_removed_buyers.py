"""Buyers who were removed from an organization: what they bought for it isn't theirs anymore."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from lms.buying.requested_quotes import BUYS_NO_MORE
from lms.core.database import Database
from lms.models.documents import Document, DocumentKind
from lms.models.orders import Order, Quote
from lms.models.organizations import Organization, Role
from lms.models.seats import AssignmentEnd, Pool
from lms.organizations import memberships, organization_merges, organizations
from lms.organizations.organizations import OrganizationFacts
from lms.sales import orders, quotes
from lms.sales.read_models import OrderFacts, find_order_facts, grants_of_order
from lms.seats import claims
from tests.buying.buying_fixtures import ROSA, open_for_business
from tests.cast import Cast, Roles
from tests.clock import NOW, Clock
from tests.mailbox import link_in, newest
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, paid, placed
from tests.visitor import Visitor
from tests.web.buying.shopping import FORM, check_out, confirm, fill, order
from tests.web.sales.order_pages import documents


@pytest.fixture(autouse=True)
def _open(database: Database, cast: Cast, roles: Roles, clock: Clock) -> None:
    """Set up the shop; Olive is an owner of Elm County, and Mia is a manager."""
    open_for_business(database)


@pytest.fixture
def bought(database: Database) -> OrderFacts:
    """Return an unpaid order of five seats that Mia placed for Elm County."""
    return placed(database, GROUP)


def elm(database: Database, cast: Cast) -> OrganizationFacts:
    with database.read_session() as session:
        slug = session.get_one(Organization, cast.organization_id).slug
        return organizations.find_organization(session, slug)


def remove(database: Database, cast: Cast) -> None:
    """Remove Mia from Elm County."""
    with database.transaction() as session:
        memberships.end_membership(
            session, elm(database, cast), cast.mia.public_id, actor=None, now=NOW
        )


def quote_asked(client: Visitor, database: Database, cast: Cast) -> str:
    """Request a quote for Elm County as Mia; return the emailed link."""
    client.sign_in(cast.mia.id)
    sent = {
        **{key: value for key, value in FORM.items() if key.startswith("billing_")},
        "kind": "institutional",
        "webinar": "Reading rooms",
        "people": "1",
        "name": "Mia",
        "email": "mia@home.example",
        "organization_name": elm(database, cast).name,
    }
    assert client.post("/purchasing/quote", data=sent).status_code == 303
    return link_in(newest(database, "mia@home.example", "quote_requested"))


def cart_sent(client: Visitor, database: Database, cast: Cast) -> str:
    """Send a cart of Elm County to purchasing as Mia; return the emailed link."""
    client.sign_in(cast.mia.id)
    fill(client, choice="library")
    form = {"payment": "purchasing", "purchasing_email": "office@elm.example"}
    assert check_out(client, **form, payer=str(cast.organization_id)).status_code == 303
    return link_in(newest(database, cast.mia.email, "quote_requested"))


Ask = Callable[[Visitor, Database, Cast], str]
ASKING: tuple[Ask, ...] = (quote_asked, cart_sent)


def seat_path(database: Database, facts: OrderFacts) -> str:
    with database.read_session() as session:
        pool = grants_of_order(session, facts.id)[0].pool_public_id
    return f"/orders/{facts.public_id}/seats/{pool}"


def test_removed_buyer_cannot_see_pay_or_use_the_order(
    client: Visitor, database: Database, cast: Cast, bought: OrderFacts
) -> None:
    path = f"/orders/{bought.public_id}"
    (invoice,) = documents(database, DocumentKind.INVOICE)
    client.sign_in(cast.mia.id)
    for page in (path, f"/documents/{invoice.public_id}"):
        assert client.get(page).status_code == 200
    assert f'href="{path}/pay"' in client.get(path).text
    remove(database, cast)
    for page in (path, f"{path}/pay", f"{path}/paid", f"/documents/{invoice.public_id}"):
        assert client.get(page).status_code == 404, page
    assert client.post(seat_path(database, bought)).status_code == 404
    paid(database, bought)
    assert client.get(f"/webinars/{cast.slug}/watch").status_code == 403


def test_removed_requester_cannot_open_the_quotes_payment_page(
    client: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        draft = orders.draft(session, GROUP, actor=None, now=NOW)
        draft.contact_id = cast.mia.id
        quotes.issue_quote(session, draft, mail_context=OFFICE, actor=None, now=NOW)
        path = f"/orders/{draft.public_id}/pay"
    client.sign_in(cast.mia.id)
    assert "/pay/" in client.get(path).location
    remove(database, cast)
    assert client.get(path).status_code == 404


def test_buyer_who_becomes_a_member_can_see_but_not_pay_the_order(
    client: Visitor, database: Database, cast: Cast, bought: OrderFacts
) -> None:
    with database.transaction() as session:
        organizations.add_member(
            session, elm(database, cast), cast.mia.id, role=Role.MEMBER, actor=None, now=NOW
        )
    client.sign_in(cast.mia.id)
    path = f"/orders/{bought.public_id}"
    page = client.get(path)
    assert page.status_code == 200
    assert f'href="{path}/pay"' not in page.text
    assert client.get(f"{path}/pay").status_code == 404


def test_removed_buyer_can_see_the_order_while_they_have_a_seat(
    client: Visitor, database: Database, cast: Cast, bought: OrderFacts
) -> None:
    client.sign_in(cast.mia.id)
    client.post(seat_path(database, bought))
    remove(database, cast)
    path = f"/orders/{bought.public_id}"
    assert client.get(path).status_code == 200
    assert client.get(f"{path}/pay").status_code == 404
    with database.transaction() as session:
        pool = session.get_one(Pool, grants_of_order(session, bought.id)[0].pool_id)
        sitter = claims.asking_sitter(session, cast.mia.id)
        held = claims.seat_held(session, pool.id, sitter)
        assert held is not None
        claims.release(
            session,
            held.seat,
            AssignmentEnd.REMOVED,
            links=OFFICE.links,
            actor=None,
            now=NOW,
        )
    assert client.get(path).status_code == 404


def test_buyer_sees_the_order_after_their_organization_was_merged(
    client: Visitor, database: Database, cast: Cast
) -> None:
    path = order(client, box={"choice": "team", "seats": "5"})
    with database.transaction() as session:
        facts = find_order_facts(session, path.rpartition("/")[2])
        new = session.get_one(Organization, session.get_one(Order, facts.id).organization_id)
        organization_merges.merge(
            session,
            kept=elm(database, cast).slug,
            merged=new.slug,
            actor=cast.ada.public_id,
            now=NOW,
        )
    confirm(client, database)
    page = client.get(path)
    assert page.status_code == 200
    assert re.search(rf'action="{path}/seats/\w+"', page.text)


@pytest.mark.parametrize("ask", ASKING)
def test_quote_link_of_a_removed_buyer_issues_nothing(
    client: Visitor, app: Flask, database: Database, cast: Cast, ask: Ask
) -> None:
    link = ask(client, database, cast)
    remove(database, cast)
    other = app.test_client()
    for answer in (other.get(link), other.post(link)):
        assert answer.status_code == 410
        assert BUYS_NO_MORE in answer.text
    with database.read_session() as session:
        assert session.scalars(select(Document)).all() == []
        assert session.scalars(select(Order).where(Order.placed_at.is_not(None))).all() == []


@pytest.mark.parametrize("ask", ASKING)
def test_used_quote_link_of_a_removed_buyer_is_refused(
    client: Visitor, app: Flask, database: Database, cast: Cast, ask: Ask
) -> None:
    link = ask(client, database, cast)
    other = app.test_client()
    assert "/pay/" in other.post(link).location
    remove(database, cast)
    assert other.post(link).status_code == 410


@pytest.mark.parametrize("ask", ASKING)
def test_quote_link_of_a_billing_contact_still_works(
    client: Visitor, app: Flask, database: Database, cast: Cast, ask: Ask
) -> None:
    link = ask(client, database, cast)
    with database.transaction() as session:
        organizations.add_member(
            session, elm(database, cast), cast.mia.id, role=Role.BILLING, actor=None, now=NOW
        )
    other = app.test_client()
    assert other.get(link).status_code == 200
    assert "/pay/" in other.post(link).location
    with database.read_session() as session:
        quoted = select(Order.organization_id).join(Quote, Quote.order_id == Order.id)
        assert session.scalars(quoted).all() == [cast.organization_id]


def test_quote_link_of_a_new_library_still_leads_to_its_order(
    client: Visitor, database: Database
) -> None:
    fill(client, choice="library")
    form = {"payment": "purchasing", "purchasing_email": "office@pinecounty.example"}
    assert check_out(client, **form).status_code == 303
    link = link_in(newest(database, ROSA, "quote_requested"))
    page = client.post(link).location
    accepted = client.post(f"{page}/accept-quote", data={"name": "Rosa", "has_agreed": "y"})
    assert accepted.status_code == 303
    assert client.post(link).location == page
