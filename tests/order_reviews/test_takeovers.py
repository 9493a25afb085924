"""Takeovers: who is asked about whose order, and what follows from the answer (S16)."""

import pytest
from sqlalchemy import select

from lms.buying.carts import Item, find, read
from lms.buying.checkout import Buyer
from lms.core.database import Database
from lms.core.errors import Conflict, NotFound
from lms.models.grants import OfferKind
from lms.models.orders import OrderTakeover
from lms.models.organizations import Membership, Organization, Role
from lms.models.seats import Assignment, AssignmentState, Pool
from lms.order_reviews import takeovers
from lms.organizations import new_organizations
from lms.organizations.organizations import find_organization
from lms.sales import cancellations
from lms.sales.read_models import OrderFacts
from lms.seats import claims
from tests.buying.buying_fixtures import (
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
from tests.sales.order_fixtures import balanced, documents, locked, paid

MIA = "mia@example.org"


@pytest.fixture(autouse=True)
def _open(database: Database, cast: Cast) -> None:
    """Elm County has verified the domain of the person who orders."""
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


def test_managers_are_asked_once_the_address_is_proven(database: Database, cast: Cast) -> None:
    ordered(database, filled(database), details())
    assert asked(database, cast) == []
    confirmed(database)
    (takeover_id,) = asked(database, cast)
    mail = newest(database, MIA, "order_takeover")
    assert f"/takeovers/{takeover_id}" in mail.text
    assert ROSA in mail.text


def test_the_buyer_is_told_nothing(database: Database, cast: Cast) -> None:
    bought(database)
    assert not any("Elm County" in one.text for one in letters(database, ROSA))


def test_nobody_is_asked_of_an_address_elsewhere(database: Database, cast: Cast) -> None:
    ordered(database, filled(database), details(email="rosa@gmail.com"))
    confirmed(database, "rosa@gmail.com")
    assert asked(database, cast) == []


def test_nobody_is_asked_of_a_purchase_for_oneself(database: Database, cast: Cast) -> None:
    token = filled(database, Item(OfferKind.SINGLE, WEBINAR))
    ordered(database, token, details(is_for_organization=False))
    confirmed(database)
    assert asked(database, cast) == []


def test_signed_in_buyer_of_a_new_organization_is_asked_about(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        make_verified_domain(session, elm, "example.org")
    buyer = Buyer(cast.dan.id, cast.dan.public_id, "dan@example.org")
    ordered(database, filled(database), details(email="dan@gmail.com"), buyer=buyer)
    assert len(asked(database, cast)) == 1


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


def test_people_with_seats_are_invited_again_and_the_buyer_has_theirs(
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


def test_declining_leaves_the_order_and_asks_not_again(database: Database, cast: Cast) -> None:
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


def test_it_is_answered_once_and_by_these_managers_alone(database: Database, cast: Cast) -> None:
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


def test_verified_organization_is_asked_about_no_more(database: Database, cast: Cast) -> None:
    facts, _login = bought(database)
    with database.transaction() as session:
        slug = session.get_one(Organization, facts.organization_id).slug
        made = find_organization(session, slug)
        new_organizations.verify(session, made, actor=None, now=NOW)
        assert session.scalars(select(OrderTakeover)).one().answered_at is None
    assert asked(database, cast) == []


def test_orders_at_a_domain_share_its_credit_until_taken_over(
    database: Database, cast: Cast
) -> None:
    first, _buyer = bought(database)
    assert row(database, first).held_at is None
    second, _buyer = bought(database, organization_name="Another Library")
    assert row(database, second).held_at is not None


def test_declined_order_leaves_no_credit_to_its_buyer(database: Database, cast: Cast) -> None:
    bought(database)
    (takeover_id,) = asked(database, cast)
    with database.transaction() as session:
        takeovers.decline(session, cast.organization_id, takeover_id, actor="mia", now=NOW)
    second, _buyer = bought(database, organization_name="Another Library")
    assert row(database, second).held_at is not None
