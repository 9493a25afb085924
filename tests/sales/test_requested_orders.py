"""Orders from requests: drafts of declined requests, and the roles that contacts get."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.accounts import Login
from lms.models.grants import OfferKind
from lms.models.organizations import Membership, Organization, Role
from lms.models.requests import RequestKind
from lms.requests import requests
from lms.requests.read_models import RequestFacts
from lms.sales import orders, quotes, requested_orders
from lms.sales.quotes import Acceptance
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_login, make_membership
from tests.requests.test_requests import NEW, OFFICE, asked
from tests.requests.test_requests import priced as priced
from tests.sales.order_fixtures import GROUP, placed


@pytest.fixture
def five(priced: Database, cast: Cast) -> RequestFacts:
    """A request for five seats, with its draft."""
    new = replace(NEW, webinar_id=cast.webinar_id, kind=RequestKind.GROUP, quantity=5)
    return asked(priced, new)


def decline(database: Database, facts: RequestFacts) -> None:
    with database.transaction() as session:
        requested_orders.decline(
            session, facts.public_id, answer="Sold out", links=OFFICE.links, actor=None, now=NOW
        )


def is_canceled(database: Database, facts: RequestFacts) -> bool:
    with database.read_session() as session:
        return orders.find_order(session, facts.order_public_id or "").canceled_at is not None


def purchase_order(database: Database, cast: Cast, first: RequestFacts) -> RequestFacts:
    new = replace(
        NEW,
        webinar_id=cast.webinar_id,
        kind=RequestKind.PURCHASE_ORDER,
        offer=OfferKind.GROUP_SEATS,
        quantity=5,
    )
    return asked(database, new, quote_of=first.public_id)


def test_draft_of_a_declined_request_is_canceled(priced: Database, five: RequestFacts) -> None:
    decline(priced, five)
    assert is_canceled(priced, five)


def test_purchase_order_request_does_not_reuse_a_canceled_draft(
    priced: Database, cast: Cast, five: RequestFacts
) -> None:
    decline(priced, five)
    later = purchase_order(priced, cast, five)
    assert later.order_public_id != five.order_public_id
    assert not is_canceled(priced, later)


def test_draft_is_kept_while_another_request_uses_it(
    priced: Database, cast: Cast, five: RequestFacts
) -> None:
    later = purchase_order(priced, cast, five)
    assert later.order_public_id == five.order_public_id
    decline(priced, later)
    assert not is_canceled(priced, five)
    decline(priced, five)
    assert is_canceled(priced, five)


def test_quoted_draft_is_not_canceled(priced: Database, five: RequestFacts) -> None:
    with priced.transaction() as session:
        order = orders.find_order(session, five.order_public_id or "", lock=True)
        quotes.issue_quote(session, order, mail_context=OFFICE, actor=None, now=NOW)
    with priced.transaction() as session:
        requests.reopen(session, five.public_id, actor=None, now=NOW)
    decline(priced, five)
    assert not is_canceled(priced, five)


def test_request_without_a_draft_can_be_declined(priced: Database, cast: Cast) -> None:
    decline(priced, asked(priced, replace(NEW, kind=RequestKind.TROUBLE)))


@pytest.fixture
def for_elm(priced: Database, cast: Cast) -> RequestFacts:
    """A request by an outsider for five seats of Elm County, which has no owner."""
    new = replace(
        NEW,
        webinar_id=cast.webinar_id,
        kind=RequestKind.GROUP,
        quantity=5,
        email="pat@example.org",
        organization_id=cast.organization_id,
    )
    return asked(priced, new)


def accept(database: Database, facts: RequestFacts) -> None:
    """Quote the draft of a request, and accept the quote."""
    with database.transaction() as session:
        order = orders.find_order(session, facts.order_public_id or "", lock=True)
        quote = quotes.issue_quote(session, order, mail_context=OFFICE, actor=None, now=NOW)
        how = Acceptance("Pat", po_number="88123")
        quotes.accept(session, quote, how, mail_context=OFFICE, actor=None, now=NOW)


def roles_in_elm(database: Database, cast: Cast) -> dict[str | None, Role]:
    with database.read_session() as session:
        rows = session.execute(
            select(Login.email, Membership.role)
            .join(Membership, Membership.login_id == Login.id)
            .where(Membership.organization_id == cast.organization_id)
        )
        return {row.email: row.role for row in rows}


def test_accepted_request_gives_its_contact_no_role_in_an_existing_organization(
    priced: Database, cast: Cast, for_elm: RequestFacts
) -> None:
    accept(priced, for_elm)
    with priced.read_session() as session:
        order = orders.find_order(session, for_elm.order_public_id or "")
        assert (order.placed_at, order.organization_id) == (NOW, cast.organization_id)
    assert roles_in_elm(priced, cast) == {"mia@example.org": Role.MANAGER}


def test_billing_contact_who_requests_more_keeps_the_billing_role(
    priced: Database, cast: Cast
) -> None:
    with priced.transaction() as session:
        bill = make_login(session, "bill@example.org", name="Bill")
        elm = session.get_one(Organization, cast.organization_id)
        make_membership(session, elm, bill, role=Role.BILLING)
    new = replace(
        NEW,
        webinar_id=cast.webinar_id,
        kind=RequestKind.GROUP,
        quantity=5,
        email="bill@example.org",
        organization_id=cast.organization_id,
    )
    accept(priced, asked(priced, new))
    assert roles_in_elm(priced, cast)["bill@example.org"] is Role.BILLING


def test_order_for_a_request_without_a_price_gives_its_contact_no_role(
    priced: Database, cast: Cast
) -> None:
    new = replace(
        NEW,
        kind=RequestKind.TROUBLE,
        email="pat@example.org",
        organization_id=cast.organization_id,
    )
    request = asked(priced, new)
    placed(priced, replace(GROUP, email="Pat@example.org", answers=request.public_id))
    assert roles_in_elm(priced, cast) == {"mia@example.org": Role.MANAGER}


def test_contact_chosen_by_our_team_for_a_request_gets_a_role(
    priced: Database, cast: Cast, for_elm: RequestFacts
) -> None:
    with priced.transaction() as session:
        order = orders.find_order(session, for_elm.order_public_id or "", lock=True)
        chosen = replace(GROUP, email="cleo@example.org", name="Cleo")
        orders.revise(session, order, chosen, actor=None, now=NOW)
    accept(priced, for_elm)
    assert roles_in_elm(priced, cast)["cleo@example.org"] is Role.OWNER


def test_accepted_request_for_a_new_organization_makes_its_contact_the_owner(
    priced: Database, five: RequestFacts
) -> None:
    with priced.transaction() as session:
        order = orders.find_order(session, five.order_public_id or "", lock=True)
        order.organization_name = "Birch Library"
    accept(priced, five)
    with priced.read_session() as session:
        owner = select(Login.email).join(Membership).where(Membership.role == Role.OWNER)
        assert session.scalars(owner).one() == "dan@example.org"
