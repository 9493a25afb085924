"""The order form: several lines, the payer, contracts, drafts, and errors by field."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.dates_and_time_zones import NO_YEAR
from lms.core.money_parsing_and_formatting import NOT_AN_AMOUNT
from lms.documents.snapshots import unpack
from lms.models.documents import Document, DocumentKind
from lms.models.grants import OfferKind
from lms.models.orders import LineAct
from lms.models.organizations import Organization
from lms.models.requests import RequestKind
from lms.organizations.organization_lists import SEVERAL, UNKNOWN
from lms.requests import requests
from lms.requests.requests import NewRequest
from lms.sales.new_orders import NO_ORGANIZATION, NO_QUANTITY
from lms.sales.orders import HAS_CONTRACT, NO_CONTRACT, PLACED_ALREADY, lines_of
from lms.sales.read_models import OrderFacts, Standing
from lms.seats.pools import pools_of
from lms.web.sales.order_form_reader import NO_WEBINAR, ONLY_CONTRACTS
from lms.web.sales.order_notices import DIFFERS
from lms.web.sales.staff_order_form import PLACED, PLACED_WITHOUT_EMAIL
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_organization
from tests.mailbox import newest
from tests.organizations.twins import Twins, merge
from tests.organizations.twins import twins as twins
from tests.page_texts import is_empty, shows
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, grants, placed, read, with_line
from tests.sales.test_gone_contacts import block_mia, owned_by
from tests.visitor import Visitor
from tests.web.sales.order_pages import documents, fields_of, send, the_order

NEW = "/staff/orders/new"
CONTRACT = with_line(
    GROUP, kind=OfferKind.CONTRACT, covers="everything", quantity=12, price_minor=318_000
)
TO_ELM = {"organization": "Elm County Library", "email": "mia@example.org", "name": "Mia"}


def line(place: int, **values: str) -> dict[str, str]:
    """Return the form fields of a line."""
    return {f"lines-{place}-{name}": value for name, value in values.items()}


SEATS = line(0, kind="group_seats", webinar="reading-rooms", quantity="5", price="325.00")
SEAT = line(1, kind="single", act="new", webinar="reading-rooms", quantity="1", price="99.00")
SEAT |= line(1, delivered_through="here", covers="everything")


def step(staff: Visitor, page: str, do: str, **changed: Any) -> str:
    """Press a button that doesn't place or save the order; return the page."""
    answer = staff.post(NEW, data={**fields_of(page), **changed, "do": do})
    assert answer.status_code == 200, answer.text
    return answer.text


def test_order_of_two_lines_is_placed(staff: Visitor, cast: Cast, database: Database) -> None:
    answer = send(staff, NEW, **TO_ELM, **SEATS, **SEAT, po_number="PO-7", do="place")
    assert answer.status_code == 303, answer.text
    order = the_order(database)
    assert (order.lines, order.total_minor, order.po_number) == (2, 42_400, "PO-7")
    assert order.standing(NOW) is Standing.UNPAID
    with database.read_session() as session:
        assert [pool.capacity for pool in pools_of(session, cast.organization_id)] == [6]
    assert newest(database, "mia@example.org").kind == "order_confirmation_organization"


def test_order_with_a_blocked_contact_says_who_is_emailed(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    block_mia(database, cast)
    first = staff.get(send(staff, NEW, **TO_ELM, **SEATS, do="place").location).text
    assert shows(first, PLACED_WITHOUT_EMAIL)
    owned_by(database, cast, cast.alice)
    second = staff.get(send(staff, NEW, **TO_ELM, **SEATS, do="place").location).text
    assert shows(second, PLACED % {"emails": cast.alice.email})


def test_discount_of_a_line_is_printed_with_its_reason(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    off = line(0, discount="25.00", discount_reason="Founding library")
    assert send(staff, NEW, **TO_ELM, **SEATS, **off, do="quote").status_code == 303
    edit = f"/staff/orders/{the_order(database).public_id}/edit"
    typed = fields_of(staff.get(edit).text)
    assert (typed["lines-0-price"], typed["lines-0-discount"]) == ("325.00", "25.00")
    assert send(staff, edit, do="place").status_code == 303
    with database.read_session() as session:
        [document] = session.scalars(select(Document))
    says = unpack(document.snapshot)
    assert (says.subtotal_minor, says.discount_minor, says.total_minor) == (32_500, 2_500, 30_000)
    assert "Founding library" in says.lines[0].detail
    shown = staff.get(f"/staff/orders/{the_order(database).public_id}").text
    assert "$25.00: Founding library" in shown


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"discount": "325.01", "discount_reason": "Too kind"}, "discount"),
        ({"discount": "-1", "discount_reason": "A surcharge"}, "discount"),
        ({"discount": "much", "discount_reason": "Any"}, "discount"),
        ({"discount": "1"}, "discount_reason"),
    ],
)
def test_invalid_discount_is_shown_again_with_an_error(
    staff: Visitor, cast: Cast, typed: dict[str, str], field: str
) -> None:
    answer = send(staff, NEW, **TO_ELM, **SEATS, **line(0, **typed), do="place")
    assert answer.status_code == 400
    assert f'id="lines-0-{field}-error"' in answer.text
    assert fields_of(answer.text)["lines-0-discount"] == typed["discount"]


def test_form_submitted_twice_places_one_order(staff: Visitor, cast: Cast) -> None:
    page = staff.get(NEW).text
    sent = {**fields_of(page), **TO_ELM, **SEATS, "do": "place"}
    assert staff.post(NEW, data=sent).status_code == 303
    assert shows(staff.post(NEW, data=sent).text, PLACED_ALREADY)


def test_lines_are_added_and_removed_without_a_script(staff: Visitor, cast: Cast) -> None:
    page = step(staff, staff.get(NEW).text, "add", **TO_ELM, **SEATS)
    page = step(staff, page, "add", **line(1, webinar="second", price="not a price"))
    typed = fields_of(page)
    assert typed["lines-1-price"] == "not a price"
    assert typed["organization"] == "Elm County Library"
    page = step(staff, page, "remove:0")
    typed = fields_of(page)
    assert (typed["lines-0-webinar"], "lines-2-webinar" in typed) == ("second", False)
    page = step(staff, page, "price:0", **line(0, kind="group_seats", quantity="3"))
    assert fields_of(page)["lines-0-price"] == "225.00"
    assert staff.post(NEW, data={**typed, "do": "remove:9"}).status_code == 404


FAULTS = {
    "no organization": ({"organization": "Birch"}, UNKNOWN),
    "no email": ({"email": "nobody"}, "email"),
    "price": (line(0, price="a lot"), NOT_AN_AMOUNT),
    "second price": (line(1, price=""), "Line 2"),
    "no webinar": (line(0, webinar=""), NO_WEBINAR),
    "renewal of a seat": (line(1, act="renewal"), ONLY_CONTRACTS),
    "no seats": (line(0, quantity=""), NO_QUANTITY),
    "seats of a person": ({"payer": "person"}, NO_ORGANIZATION),
    "new contract": (
        line(0, kind="contract", covers="everything", act="renewal"),
        NO_CONTRACT,
    ),
}


@pytest.mark.parametrize(("wrong", "sentence"), FAULTS.values(), ids=FAULTS)
def test_invalid_form_shows_the_error_and_preserves_input(
    staff: Visitor, cast: Cast, database: Database, wrong: dict[str, str], sentence: str
) -> None:
    sent = {**TO_ELM, **SEATS, **SEAT, "note": "Called on Monday", **wrong}
    answer = send(staff, NEW, **sent, do="place")
    assert answer.status_code == 400
    assert shows(answer.text, sentence)
    typed = fields_of(answer.text)
    for name in ("lines-0-webinar", "lines-1-price", "note", "organization"):
        assert typed[name] == sent[name]


def test_ambiguous_organization_name_lists_the_matches(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        make_organization(session, "elm-city", name="Elm City Library")
    answer = send(staff, NEW, **{**TO_ELM, "organization": "Elm"}, **SEATS, do="place")
    assert shows(
        answer.text,
        SEVERAL % {"names": "Elm City Library (elm-city), Elm County Library (elm-county)"},
    )
    found = staff.get("/staff/orders/organizations?q=elm").json
    assert [one["slug"] for one in found["items"]] == ["elm-city", "elm-county"]
    with database.transaction() as session:
        make_organization(session, "elm-city-2", name="Elm City Library")
    found = staff.get("/staff/orders/organizations?q=elm+city").json
    names = [one["name"] for one in found["items"]]
    assert names == ["Elm City Library (elm-city)", "Elm City Library (elm-city-2)"]


def test_new_organization_and_person_are_created(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    to = {"payer": "new", "organization_name": "Birch Library", "email": "b@example.org"}
    known = send(staff, NEW, **to, **SEATS, do="place")  # the same domain as Mia of Elm County
    assert known.status_code == 400
    assert 'name="is_another"' in known.text
    assert send(staff, NEW, **to, is_another="y", **SEATS, do="place").status_code == 303
    assert the_order(database).buyer == "Birch Library"
    person = {"payer": "person", "email": "p@example.org", "name": "Pat"}
    one = {**SEATS, **line(0, kind="single", quantity="1", price="99")}
    assert send(staff, NEW, **person, **one, do="place").status_code == 303
    assert the_order(database).buyer == "Pat"


# contracts: new, renewal, and added seats are distinct (C5)


@pytest.fixture
def contract(database: Database, cast: Cast) -> OrderFacts:
    """Return a contract of 12 seats for $3,180 that ends in 25 days."""
    with database.transaction() as session:
        session.get_one(Organization, cast.organization_id).fiscal_year_start = 7
    return placed(database, CONTRACT, at=NOW - timedelta(days=340))


def pool_of(database: Database, cast: Cast) -> str:
    with database.read_session() as session:
        return pools_of(session, cast.organization_id)[0].public_id


def test_renewal_is_a_full_term_at_its_own_price(
    staff: Visitor, cast: Cast, database: Database, contract: OrderFacts
) -> None:
    page = step(staff, staff.get(NEW).text, "find", organization="elm-county")
    assert "0 of 12 seats used" in page
    assert fields_of(page)["email"] == "mia@example.org"
    page = step(staff, page, f"renew:{pool_of(database, cast)}")
    typed = fields_of(page)
    found = {name: typed[f"lines-0-{name}"] for name in ("act", "price", "quantity", "ends_at")}
    assert found == {
        "act": "renewal",
        "price": "3180.00",
        "quantity": "12",
        "ends_at": "2027-03-27",
    }
    assert staff.post(NEW, data={**typed, "do": "place"}).status_code == 303
    with database.read_session() as session:
        (renewed,) = lines_of(session, the_order(database).id)
        assert (renewed.act, renewed.net_minor) == (LineAct.RENEWAL, 318_000)
        assert len(pools_of(session, cast.organization_id)) == 1


@pytest.mark.parametrize("act", ["renew", "more"])
def test_contract_of_a_merged_organization_is_the_one_staff_chose(
    staff: Visitor, cast: Cast, database: Database, contract: OrderFacts, twins: Twins, act: str
) -> None:
    placed(database, replace(CONTRACT, organization="elm-twp", email="otto@elm.example.org"))
    merge(database)
    with database.read_session() as session:
        chosen = pools_of(session, cast.organization_id)[-1]
    assert chosen.owner_id == twins.other
    page = step(staff, staff.get(NEW).text, f"{act}:{chosen.public_id}", **TO_ELM)
    assert staff.post(NEW, data={**fields_of(page), "do": "quote"}).status_code == 303
    assert send(staff, f"/staff/orders/{the_order(database).public_id}/edit", do="place")
    (grant,) = grants(database, the_order(database))
    assert grant.pool_id == chosen.id


def test_chosen_contract_is_valid_only_for_its_organization(
    staff: Visitor, cast: Cast, database: Database, contract: OrderFacts
) -> None:
    with database.transaction() as session:
        make_organization(session, "oak-county", name="Oak County Library")
    page = step(staff, staff.get(NEW).text, f"more:{pool_of(database, cast)}", **TO_ELM)
    typed = {**fields_of(page), "organization": "Oak County Library"}
    answer = staff.post(NEW, data={**typed, "do": "place"})
    assert answer.status_code == 400
    assert shows(answer.text, NO_CONTRACT)


def test_added_seats_are_priced_by_the_day_until_the_contract_ends(
    staff: Visitor, cast: Cast, database: Database, contract: OrderFacts
) -> None:
    page = step(staff, staff.get(NEW).text, f"more:{pool_of(database, cast)}", **TO_ELM)
    typed = fields_of(page)
    assert typed["lines-0-act"] == "more_seats"
    assert typed["lines-0-ends_at"] == "2026-03-27"
    assert 0 < float(typed["lines-0-price"]) < 30
    url = f"/staff/orders/price?kind=contract&act=renewal&quantity=6&pool={typed['lines-0-pool']}"
    assert staff.get(url).json == {"price": "1590.00"}


def test_new_contract_is_refused_when_one_exists(
    staff: Visitor, cast: Cast, contract: OrderFacts
) -> None:
    sold = line(0, kind="contract", covers="everything", quantity="2", price="1.00", act="new")
    answer = send(staff, NEW, **TO_ELM, **sold, do="place")
    assert answer.status_code == 400
    assert shows(answer.text, HAS_CONTRACT)


@pytest.mark.parametrize("day", ["9999-12-20", "9999-12-31"])
def test_contract_leaves_room_for_its_grace_period(staff: Visitor, cast: Cast, day: str) -> None:
    sold = line(0, kind="contract", covers="everything", quantity="2", price="1.00", act="new")
    sold |= line(0, starts_at="2026-03-02", ends_at=day)
    answer = send(staff, NEW, **TO_ELM, **sold, do="place")
    assert answer.status_code == 400
    assert shows(answer.text, NO_YEAR)


def test_contract_can_end_with_the_fiscal_year_at_a_prorated_price(
    staff: Visitor, cast: Cast, contract: OrderFacts
) -> None:
    sold = line(0, kind="contract", covers="everything", quantity="10", price="3650.00", act="new")
    page = step(staff, staff.get(NEW).text, "coterm:0", **TO_ELM, **sold)
    typed = fields_of(page)
    assert (typed["lines-0-starts_at"], typed["lines-0-ends_at"]) == ("2026-03-02", "2026-06-30")
    assert typed["lines-0-price"] == "1210.00"  # 121 days at $10.00


# purchase order numbers (M9)


def test_reused_po_number_must_be_confirmed(staff: Visitor, cast: Cast, database: Database) -> None:
    placed(database, replace(GROUP, po_number="PO-7"))
    sent = {**TO_ELM, **SEATS, "po_number": "PO-7"}
    answer = send(staff, NEW, **sent, do="place")
    assert answer.status_code == 400
    assert 'name="reuse_po"' in answer.text
    assert send(staff, NEW, **sent, reuse_po="y", do="place").status_code == 303


# drafts


def test_quote_is_saved_changed_sent_and_accepted_at_its_last_price(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    answer = send(staff, NEW, **TO_ELM, **SEATS, do="quote")
    assert answer.status_code == 303
    draft = the_order(database)
    order = f"/staff/orders/{draft.public_id}"
    assert answer.location == f"{order}/quote"
    assert draft.standing(NOW) is Standing.DRAFT
    changed = send(staff, f"{order}/edit", **line(0, price="300.00"), do="quote")
    assert changed.status_code == 303
    assert read(database, draft).total_minor == 30_000
    assert send(staff, f"{order}/quote").status_code == 303
    assert read(database, draft).standing(NOW) is Standing.QUOTED
    again = send(staff, f"{order}/edit", **line(0, price="310.00"), do="quote")
    assert again.status_code == 303
    assert send(staff, f"{order}/quote").status_code == 303
    sent = {"name": "Mia", "po_number": "PO-7", "po_amount": "325"}
    assert send(staff, f"{order}/accept", **sent).status_code == 303
    assert read(database, draft).total_minor == 31_000
    assert len(documents(database, DocumentKind.QUOTE)) == 2
    assert shows(staff.get(order).text, DIFFERS)
    assert staff.get(f"{order}/edit").status_code == 409


def test_draft_can_be_placed_without_a_quote(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    send(staff, NEW, **TO_ELM, **SEATS, do="quote")
    draft = the_order(database)
    assert send(staff, f"/staff/orders/{draft.public_id}/edit", do="place").status_code == 303
    assert read(database, draft).standing(NOW) is Standing.UNPAID


@pytest.mark.parametrize("payer", ["organization", "person"])
def test_draft_can_be_canceled(staff: Visitor, cast: Cast, database: Database, payer: str) -> None:
    one = {**SEATS, **line(0, kind="single", quantity="1", price="99")}
    send(staff, NEW, **{**TO_ELM, "payer": payer}, **one, do="quote")
    draft = the_order(database)
    order = f"/staff/orders/{draft.public_id}"
    send(staff, f"{order}/quote")
    assert staff.post(f"{order}/cancel").status_code == 303
    assert read(database, draft).standing(NOW) is Standing.CANCELED
    assert "Canceled" in staff.get("/staff/orders?standing=canceled").text
    assert is_empty(staff.get("/staff/orders?standing=quoted").text)
    assert send(staff, f"{order}/accept", name="Mia").status_code == 409


def test_form_is_prefilled_from_a_request(
    staff: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    new = NewRequest(
        kind=RequestKind.TROUBLE, name="Dan", email="dan@example.org", message="Please quote."
    )
    with database.transaction() as session:
        asked = requests.ask(session, new, mail_context=OFFICE, actor=None, now=NOW)
    typed = fields_of(staff.get(f"{NEW}?request={asked.public_id}").text)
    assert (typed["request"], typed["email"]) == (asked.public_id, "dan@example.org")


def test_name_of_a_merged_organization_selects_the_remaining_one(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        make_organization(
            session, "elm-twp", name="Elm Township Library"
        ).merged_into = cast.organization_id
    to_twin = {**TO_ELM, "organization": "Elm Township Library"}
    assert send(staff, NEW, **to_twin, **SEATS, do="place").status_code == 303
    assert the_order(database).organization_slug == "elm-county"
