"""Access on hold for non-payment: who is sent to the order to pay, and who isn't (P9, S16)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lms.access.order_payers import Payable, unpaid_order
from lms.access.policy import Code
from lms.core.database import Database
from lms.models.accounts import Login
from lms.models.orders import Terms
from lms.models.organizations import Organization, Role
from lms.models.seats import Pool
from lms.sales import cancellations, order_access
from lms.sales.read_models import OrderFacts
from tests.access.test_grant_paths import decision, elm_of
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_assignment, make_login, make_membership, make_organization
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, SEAT, grants, locked, paid, placed

DAY = timedelta(days=1)
INVOICE = replace(SEAT, terms=Terms.INVOICE)


def paused(database: Database, new=INVOICE) -> OrderFacts:
    """Place an order on credit, and put its access on hold 40 days later."""
    facts = placed(database, new, at=NOW - 40 * DAY)
    with database.transaction() as session:
        order_access.hold(session, locked(session, facts), now=NOW - DAY)
    return facts


def answer(database: Database, cast: Cast, login_id: int) -> tuple[Code, Payable | None]:
    """Return the decision code for a person, and the order they can pay."""
    found = decision(database, login_id, cast.webinar_id)
    with database.read_session() as session:
        return found.code, unpaid_order(session, found, login_id)


def of_elm(database: Database, cast: Cast) -> str:
    with database.read_session() as session:
        return session.get_one(Organization, cast.organization_id).public_id


def seated(database: Database, cast: Cast, facts: OrderFacts, role: Role | None) -> int:
    """Give a new person a seat of the order, and a role in Elm County; return the account's ID."""
    pool_id = grants(database, facts)[0].pool_id
    with database.transaction() as session:
        person = make_login(session)
        make_assignment(session, session.get_one(Pool, pool_id), person)
        if role is not None:
            make_membership(session, elm_of(session, cast), person, role=role)
        return person.id


def test_person_is_sent_to_their_own_order_until_it_is_paid(database: Database, cast: Cast) -> None:
    facts = paused(database)
    expected = (Code.PAYMENT_OVERDUE, Payable(facts.public_id, None))
    assert answer(database, cast, cast.dan.id) == expected
    paid(database, facts)
    assert answer(database, cast, cast.dan.id) == (Code.OK_PERMANENT, None)


def test_order_on_hold_from_the_start_is_pending_and_can_be_paid(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, replace(INVOICE, is_held=True), at=NOW - 40 * DAY)
    expected = (Code.PAYMENT_PENDING, Payable(facts.public_id, None))
    assert answer(database, cast, cast.dan.id) == expected
    with database.transaction() as session:
        # our team reviews it and puts it on hold until it is paid
        order_access.hold(session, locked(session, facts), now=NOW - DAY)
    assert answer(database, cast, cast.dan.id) == expected


def test_access_released_by_our_team_is_no_longer_on_hold(database: Database, cast: Cast) -> None:
    facts = paused(database)
    with database.transaction() as session:
        cancellations.release(
            session, locked(session, facts), mail_context=OFFICE, actor=None, now=NOW
        )
    assert answer(database, cast, cast.dan.id) == (Code.OK_PERMANENT, None)


@pytest.mark.parametrize("role", [None, *Role])
def test_only_people_who_pay_for_the_organization_are_sent_to_its_order(
    database: Database, cast: Cast, role: Role | None
) -> None:
    facts = paused(database, GROUP)
    login_id = seated(database, cast, facts, role)
    order = Payable(facts.public_id, of_elm(database, cast))
    pays = role in (Role.BILLING, Role.MANAGER, Role.OWNER)
    assert answer(database, cast, login_id) == (Code.PAYMENT_OVERDUE, order if pays else None)


def test_manager_without_a_seat_is_sent_to_the_order(database: Database, cast: Cast) -> None:
    facts = paused(database, GROUP)
    order = Payable(facts.public_id, of_elm(database, cast))
    assert answer(database, cast, cast.mia.id) == (Code.PAYMENT_OVERDUE, order)


def test_role_of_a_merged_account_counts(database: Database, cast: Cast) -> None:
    facts = paused(database, GROUP)
    with database.transaction() as session:
        session.get_one(Login, cast.mia.id).merged_into = cast.dan.id
    order = Payable(facts.public_id, of_elm(database, cast))
    assert answer(database, cast, cast.dan.id) == (Code.PAYMENT_OVERDUE, order)


def test_grant_without_an_order_cannot_be_paid(database: Database, cast: Cast) -> None:
    facts = paused(database)
    found = decision(database, cast.dan.id, cast.webinar_id)
    assert found.grant is not None
    other = replace(found, grant=replace(found.grant, public_id="z" * 26))
    with database.read_session() as session:
        assert unpaid_order(session, other, cast.dan.id) is None
        assert unpaid_order(session, found, cast.dan.id) == Payable(facts.public_id, None)


def test_order_of_a_merged_organization_can_be_paid_by_managers_of_the_kept_one(
    database: Database, cast: Cast
) -> None:
    facts = paused(database, GROUP)
    with database.transaction() as session:
        kept = make_organization(session, "oak-county")
        elm_of(session, cast).merged_into = kept.id
        boss = make_login(session)
        make_membership(session, kept, boss, role=Role.MANAGER)
        login_id, order = boss.id, Payable(facts.public_id, kept.public_id)
    for person in (login_id, cast.mia.id):
        assert answer(database, cast, person) == (Code.PAYMENT_OVERDUE, order)
