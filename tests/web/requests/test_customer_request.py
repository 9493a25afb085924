"""The request form: open to everyone, prefilled, with prices and rate limits."""

import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lms.core.database import Database
from lms.grants.grants import Target
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import OfferKind, Scope
from lms.models.orders import OrderLine
from lms.models.requests import DeskRequest, RequestKind
from lms.pricing.price_list import Price, set_prices
from media.storage.storage_protocol import Storage
from tests import factories
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.visitor import Visitor

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n"
PRICES = (
    Price(OfferKind.SINGLE, 1, 9900, "USD"),
    Price(OfferKind.GROUP_SEATS, 3, 7500, "USD"),
    Price(OfferKind.GROUP_SEATS, 5, 6500, "USD"),
    Price(OfferKind.GROUP_SHOWING, 1, 29900, "USD"),
    Price(OfferKind.INSTITUTIONAL, 1, 49900, "USD"),
    Price(OfferKind.PASS, 1, 49900, "USD"),
)


@pytest.fixture(autouse=True)
def _now(clock: Clock) -> None:
    """Freeze the clock at NOW."""


@pytest.fixture
def house(cast: Cast, database: Database) -> Cast:
    with database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=NOW)
    return cast


def filled(**values: str) -> dict[str, object]:
    return {
        "kind": "register",
        "webinar": "Reading rooms",
        "offer": "single",
        "covers": "everything",
        "delivered_through": "here",
        "name": "Dan Pellerin",
        "email": "dan@example.org",
        **values,
    }


def kept(database: Database) -> list[DeskRequest]:
    with database.read_session() as session:
        return list(session.scalars(select(DeskRequest).order_by(DeskRequest.id)))


def drafted(database: Database, row: DeskRequest) -> int | None:
    """Return the total of a request's draft order, in cents."""
    with database.read_session() as session:
        return session.scalar(
            select(func.sum(OrderLine.net_minor)).where(OrderLine.order_id == row.order_id)
        )


def value_of(page: str, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', page)
    assert found, name
    return found[1]


# who can open it


def test_everyone_can_open_the_form(client: Visitor, house: Cast) -> None:
    assert client.get("/ask").status_code == 200


def test_form_without_its_csrf_token_is_refused(client: Visitor, database: Database) -> None:
    answer = client.post("/ask", data=filled(), headers={"X-CSRFToken": ""})
    assert answer.status_code == 400
    assert kept(database) == []


def test_unknown_request_is_not_found(client: Visitor) -> None:
    assert client.get(f"/requests/{'0' * 26}").status_code == 404
    assert client.post(f"/requests/{'0' * 26}/resend").status_code == 404
    assert client.post(f"/requests/{'0' * 26}/address").status_code == 404
    assert client.get(f"/ask?quote={'0' * 26}").status_code == 404


def test_frequent_requests_are_rate_limited(client: Visitor, house: Cast) -> None:
    codes = [client.post("/ask", data=filled()).status_code for _ in range(5)]
    assert codes == [303, 303, 303, 303, 429]


# the form


def test_form_is_prefilled_from_the_query(client: Visitor, house: Cast) -> None:
    page = client.get(f"/ask?kind=group&webinar={house.slug}&quantity=5&refusal=NO_GRANT").text
    assert '<option selected value="group">' in page
    assert value_of(page, "webinar") == "Reading rooms"
    assert value_of(page, "quantity") == "5"
    assert value_of(page, "refusal") == "NO_GRANT"
    assert "$325.00" in page


def test_form_is_prefilled_with_the_signed_in_person(client: Visitor, house: Cast) -> None:
    client.sign_in(house.mia.id)
    page = client.get("/ask").text
    assert value_of(page, "name") == "Mia"
    assert value_of(page, "email") == "mia@example.org"
    assert value_of(page, "organization_name") == "Elm County Library"


@pytest.mark.parametrize("query", ["kind=nonsense", "quantity=x", "webinar=none", "offer=x"])
def test_invalid_query_values_are_ignored(client: Visitor, house: Cast, query: str) -> None:
    assert client.get(f"/ask?{query}").status_code == 200


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("kind=register", ["$99.00"]),
        ("kind=group&quantity=4", ["$300.00", "Group viewing", "$299.00", "not the recording"]),
        ("kind=group&quantity=8", ["$520.00", "Institutional access", "$499.00"]),
        ("kind=invoice&offer=pass&quantity=2", ["$998.00"]),
        ("kind=contract&quantity=40", ["ll send you a quote"]),
        ("kind=group&quantity=0", ["ll send you a quote"]),
    ],
)
def test_price_is_shown_while_the_form_is_filled_in(
    client: Visitor, house: Cast, query: str, said: list[str]
) -> None:
    page = client.get(f"/ask/price?{query}").text
    assert [words for words in said if words not in page] == []
    assert "<html" not in page


def test_question_has_no_price(client: Visitor, house: Cast) -> None:
    assert client.get("/ask/price?kind=trouble").text.strip() == ""
    assert '<option selected value="trouble">' in client.get("/ask").text


def test_price_button_works_without_scripts_and_sends_nothing(
    client: Visitor, house: Cast, database: Database
) -> None:
    answer = client.post("/ask", data=filled(kind="group", quantity="5", act="price"))
    assert answer.status_code == 200
    assert "$325.00" in answer.text
    assert value_of(answer.text, "name") == "Dan Pellerin"
    assert kept(database) == []


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": ""}, "Enter your name."),
        ({"email": "nobody"}, "Enter an email address"),
        ({"webinar": ""}, "Enter the webinar."),
        ({"kind": "group"}, "Enter the number of people"),
        ({"kind": "institution"}, "Enter your library"),
        ({"kind": "trouble"}, "Tell us what happened"),
        ({"kind": "group", "name": ""}, "Enter the number of people"),
        ({"quantity": "0"}, "from 1 to 10,000"),
        ({"kind": "more_seats"}, "Not a valid choice"),
    ],
)
def test_invalid_request_shows_an_error_and_preserves_input(
    client: Visitor, house: Cast, database: Database, values: dict[str, str], sentence: str
) -> None:
    answer = client.post("/ask", data=filled(message="", **values) | {"reference": "PO 7"})
    assert answer.status_code == 400
    assert sentence in answer.text
    assert value_of(answer.text, "reference") == "PO 7"
    assert kept(database) == []


def test_person_with_access_is_warned_before_requesting_to_buy(
    client: Visitor, house: Cast
) -> None:
    client.sign_in(house.alice.id)
    page = client.get(f"/ask?kind=register&webinar={house.slug}").text
    assert "You already have this webinar" in page
    assert "$0.00" in page


def test_person_with_a_pass_sees_that_an_upcoming_webinar_is_included(
    client: Visitor, house: Cast, database: Database
) -> None:
    with database.transaction() as session:
        session.get_one(Webinar, house.webinar_id).held_at = NOW + timedelta(days=3)
    client.sign_in(house.bob.id)
    assert "Included: register for free" in client.get(f"/ask?webinar={house.slug}").text


def test_person_with_access_is_not_warned_when_buying_for_a_group(
    client: Visitor, house: Cast
) -> None:
    client.sign_in(house.alice.id)
    page = client.get(f"/ask?kind=group&webinar={house.slug}&quantity=3").text
    assert "You already have this webinar" not in page


# sending


def test_request_is_saved_with_what_it_is_about(
    client: Visitor, house: Cast, database: Database
) -> None:
    client.sign_in(house.mia.id)
    answer = client.post(
        "/ask",
        data=filled(
            kind="group",
            quantity="5",
            organization_name="elm county library",
            refusal="NO_GRANT",
            message="Please",
        ),
    )
    (row,) = kept(database)
    assert (answer.status_code, answer.location) == (303, f"/requests/{row.public_id}")
    assert (row.kind, row.webinar_id) == (RequestKind.GROUP, house.webinar_id)
    assert (row.login_id, row.organization_id) == (house.mia.id, house.organization_id)
    assert (row.refusal, row.message) == ("NO_GRANT", "Please")
    assert drafted(database, row) == 32500


def test_unknown_webinar_title_is_added_to_the_message(
    client: Visitor, house: Cast, database: Database
) -> None:
    client.post("/ask", data=filled(webinar="The one about herons", message="Please"))
    (row,) = kept(database)
    assert (row.webinar_id, row.message) == (None, "Webinar: The one about herons\n\nPlease")


def test_fields_that_a_script_removes_are_optional(
    client: Visitor, house: Cast, database: Database
) -> None:
    sent = filled(kind="group", quantity="5", organization_name="Elm")
    kept_back = ("offer", "covers", "delivered_through")
    needed = {name: value for name, value in sent.items() if name not in kept_back}
    assert client.post("/ask", data=needed).status_code == 303
    assert drafted(database, kept(database)[0]) == 32500


def test_request_is_not_linked_to_an_organization_of_other_people(
    client: Visitor, house: Cast, database: Database
) -> None:
    client.sign_in(house.dan.id)
    client.post("/ask", data=filled(organization_name="Elm County Library"))
    assert kept(database)[0].organization_id is None


def test_unknown_refusal_code_is_dropped(client: Visitor, house: Cast, database: Database) -> None:
    client.post("/ask", data=filled(refusal="<script>"))
    assert kept(database)[0].refusal == ""


def test_request_for_a_pass_says_what_it_covers(
    client: Visitor, house: Cast, database: Database
) -> None:
    client.post("/ask", data=filled(kind="pass", webinar=""))
    assert kept(database)[0].covers == "everything"


def order(name: str, data: bytes) -> dict[str, object]:
    file = (io.BytesIO(data), name)
    return filled(kind="purchase_order", organization_name="Elm", quantity="5", reference="77") | {
        "file": file
    }


def test_purchase_order_file_is_stored(
    client: Visitor, house: Cast, database: Database, storage: Storage
) -> None:
    answer = client.post("/ask", data=order("PO 77.pdf", PDF))
    assert answer.status_code == 303, answer.text
    (row,) = kept(database)
    assert row.file_name == "PO 77.pdf"
    assert row.file_key is not None
    with storage.open(row.file_key) as stream:
        assert stream.read() == PDF


def test_purchase_order_requires_a_number_or_a_file(
    client: Visitor, house: Cast, database: Database
) -> None:
    sent = filled(kind="purchase_order", organization_name="Elm")
    answer = client.post("/ask", data=sent)
    assert answer.status_code == 400
    assert "or choose its file" in answer.text
    assert client.post("/ask", data=sent | {"reference": "77"}).status_code == 303
    assert len(kept(database)) == 1


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("order.exe", b"MZ", "Upload a PDF or an image"),
        ("order.pdf", b"%PDF-nonsense", "damaged"),
    ],
)
def test_invalid_purchase_order_file_is_refused(
    client: Visitor, house: Cast, database: Database, name: str, data: bytes, sentence: str
) -> None:
    answer = client.post("/ask", data=order(name, data))
    assert answer.status_code == 400
    assert sentence in answer.text
    assert kept(database) == []


@pytest.mark.parametrize("path", ["/ask", "/sign-in"])
def test_oversized_upload_from_a_stranger_is_refused(
    client: Visitor, house: Cast, database: Database, path: str
) -> None:
    answer = client.post(
        path,
        data=b"x",
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(13 * 1024 * 1024)},
    )
    assert answer.status_code == 413
    assert kept(database) == []


def test_purchase_order_for_a_quote_is_prefilled_from_it(
    client: Visitor, house: Cast, database: Database
) -> None:
    client.post(
        "/ask",
        data=filled(kind="group", quantity="5", organization_name="Elm", message="secret"),
    )
    first = kept(database)[0].public_id
    page = client.get(f"/ask?quote={first}").text
    assert '<option selected value="purchase_order">' in page
    assert (value_of(page, "quantity"), value_of(page, "quote")) == ("5", first)
    assert "secret" not in page
    client.post("/ask", data=order("PO.pdf", PDF) | {"quote": first})
    earlier, purchase = kept(database)
    assert purchase.order_id == earlier.order_id is not None


@pytest.mark.parametrize("state", [WebinarState.WITHDRAWN, WebinarState.DRAFT])
def test_unlisted_webinar_is_not_offered(
    client: Visitor, house: Cast, database: Database, state: WebinarState
) -> None:
    with database.transaction() as session:
        session.get_one(Webinar, house.webinar_id).state = state
    page = client.get(f"/ask?kind=register&webinar={house.slug}").text
    assert "Reading rooms" not in page  # neither prefilled nor in the list
    answer = client.post("/ask", data=filled(about=house.slug, quantity="1"))
    assert answer.status_code == 303
    [request] = kept(database)
    assert (request.webinar_id, "Reading rooms" in request.message) == (None, True)


def test_special_webinar_price_is_used_on_the_form_and_in_the_draft(
    client: Visitor, house: Cast, database: Database
) -> None:
    own = (Price(OfferKind.SINGLE, 1, 4900, "USD"),)
    with database.transaction() as session:
        set_prices(session, own, Target(Scope.WEBINAR, house.webinar_id), actor=None, now=NOW)
    wanted = {"kind": "group", "webinar": "Reading rooms", "quantity": "3"}
    assert "$147.00" in client.get("/ask/price", query_string=wanted).text
    client.post("/ask", data=filled(**wanted, organization_name="Elm County Library"))
    with database.read_session() as session:
        (line,) = session.scalars(select(OrderLine))
        assert (line.net_minor, line.quantity) == (14_700, 3)


def test_special_series_price_is_used_for_its_pass(
    client: Visitor, house: Cast, database: Database
) -> None:
    with database.transaction() as session:
        series = factories.make_series(session, "reading")
        own = (Price(OfferKind.PASS, 1, 19900, "USD"),)
        set_prices(session, own, Target(Scope.SERIES, series.id), actor=None, now=NOW)
    wanted = {"kind": "pass", "covers": "series:reading", "webinar": "Reading rooms"}
    assert "$199.00" in client.get("/ask/price", query_string=wanted).text
    client.post("/ask", data=filled(**wanted))
    with database.read_session() as session:
        (line,) = session.scalars(select(OrderLine))
        assert (line.net_minor, line.scope) == (19_900, Scope.SERIES)
