"""Placing an order gives access, issues the invoice, and emails the buyer in one transaction."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Code, decide
from lms.core.database import Database
from lms.core.errors import Conflict, Invalid, NotFound
from lms.core.model_base import new_public_id
from lms.models.catalog import Webinar
from lms.models.grants import Grant, OfferKind
from lms.models.orders import DeliveredThrough, LineAct, Order, Terms
from lms.models.organizations import Membership, Organization, Role
from lms.models.requests import RequestKind, RequestState
from lms.models.seats import Pool
from lms.requests import requests
from lms.requests.read_models import find_request
from lms.requests.requests import NewRequest
from lms.sales.new_orders import NewOrder
from lms.sales.read_models import Standing
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_series
from tests.mailbox import letters, newest
from tests.page_texts import says
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, SEAT, grants, placed, with_line

PASS = with_line(SEAT, kind=OfferKind.PASS, covers="everything", price_minor=49900)
CONTRACT = with_line(
    GROUP, kind=OfferKind.CONTRACT, covers="everything", quantity=40, price_minor=800_000
)
RENEWAL = with_line(CONTRACT, act=LineAct.RENEWAL)


def code(database: Database, cast: Cast, login_id: int, *, at: datetime = NOW) -> Code:
    with database.read_session() as session:
        case = load_case(session, login_id=login_id, webinar_id=cast.webinar_id)
    return decide(case.login, case.webinar, Action.RECORDING, at).code


def test_person_can_watch_as_soon_as_the_order_is_placed(database: Database, cast: Cast) -> None:
    facts = placed(database)
    assert code(database, cast, cast.dan.id) is Code.OK_PERMANENT
    (line,) = grants(database, facts)
    assert (line.kind, line.login_id, line.seats) == (OfferKind.SINGLE, cast.dan.id, None)
    assert (facts.buyer, facts.covers, facts.contact_email) == (
        "Dan",
        "Reading rooms",
        "dan@example.org",
    )


@pytest.mark.parametrize(
    ("terms", "standing"),
    [
        (Terms.CARD, Standing.PAID),
        (Terms.INVOICE, Standing.UNPAID),
        (Terms.PURCHASE_ORDER, Standing.UNPAID),
        (Terms.CHECK, Standing.UNPAID),
    ],
)
def test_access_starts_at_once_under_all_payment_terms(
    database: Database, cast: Cast, terms: Terms, standing: Standing
) -> None:
    facts = placed(database, replace(SEAT, terms=terms))
    assert facts.standing(NOW) is standing
    assert code(database, cast, cast.dan.id) is Code.OK_PERMANENT


def test_overdue_payment_does_not_end_access(database: Database, cast: Cast) -> None:
    facts = placed(database, replace(SEAT, terms=Terms.INVOICE))
    late = NOW + timedelta(days=31)
    assert facts.standing(late) is Standing.PAST_DUE
    assert code(database, cast, cast.dan.id, at=late) is Code.OK_PERMANENT


def test_staff_can_put_access_on_hold_until_the_order_is_paid(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, replace(SEAT, terms=Terms.CHECK, is_held=True))
    assert facts.held_at == NOW
    assert grants(database, facts)[0].awaits_payment_since == NOW
    told = newest(database, "dan@example.org")
    assert says(told.text, told.kind, "held")


def test_complimentary_order_must_cost_nothing(database: Database, cast: Cast) -> None:
    facts = placed(database, replace(with_line(SEAT, price_minor=0), terms=Terms.COMPLIMENTARY))
    assert facts.standing(NOW) is Standing.PAID
    with pytest.raises(Invalid):
        placed(database, replace(SEAT, terms=Terms.COMPLIMENTARY))


def test_confirmation_says_how_to_watch_and_links_to_the_webinar(
    database: Database, cast: Cast
) -> None:
    placed(database)
    letter = newest(database, "dan@example.org")
    assert letter.kind == "order_confirmation"
    for text in (letter.text, letter.html):
        assert "http://localhost/webinars/reading-rooms" in text
        assert says(text, letter.kind, "how_to_watch")
        assert "$99.00" in text
        assert "Join live" not in text


def test_confirmation_says_when_the_webinar_is_live(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        webinar.held_at = datetime(2026, 10, 6, 18, tzinfo=UTC)
    placed(database)
    letter = newest(database, "dan@example.org")
    assert "Tuesday, October 6, 2026, 2:00 PM ET" in letter.text
    assert "Join live" in letter.html


def test_buyer_without_an_account_gets_one_and_sets_a_password(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, replace(SEAT, email="New.Person@example.org", name="New Person"))
    kinds = {letter.kind for letter in letters(database, "New.Person@example.org")}
    assert kinds == {"set_password", "order_confirmation"}
    assert facts.buyer == "New Person"
    assert facts.login_id is not None
    assert code(database, cast, facts.login_id) is Code.OK_PERMANENT


def test_past_sales_are_not_emailed(database: Database, cast: Cast) -> None:
    placed(database, replace(SEAT, email="old@example.org", terms=Terms.HISTORY))
    assert letters(database, "old@example.org") == []


# passes


def test_a_pass_lasts_a_year_from_now(database: Database, cast: Cast) -> None:
    (line,) = grants(database, placed(database, PASS))
    assert line.starts_at == NOW
    assert line.ends_at is not None
    assert line.ends_at - NOW > timedelta(days=365)
    assert "/library" in newest(database, "dan@example.org").text


def test_renewed_pass_starts_when_the_old_one_ends(database: Database, cast: Cast) -> None:
    (first,) = grants(database, placed(database, PASS))
    (second,) = grants(database, placed(database, PASS))
    assert second.starts_at == first.ends_at


def test_pass_can_cover_a_series_until_a_given_date(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        make_series(session, "desk-and-door")
    ends = NOW + timedelta(days=90)
    new = with_line(PASS, covers="series:desk-and-door", ends_at=ends)
    (line,) = grants(database, placed(database, new))
    assert (line.covers, line.ends_at) == ("Desk-And-Door", ends)


def test_group_viewing_belongs_to_one_account(database: Database, cast: Cast) -> None:
    new = with_line(SEAT, kind=OfferKind.GROUP_SHOWING, price_minor=29900)
    (line,) = grants(database, placed(database, new))
    assert (line.kind, line.login_id) == (OfferKind.GROUP_SHOWING, cast.dan.id)


# organizations


def test_seats_are_added_to_the_organizations_pool(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    (line,) = grants(database, facts)
    assert (line.kind, line.seats, line.login_id) == (OfferKind.GROUP_SEATS, 5, None)
    with database.read_session() as session:
        pool = session.scalars(select(Pool)).one()
    assert (pool.capacity, pool.is_permanent, pool.organization_id) == (
        5,
        True,
        cast.organization_id,
    )
    letter = newest(database, "mia@example.org")
    assert letter.kind == "order_confirmation_organization"
    assert f"/organization/{facts.organization_public_id}" in letter.text
    assert "/webinars/reading-rooms" in letter.text


def test_institution_has_unlimited_seats_and_its_email_names_the_lms(
    database: Database, cast: Cast
) -> None:
    new = with_line(
        GROUP,
        kind=OfferKind.INSTITUTIONAL,
        quantity=None,
        delivered_through=DeliveredThrough.LMS,
    )
    facts = placed(database, new)
    assert facts.delivered_through is DeliveredThrough.LMS
    assert grants(database, facts)[0].seats is None
    assert "in your LMS" in newest(database, "mia@example.org").text


def test_contract_ends_after_a_year_at_the_organizations_midnight(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        session.get_one(Organization, cast.organization_id).zone = "America/Los_Angeles"
    (line,) = grants(database, placed(database, CONTRACT))
    assert line.seats == 40
    assert line.ends_at is not None
    assert line.ends_at.hour in (7, 8)  # midnight in Los Angeles


def test_contract_renewed_early_starts_when_the_old_one_ends(
    database: Database, cast: Cast
) -> None:
    (old,) = grants(database, placed(database, CONTRACT))
    facts = placed(database, replace(with_line(RENEWAL, quantity=30), po_number="PO 7"))
    (line,) = grants(database, facts)
    assert (line.starts_at, line.seats) == (old.ends_at, 30)
    assert line.ends_at is not None
    assert line.ends_at > line.starts_at + timedelta(days=360)
    with database.read_session() as session:
        assert session.scalars(select(Pool)).one().capacity == 40


def test_contract_renewed_late_starts_now(database: Database, cast: Cast) -> None:
    ended = with_line(
        CONTRACT, starts_at=NOW - timedelta(days=400), ends_at=NOW - timedelta(days=35)
    )
    placed(database, ended)
    (line,) = grants(database, placed(database, RENEWAL))
    assert line.starts_at == NOW


def test_managers_are_emailed_about_a_renewed_contract(database: Database, cast: Cast) -> None:
    placed(database, CONTRACT)
    assert newest(database, "mia@example.org").kind == "order_confirmation_organization"
    facts = placed(database, replace(with_line(RENEWAL, quantity=30), po_number="PO 7"))
    letter = newest(database, "mia@example.org")
    assert letter.kind == "contract_renewed"
    assert f"/organization/{facts.organization_public_id}" in letter.text
    for body in (letter.text, letter.html):
        assert says(body, letter.kind, "seats", num=30)
        assert says(body, letter.kind, "access_stays")
        assert "PO 7" in body
        assert str(facts.number) in body


def test_contract_of_another_scope_is_not_a_renewal(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        slug = make_series(session).slug
    placed(database, CONTRACT)
    (line,) = grants(database, placed(database, with_line(CONTRACT, covers=f"series:{slug}")))
    assert line.starts_at == NOW
    assert newest(database, "mia@example.org").kind == "order_confirmation_organization"


def test_new_organization_gets_its_contact_as_owner(database: Database, cast: Cast) -> None:
    new = replace(
        GROUP, organization="", organization_name=" Birch  Library ", email="kim@example.org"
    )
    facts = placed(database, new)
    assert (facts.buyer, facts.organization_slug) == ("Birch Library", "birch-library")
    with database.read_session() as session:
        roles = session.execute(
            select(Membership.login_id, Membership.role).where(
                Membership.organization_id == facts.organization_id
            )
        ).all()
    assert [tuple(row) for row in roles] == [(facts.contact_id, Role.OWNER)]


def test_a_manager_who_buys_stays_a_manager(database: Database, cast: Cast) -> None:
    placed(database, GROUP)
    with database.read_session() as session:
        role = session.scalar(select(Membership.role).where(Membership.login_id == cast.mia.id))
    assert role is Role.MANAGER


# invalid orders


@pytest.mark.parametrize(
    ("new", "changes", "field"),
    [
        (SEAT, {"covers": "webinar:none"}, "covers"),
        (SEAT, {"covers": "nonsense"}, "covers"),
        (SEAT, {"covers": "everything"}, "covers"),
        (PASS, {"covers": "webinar:reading-rooms"}, "covers"),
        (SEAT, {"quantity": 2}, "quantity"),
        (PASS, {"quantity": 2}, "quantity"),
        (GROUP, {"quantity": None}, "quantity"),
        (GROUP, {"quantity": 0}, "quantity"),
        (GROUP, {"quantity": 10_001}, "quantity"),
        (SEAT, {"price_minor": -1}, "price"),
        (SEAT, {"price_minor": 100_000_001}, "price"),
        (CONTRACT, {"starts_at": NOW, "ends_at": NOW}, "ends_at"),
    ],
)
def test_invalid_line_is_rejected_by_field_and_creates_nothing(
    database: Database, cast: Cast, new: NewOrder, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        placed(database, with_line(new, **changes))
    assert field in refusal.value.fields
    with database.read_session() as session:
        assert session.scalar(select(func.count()).select_from(Order)) == 0


@pytest.mark.parametrize(
    ("new", "changes", "field"),
    [
        (GROUP, {"organization": ""}, "organization"),
        (SEAT, {"email": "nobody"}, "email"),
        (SEAT, {"po_number": "x" * 81}, "po_number"),
        (SEAT, {"lines": ()}, "lines"),
    ],
)
def test_invalid_order_is_rejected_by_field(
    database: Database, cast: Cast, new: NewOrder, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        placed(database, replace(new, **changes))
    assert field in refusal.value.fields


def test_unknown_organization_is_not_found(database: Database, cast: Cast) -> None:
    with pytest.raises(NotFound):
        placed(database, replace(GROUP, organization="nowhere"))


def test_same_order_cannot_be_placed_twice(database: Database, cast: Cast) -> None:
    new = replace(SEAT, order_id=new_public_id())
    placed(database, new)
    with pytest.raises(Conflict):
        placed(database, new)


def test_request_can_be_answered_by_only_one_order(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        asked = requests.ask(
            session,
            NewRequest(RequestKind.REGISTER, "Dan", "dan@example.org"),
            mail_context=OFFICE,
            actor=None,
            now=NOW,
        )
    new = replace(SEAT, answers=asked.public_id)
    facts = placed(database, new)
    with database.read_session() as session:
        answered = find_request(session, asked.public_id)
        before = session.scalar(select(func.count()).select_from(Grant))
    assert (answered.state, answered.order_public_id) == (RequestState.DONE, facts.public_id)
    with pytest.raises(Conflict):
        placed(database, new)
    with database.read_session() as session:
        assert session.scalar(select(func.count()).select_from(Grant)) == before


def test_second_contract_cannot_be_sold_while_one_is_active(database: Database, cast: Cast) -> None:
    placed(database, CONTRACT)
    with pytest.raises(Invalid) as refusal:
        placed(database, CONTRACT)
    assert "act" in refusal.value.fields


def test_contract_that_does_not_exist_cannot_be_renewed(database: Database, cast: Cast) -> None:
    with pytest.raises(Invalid) as refusal:
        placed(database, RENEWAL)
    assert "act" in refusal.value.fields


def test_a_renewal_keeps_the_anniversary(database: Database, cast: Cast) -> None:
    july = datetime(2026, 7, 1, 4, tzinfo=UTC)
    next_july = datetime(2027, 7, 1, 4, tzinfo=UTC)
    placed(database, with_line(CONTRACT, starts_at=july, ends_at=next_july))
    (line,) = grants(database, placed(database, RENEWAL))
    assert (line.starts_at, line.ends_at) == (next_july, datetime(2028, 7, 1, 4, tzinfo=UTC))


def test_two_lines_on_one_order_give_two_grants_and_one_total(
    database: Database, cast: Cast
) -> None:
    both = replace(GROUP, lines=(*GROUP.lines, *CONTRACT.lines))
    facts = placed(database, both)
    assert [line.kind for line in grants(database, facts)] == [
        OfferKind.GROUP_SEATS,
        OfferKind.CONTRACT,
    ]
    assert (facts.lines, facts.total_minor) == (2, 832_500)
