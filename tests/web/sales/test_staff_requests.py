"""Staff pages of requests: the list, one request, selling, and answering."""

import io
from datetime import timedelta

import pytest

from lms.core.database import Database
from lms.models.documents import DocumentKind
from lms.models.grants import OfferKind
from lms.models.orders import Terms
from lms.models.requests import RequestKind, RequestState
from lms.pricing.price_list import set_prices
from lms.requests.read_models import RequestFacts, find_request
from lms.requests.requests import NewRequest
from lms.sales import requested_orders
from lms.sales.read_models import grants_of_order
from lms.seller.settings import edit_seller
from tests.cast import Cast, Roles
from tests.clock import NOW, Clock
from tests.mailbox import letters, newest
from tests.page_texts import is_empty
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import PRICES
from tests.seller.seller_settings import COMPLETE
from tests.visitor import Visitor
from tests.web.requests.test_customer_request import PDF
from tests.web.sales.order_pages import documents, send, the_order


@pytest.fixture(autouse=True)
def _now(clock: Clock) -> None:
    """Freeze the clock at NOW."""


@pytest.fixture
def staff(client: Visitor, cast: Cast, database: Database) -> Visitor:
    with database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=NOW - timedelta(days=9))
        edit_seller(session, COMPLETE, actor=None, now=NOW)
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
        return requested_orders.ask(session, new, mail_context=OFFICE, actor=None, now=NOW)


def state_of(database: Database, facts: RequestFacts) -> RequestState:
    with database.read_session() as session:
        return find_request(session, facts.public_id).state


# who can open them


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_only_staff_can_see_and_answer_requests(
    client: Visitor, cast: Cast, database: Database, person: str
) -> None:
    facts = asked(database, cast)
    client.sign_in(getattr(cast, person).id)
    for path in ("", f"/{facts.public_id}", f"/{facts.public_id}/file"):
        assert client.get(f"/staff/requests{path}").status_code == 404
    for act in (
        "refill",
        "domain",
        "assign",
        "reopen",
        "note",
        "answer/finish",
        "answer/decline",
    ):
        answer = client.post(f"/staff/requests/{facts.public_id}/{act}")
        assert answer.status_code == 404
    assert state_of(database, facts) is RequestState.NEW


# the list


def test_empty_list_says_so(staff: Visitor) -> None:
    assert is_empty(staff.get("/staff/requests").text)


def test_list_shows_open_requests_and_marks_overdue_ones(
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


def test_list_is_searchable_and_filters_are_removable(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    asked(database, cast)
    page = staff.get("/staff/requests?q=dan&kind=register&state=all").text
    assert "Dan" in page
    assert 'class="chip" href="/staff/requests?state=all&amp;kind=register"' in page
    assert is_empty(staff.get("/staff/requests?q=nobody").text)
    assert staff.get("/staff/requests?state=nonsense&kind=x").status_code == 200


def test_staff_home_links_to_requests(staff: Visitor, cast: Cast, database: Database) -> None:
    asked(database, cast)
    page = staff.get("/staff").text
    assert 'href="/staff/requests"' in page


# one request


def test_request_shows_everything_that_was_entered(
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
    for words in ("Reading rooms", "Birch", "We are &lt;five&gt;", "No access", "$325.00"):
        assert words in page
    assert "NO_GRANT" not in page


def test_unknown_request_is_not_found(staff: Visitor) -> None:
    assert staff.get(f"/staff/requests/{'0' * 26}").status_code == 404


def test_staff_can_download_the_file_of_a_request(
    staff: Visitor, cast: Cast, database: Database
) -> None:
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


# the draft order of a request


def place_draft(staff: Visitor, facts: RequestFacts, **changed: str) -> int:
    """Place a request's draft order with its prefilled form; return the status code."""
    page = staff.get(f"/staff/requests/{facts.public_id}").text
    assert f"/staff/orders/{facts.order_public_id}" in page
    where = f"/staff/orders/{facts.order_public_id}/edit"
    return int(send(staff, where, **changed, do="place").status_code)


def test_placing_the_draft_grants_access_and_sends_the_email(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    facts = asked(database, cast)
    assert place_draft(staff, facts) == 303
    order = the_order(database)
    assert (order.total_minor, order.terms) == (9900, Terms.INVOICE)
    with database.read_session() as session:
        [held] = grants_of_order(session, order.id)
    assert (held.login_id, held.slug) == (cast.dan.id, "reading-rooms")
    assert newest(database, "dan@example.org").kind == "order_confirmation"
    assert state_of(database, facts) is RequestState.DONE
    staff.post(f"/staff/orders/{order.public_id}/edit", data={"do": "place"})
    assert the_order(database).public_id == order.public_id


def test_purchase_order_is_drafted_with_its_terms_and_number(
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
    assert place_draft(staff, facts) == 303
    order = the_order(database)
    assert (order.terms, order.organization_slug) == (Terms.PURCHASE_ORDER, "elm-county")
    assert order.po_number == "PO 77"
    assert "PO 77" in documents(database, DocumentKind.INVOICE)[-1].po_number


def test_seats_for_a_new_organization_are_drafted_under_its_name(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    facts = asked(
        database, cast, kind=RequestKind.GROUP, quantity=5, organization_name="Birch Library"
    )
    assert place_draft(staff, facts, is_another="y") == 303
    order = the_order(database)
    assert (order.buyer, order.total_minor, order.quantity) == ("Birch Library", 32500, 5)


def test_question_without_a_price_links_to_a_new_order(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    facts = asked(database, cast, kind=RequestKind.TROUBLE, message="How much is it?")
    assert facts.order_public_id is None
    page = staff.get(f"/staff/requests/{facts.public_id}").text
    assert f"/staff/orders/new?request={facts.public_id}" in page


# answering


def test_request_can_be_assigned_answered_and_reopened(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    facts = asked(database, cast, kind=RequestKind.TROUBLE, message="It stalls")
    page = f"/staff/requests/{facts.public_id}"
    assert staff.post(f"{page}/assign", data={"to": cast.ada.public_id}).status_code == 303
    assert state_of(database, facts) is RequestState.IN_HAND
    assert staff.post(f"{page}/answer/finish", data={"answer": "Try it now"}).status_code == 303
    assert "Try it now" in newest(database, "dan@example.org").text
    assert "Try it now" in staff.get(page).text
    assert staff.post(f"{page}/reopen").status_code == 303
    assert state_of(database, facts) is RequestState.IN_HAND


def test_assigned_request_is_linked_from_the_assignees_staff_home(
    staff: Visitor, cast: Cast, roles: Roles, database: Database
) -> None:
    facts = asked(database, cast)
    page = f"/staff/requests/{facts.public_id}"
    assert staff.get(page).text.count('name="to"') == 2  # assigned to Owen, the first owner
    assert staff.post(f"{page}/assign", data={"to": cast.ada.public_id}).status_code == 303
    assert staff.get(page).text.count('name="to"') == 1
    own = f"/staff/requests?owner={cast.ada.public_id}"
    assert own in staff.get("/staff").text
    assert "Dan" in staff.get(own).text
    assert staff.post(f"{page}/assign", data={"to": roles.owen.public_id}).status_code == 303
    assert own not in staff.get("/staff").text
    assert is_empty(staff.get(own).text)
    assert staff.post(f"{page}/assign", data={"to": cast.dan.public_id}).status_code == 404


def test_declining_without_a_reason_is_refused_at_its_field(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    facts = asked(database, cast)
    page = f"/staff/requests/{facts.public_id}/answer/decline"
    answer = staff.post(page, data={"answer": ""})
    assert answer.status_code == 400
    assert 'id="answer-error"' in answer.text
    long = staff.post(page, data={"answer": "x" * 5001})
    assert long.status_code == 400
    assert staff.post(page, data={"answer": "Sold out"}).status_code == 303
    assert state_of(database, facts) is RequestState.DECLINED


def test_declined_request_leaves_no_draft_and_can_be_sold_again(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    facts = asked(database, cast)
    page = f"/staff/requests/{facts.public_id}"
    staff.post(f"{page}/answer/decline", data={"answer": "Sold out"})
    assert the_order(database).canceled_at == NOW
    staff.post(f"{page}/reopen")
    text = staff.get(page).text
    assert f'href="/staff/orders/{facts.order_public_id}"' in text
    assert f'href="/staff/orders/new?request={facts.public_id}"' in text
    where = f"/staff/orders/new?request={facts.public_id}"
    assert where in text
    assert staff.get(where).status_code == 200


def test_closed_request_says_whether_it_led_to_an_order(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    facts = asked(database, cast)
    page = f"/staff/requests/{facts.public_id}"
    staff.post(f"{page}/answer/finish", data={"answer": ""})
    assert 'data-testid="closed-unanswered"' in staff.get(page).text
    assert the_order(database).canceled_at is None  # a purchase order can still use its price
    staff.post(f"{page}/reopen")
    send(staff, f"/staff/orders/{facts.order_public_id}/quote")
    assert 'data-testid="closed-with-order"' in staff.get(page).text


def test_note_is_visible_to_staff_only(staff: Visitor, cast: Cast, database: Database) -> None:
    facts = asked(database, cast)
    page = f"/staff/requests/{facts.public_id}"
    assert staff.post(f"{page}/note", data={"note": "Rang twice"}).status_code == 303
    assert "Rang twice" in staff.get(page).text
    assert "Rang twice" not in staff.get(f"/requests/{facts.public_id}").text
    assert len(letters(database, "dan@example.org")) == 1


@pytest.mark.parametrize("act", ["nonsense", "answer/nonsense"])
def test_unknown_action_is_not_found(
    staff: Visitor, cast: Cast, database: Database, act: str
) -> None:
    facts = asked(database, cast)
    assert staff.post(f"/staff/requests/{facts.public_id}/{act}").status_code == 404
