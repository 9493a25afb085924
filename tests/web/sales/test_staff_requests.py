"""Staff's desk of requests: the list, one request, selling and answering."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.grants import Grant, OfferKind
from lms.models.requests import RequestKind, RequestState
from lms.models.sales import Sale, Terms
from lms.pricing.price_list import set_prices
from lms.requests import requests
from lms.requests.read_models import RequestFacts, find_request
from lms.requests.requests import NewRequest
from lms.seats.pools import pools_of
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.mailbox import letters, newest
from tests.requests.test_requests import OFFICE
from tests.sales.sale_fixtures import GROUP, PRICES, sold
from tests.visitor import Visitor
from tests.web.requests.test_customer_request import PDF, value_of


@pytest.fixture(autouse=True)
def _now(clock: Clock) -> None:
    """The clock stands still at NOW."""


@pytest.fixture
def staff(client: Visitor, cast: Cast, database: Database) -> Visitor:
    with database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=NOW - timedelta(days=9))
    client.sign_in(cast.ada.id)
    return client


def asked(database: Database, cast: Cast, **values: object) -> RequestFacts:
    known: dict[str, object] = {
        "kind": RequestKind.REGISTER,
        "name": "Dan",
        "email": "dan@example.org",
        "webinar_id": cast.webinar_id,
    }
    new = NewRequest(**{**known, **values})  # type: ignore[arg-type]  # a test names what it is about
    with database.transaction() as session:
        return requests.ask(session, new, mail_context=OFFICE, actor=None, now=NOW)


def state_of(database: Database, facts: RequestFacts) -> RequestState:
    with database.read_session() as session:
        return find_request(session, facts.public_id).state


def fields(page: str) -> dict[str, str]:
    """Return what the sale's form was filled with, as a browser would send it."""
    inputs = ("sale_id", "currency", "about", "webinar", "name", "email", "quantity", "price")
    sent = {name: value_of(page, name) for name in inputs if f'name="{name}"' in page}
    for name in ("kind", "organization", "terms", "covers"):
        select_ = page[page.index(f'<select class="input " id="{name}"') :]
        chosen = select_[: select_.index("</select>")].split("<option selected value=")
        sent[name] = chosen[1].split('"')[1] if len(chosen) > 1 else ""
    return {**sent, "delivered_through": "here"}


# who may come in


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_who_is_not_staff_finds_nothing(
    client: Visitor, cast: Cast, database: Database, person: str
) -> None:
    facts = asked(database, cast)
    client.sign_in(getattr(cast, person).id)
    for path in ("", f"/{facts.public_id}", f"/{facts.public_id}/file"):
        assert client.get(f"/staff/requests{path}").status_code == 404
    for act in (
        "sale",
        "refill",
        "domain",
        "take",
        "reopen",
        "note",
        "answer/finish",
        "answer/decline",
    ):
        answer = client.post(f"/staff/requests/{facts.public_id}/{act}")
        assert answer.status_code == 404
    assert state_of(database, facts) is RequestState.NEW


# the list


def test_an_empty_desk_says_what_lands_here(staff: Visitor) -> None:
    assert "Nothing is waiting" in staff.get("/staff/requests").text


def test_the_list_shows_open_requests_and_says_overdue_in_words(
    staff: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    asked(database, cast)
    page = staff.get("/staff/requests").text
    assert "Dan" in page
    assert 'class="badge badge-danger"' not in page
    clock.set(NOW + timedelta(days=5))
    staff.sign_in(cast.ada.id)
    page = staff.get("/staff/requests?state=overdue").text
    assert "Dan" in page
    assert "Overdue" in page


def test_the_list_is_searched_and_filters_are_taken_away_one_by_one(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    asked(database, cast)
    page = staff.get("/staff/requests?q=dan&kind=register&state=all").text
    assert "Dan" in page
    assert "/staff/requests?kind=register&amp;state=all" in page or "Remove this filter" in page
    assert "No request matches" in staff.get("/staff/requests?q=nobody").text
    assert staff.get("/staff/requests?state=nonsense&kind=x").status_code == 200


def test_the_desk_and_the_menu_lead_here(staff: Visitor, cast: Cast, database: Database) -> None:
    asked(database, cast)
    page = staff.get("/staff").text
    assert "1 request is open" in page
    assert 'href="/staff/requests"' in page


# one request


def test_a_request_shows_everything_that_was_said(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    facts = asked(
        database,
        cast,
        kind=RequestKind.GROUP,
        quantity=5,
        organization_name="Birch",
        message="We are <five>",
        refusal="NO_GRANT",
    )
    page = staff.get(f"/staff/requests/{facts.public_id}").text
    for words in ("Reading rooms", "Birch", "We are &lt;five&gt;", "NO_GRANT", "$325.00"):
        assert words in page


def test_a_request_that_never_was_is_not_found(staff: Visitor) -> None:
    assert staff.get(f"/staff/requests/{'0' * 26}").status_code == 404


def test_the_file_is_for_staff_to_save(staff: Visitor, cast: Cast, database: Database) -> None:
    form = {
        "kind": "purchase_order",
        "offer": "single",
        "covers": "everything",
        "delivered_through": "here",
        "name": "Dan",
        "email": "dan@example.org",
        "organization_name": "Elm",
        "file": (io.BytesIO(PDF), "PO.pdf"),
    }
    where = staff.post("/ask", data=form).location.rpartition("/")[2]
    answer = staff.get(f"/staff/requests/{where}/file")
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment")
    other = asked(database, cast)
    assert staff.get(f"/staff/requests/{other.public_id}/file").status_code == 404


# selling


def test_one_click_makes_the_sale_opens_the_access_and_sends_the_letter(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    facts = asked(database, cast)
    page = staff.get(f"/staff/requests/{facts.public_id}").text
    answer = staff.post(f"/staff/requests/{facts.public_id}/sale", data=fields(page))
    assert answer.status_code == 303, answer.text
    with database.read_session() as session:
        sale = session.scalars(select(Sale)).one()
        held = session.scalars(select(Grant).where(Grant.sale_id == sale.id)).one()
    assert (sale.price_minor, sale.terms) == (9900, Terms.INVOICE)
    assert (held.login_id, held.webinar_id) == (cast.dan.id, cast.webinar_id)
    assert newest(database, "dan@example.org").kind == "order_confirmation"
    assert state_of(database, facts) is RequestState.DONE
    again = staff.post(f"/staff/requests/{facts.public_id}/sale", data=fields(page))
    assert again.status_code == 409


def test_seats_for_a_new_organization_are_filled_in_as_such(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    facts = asked(
        database, cast, kind=RequestKind.GROUP, quantity=5, organization_name="Birch Library"
    )
    sent = fields(staff.get(f"/staff/requests/{facts.public_id}").text)
    assert (sent["organization"], sent["quantity"], sent["price"]) == ("+", "5", "325.00")
    sent["organization_name"] = "Birch Library"
    assert staff.post(f"/staff/requests/{facts.public_id}/sale", data=sent).status_code == 303


def test_a_purchase_order_is_sold_on_its_terms_and_number(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    facts = asked(
        database,
        cast,
        kind=RequestKind.PURCHASE_ORDER,
        offer=OfferKind.SINGLE,
        reference="PO 77",
        organization_id=cast.organization_id,
    )
    page = staff.get(f"/staff/requests/{facts.public_id}").text
    sent = fields(page)
    assert (sent["terms"], sent["organization"]) == ("purchase_order", "elm-county")
    assert value_of(page, "reference") == "PO 77"


def test_more_seats_are_filled_in_from_the_pool_with_the_difference_in_price(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    two = GROUP.__class__(
        **{name: getattr(GROUP, name) for name in GROUP.__slots__}
        | {"quantity": 2, "price_minor": 19800}
    )
    sold(database, two)
    with database.read_session() as session:
        pool = pools_of(session, cast.organization_id)[0]
    facts = asked(
        database,
        cast,
        kind=RequestKind.MORE_SEATS,
        organization_id=cast.organization_id,
        pool_id=pool.id,
        quantity=3,
        email="mia@example.org",
        name="Mia",
        webinar_id=None,
    )
    sent = fields(staff.get(f"/staff/requests/{facts.public_id}").text)
    assert (sent["organization"], sent["quantity"], sent["price"]) == ("elm-county", "3", "127.00")
    assert staff.post(f"/staff/requests/{facts.public_id}/sale", data=sent).status_code == 303
    with database.read_session() as session:
        assert pools_of(session, cast.organization_id)[0].capacity == 5


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"price": "much"}, "Write the amount"),
        ({"price": ""}, "Say what it costs"),
        ({"webinar": "None of ours"}, "Choose a webinar"),
        ({"email": "nobody"}, "Enter an e-mail address"),
        ({"organization": "+"}, "Say what the organization is called"),
        ({"quantity": "3"}, "A log-in is sold one"),
    ],
)
def test_a_fault_in_the_sale_is_shown_beside_its_field_and_nothing_is_sold(
    staff: Visitor, cast: Cast, database: Database, values: dict[str, str], sentence: str
) -> None:
    facts = asked(database, cast)
    sent = fields(staff.get(f"/staff/requests/{facts.public_id}").text)
    answer = staff.post(f"/staff/requests/{facts.public_id}/sale", data=sent | values)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert state_of(database, facts) is RequestState.NEW
    with database.read_session() as session:
        assert session.scalars(select(Sale)).all() == []


# answering


def test_a_request_is_taken_answered_and_opened_again(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    facts = asked(database, cast, kind=RequestKind.TROUBLE, message="It stalls")
    page = f"/staff/requests/{facts.public_id}"
    assert staff.post(f"{page}/take").status_code == 303
    assert state_of(database, facts) is RequestState.IN_HAND
    assert staff.post(f"{page}/answer/finish", data={"answer": "Try it now"}).status_code == 303
    assert "Try it now" in newest(database, "dan@example.org").text
    assert "Try it now" in staff.get(page).text
    assert staff.post(f"{page}/reopen").status_code == 303
    assert state_of(database, facts) is RequestState.IN_HAND


def test_declining_without_a_reason_is_refused_beside_its_field(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    facts = asked(database, cast)
    page = f"/staff/requests/{facts.public_id}/answer/decline"
    answer = staff.post(page, data={"answer": ""})
    assert answer.status_code == 400
    assert "Say why" in answer.text
    long = staff.post(page, data={"answer": "x" * 5001})
    assert long.status_code == 400
    assert staff.post(page, data={"answer": "Sold out"}).status_code == 303
    assert state_of(database, facts) is RequestState.DECLINED


def test_a_note_is_for_staff_alone(staff: Visitor, cast: Cast, database: Database) -> None:
    facts = asked(database, cast)
    page = f"/staff/requests/{facts.public_id}"
    assert staff.post(f"{page}/note", data={"note": "Rang twice"}).status_code == 303
    assert "Rang twice" in staff.get(page).text
    assert "Rang twice" not in staff.get(f"/requests/{facts.public_id}").text
    assert len(letters(database, "dan@example.org")) == 1


@pytest.mark.parametrize("act", ["nonsense", "answer/nonsense"])
def test_an_act_that_is_none_is_not_found(
    staff: Visitor, cast: Cast, database: Database, act: str
) -> None:
    facts = asked(database, cast)
    assert staff.post(f"/staff/requests/{facts.public_id}/{act}").status_code == 404
