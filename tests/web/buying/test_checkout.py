"""Checkout: no account is needed, errors keep the input, and accounts aren't revealed (S16)."""

import io
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from lms.core.database import Database
from lms.models.catalog import Webinar
from lms.models.orders import NamedPerson, Order, PurchaseOrder, Terms
from lms.models.organizations import Organization
from lms.models.seats import AssignmentState
from lms.models.seller import PolicyKind
from lms.seller.policies import publish_policy, save_draft
from lms.web.core import constant_time_responses
from tests.buying.buying_fixtures import ROSA, open_for_business
from tests.cast import Cast, Roles
from tests.clock import NOW
from tests.factories import make_assignment, make_pool, make_verified_domain
from tests.mailbox import letters
from tests.visitor import Visitor
from tests.web.buying.shopping import FORM, check_out, fill, order
from tests.web.requests.test_customer_request import PDF

pytestmark = pytest.mark.usefixtures("cast", "_open", "clock")


@pytest.fixture
def _open(database: Database) -> None:
    open_for_business(database)


def orders(database: Database) -> list[Order]:
    with database.read_session() as session:
        return list(session.scalars(select(Order).where(Order.placed_at.is_not(None))))


def test_checkout_without_a_cart_redirects_to_the_cart(client: Visitor) -> None:
    assert client.get("/checkout").location == "/cart"
    assert check_out(client).location == "/cart"


def test_nothing_is_ordered_without_a_csrf_token(client: Visitor, database: Database) -> None:
    fill(client)
    assert client.post("/checkout", data=FORM, headers={"X-CSRFToken": ""}).status_code == 400
    assert orders(database) == []


def test_only_buyers_of_an_organization_can_order_for_it(
    client: Visitor, database: Database, cast: Cast, roles: Roles
) -> None:
    elm = {"payer": str(cast.organization_id)}
    for person in (None, roles.rita, roles.sue, roles.max):
        if person is not None:
            client.sign_in(person.id)
        fill(client)
        check_out(client, **elm)
    assert all(one.organization_id != cast.organization_id for one in orders(database))
    for person in (cast.mia, roles.olive, roles.bill):
        client.sign_in(person.id)
        order(client, **elm, email=person.email)
    assert sum(one.organization_id == cast.organization_id for one in orders(database)) == 3


def people_field(client: Visitor) -> str:
    """Add five seats to the cart; return the name of the field for the people who get them."""
    fill(client, choice="team", seats="5")
    found = re.search(r'name="(people-\w+)"', client.get("/checkout").text)
    assert found
    return found[1]


def csv_file(text: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(text.encode()), "staff.csv"


def named(database: Database) -> list[tuple[str, str]]:
    with database.read_session() as session:
        people = session.scalars(select(NamedPerson).order_by(NamedPerson.id))
        return [(one.email, one.name) for one in people]


def test_people_can_be_typed_and_uploaded_together(client: Visitor, database: Database) -> None:
    people = people_field(client)
    staff = csv_file("Name,Email\nLee Moss,lee@pinecounty.example\n,mo@pinecounty.example\n")
    sent = {people: "Kim <kim@pinecounty.example>", people.replace("people", "list"): staff}
    assert check_out(client, **sent).status_code == 303
    assert named(database) == [
        ("kim@pinecounty.example", "Kim"),
        ("lee@pinecounty.example", "Lee Moss"),
        ("mo@pinecounty.example", ""),
    ]


def test_invalid_csv_rows_are_shown_for_correction(client: Visitor, database: Database) -> None:
    people = people_field(client)
    staff = csv_file("email\nlee@pinecounty.example\nnot an address\n")
    answer = check_out(client, **{people.replace("people", "list"): staff})
    assert answer.status_code == 400
    assert "Line 2 isn\u2019t an email address" in answer.text
    assert "lee@pinecounty.example\nnot an address</textarea>" in answer.text
    assert named(database) == []


def test_people_of_several_items_are_collapsed_until_one_has_an_error(client: Visitor) -> None:
    fill(client, choice="team", seats="3")
    fill(client, choice="library")
    page = client.get("/checkout").text
    folded = r'<details class="disclosure"\s+(open)?>'
    assert re.findall(folded, page) == ["", ""]
    team, everyone = re.findall(r'name="(people-\w+)"', page)
    wrong = check_out(client, **{team: "not an address", everyone: ""}).text
    assert re.findall(folded, wrong) == ["open", ""]
    assert f'id="{team}-error"' in wrong


def test_update_of_the_total_keeps_the_people_of_a_csv_file(client: Visitor) -> None:
    people = people_field(client)
    staff = csv_file("lee@pinecounty.example\n")
    answer = check_out(client, act="total", **{people.replace("people", "list"): staff})
    assert "lee@pinecounty.example</textarea>" in answer.text


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"a@x.example\n" * 100])
def test_empty_binary_or_large_file_shows_an_error_at_its_field(
    client: Visitor, database: Database, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    monkeypatch.setattr("lms.web.buying.checkout_form.LARGEST_LIST", 1000)
    field = people_field(client).replace("people", "list")
    answer = check_out(client, **{field: (io.BytesIO(data), "staff.csv"), "name": ""})
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert 'id="name-error"' in answer.text
    alone = check_out(client, **{field: (io.BytesIO(data), "staff.csv")})
    assert alone.status_code == 400
    assert f'id="{field}-error"' in alone.text
    assert orders(database) == []


def test_errors_are_shown_at_their_fields_and_input_is_kept(
    client: Visitor, database: Database
) -> None:
    people = people_field(client)
    wrong = {
        "name": "",
        "email": "rosa",
        "billing_postal_code": "1",
        "po_number": "",
        people: "kim@pinecounty.example\nnot an address",
    }
    answer = check_out(client, **wrong)
    assert answer.status_code == 400
    for field in wrong:
        assert f'id="{field}-error"' in answer.text, field
    for typed in (
        "1 Main Street",
        "ap@pinecounty.example",
        "not an address",
        "Pine County Library",
    ):
        assert typed in answer.text
    assert re.search(
        r'value="purchase_order"[^>]*checked|checked[^>]*value="purchase_order"', answer.text
    )
    assert orders(database) == []


def test_missing_address_shows_an_error_at_every_field(client: Visitor, database: Database) -> None:
    fill(client)
    address = ("street", "city", "state", "postal_code")
    answer = check_out(client, **{f"billing_{field}": "" for field in address})
    assert answer.status_code == 400
    for field in address:
        assert f'id="billing_{field}-error"' in answer.text, field


def test_published_terms_must_be_agreed_to(client: Visitor, database: Database) -> None:
    with database.transaction() as session:
        save_draft(session, PolicyKind.TERMS, "You buy.", actor=None, now=NOW)
        publish_policy(session, PolicyKind.TERMS, actor=None, now=NOW)
    fill(client)
    answer = check_out(client)
    assert answer.status_code == 400
    assert 'id="has_agreed-error"' in answer.text
    assert check_out(client, has_agreed="y").status_code == 303
    [placed] = orders(database)
    assert len(placed.policies) == 1


def test_purchase_order_is_saved_with_its_file(client: Visitor, database: Database) -> None:
    order(client, file=(io.BytesIO(PDF), "PO 88123.pdf"))
    with database.read_session() as session:
        row = session.scalars(select(PurchaseOrder)).one()
    assert (row.number, row.file_name) == ("PO 88123", "PO 88123.pdf")


def test_cart_is_ordered_once(client: Visitor, database: Database) -> None:
    order(client)
    assert check_out(client).location == "/cart"
    assert len(orders(database)) == 1


@pytest.mark.parametrize(("payment", "terms"), [("invoice", Terms.INVOICE), ("check", Terms.CHECK)])
def test_other_ways_to_pay_place_the_order(
    client: Visitor, database: Database, payment: str, terms: Terms
) -> None:
    order(client, payment=payment)
    assert [one.terms for one in orders(database)] == [terms]


def test_checkout_without_a_card_provider_offers_no_card(client: Visitor) -> None:
    fill(client)
    answer = client.get("/checkout")
    assert 'value="card"' not in answer.text
    assert "form-action 'self';" in answer.headers["Content-Security-Policy"] + ";"
    assert "Test mode" not in answer.text


def test_form_is_complete_without_scripts(client: Visitor) -> None:
    fill(client, choice="team", seats="5")
    page = client.get("/checkout").text
    for name in ("organization_name", "billing_street", "po_number", "file"):
        assert re.search(rf'<(input|select)[^>]*name="{name}"', page), name
    assert "hidden" not in re.findall(r"<(?:fieldset|div)[^>]*data-pay[^>]*>", page)


class TestNoOneLearnsWhoIsKnown:
    """The response and the work are the same for every address and organization (S16)."""

    def test_checkout(self, app: Flask, database: Database, cast: Cast) -> None:
        with database.transaction() as session:
            elm = session.get_one(Organization, cast.organization_id)
            make_verified_domain(session, elm, "elm.example")
            pool = make_pool(session, elm, session.get_one(Webinar, cast.webinar_id))
            make_assignment(
                session, pool, email="invited@pinecounty.example", state=AssignmentState.INVITED
            )
        seen = {}
        for name, email, organization in (
            ("unknown", "nova@oak.example", "Oak Library"),
            ("known", cast.alice.email, "Oak Library"),
            ("manager", cast.mia.email, "Elm County Library"),
            ("invited", "invited@pinecounty.example", "Oak Library"),
            ("verified domain", "new@elm.example", "Oak Library"),
            ("organization", "nova2@oak.example", "Elm County Library"),
        ):
            seen[name] = self._buy(app, database, email, organization)
        assert len(set(seen.values())) == 1, seen

    def test_corrected_address(self, app: Flask, database: Database, cast: Cast) -> None:
        seen = {}
        for email in ("nova@oak.example", cast.alice.email, cast.mia.email):
            browser = app.test_client()
            path = order(browser)
            with counted(database) as work:
                answer = browser.post(
                    f"{path}/contact", data={"name": "Rosa Delgado", "email": email}
                )
            page = browser.get(path).text
            seen[email] = (answer.status_code, self._plain(page, path, email, ""), len(work))
        assert len(set(seen.values())) == 1, seen

    def test_responses_wait_for_a_whole_time_step(
        self, app: Flask, database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Extra work for a known address ends within the step, so it can't be measured."""
        waited: list[float] = []
        clock = SimpleNamespace(monotonic=time.monotonic, sleep=waited.append)
        monkeypatch.setattr(constant_time_responses, "time", clock)
        quote = {**FORM, "kind": "single", "webinar": self._title(database), "people": "1"}
        for email, organization in (
            ("nova@oak.example", "Oak Library"),
            (cast.alice.email, "Oak Library"),
            (cast.mia.email, "Elm County Library"),
        ):
            browser = app.test_client()
            fill(browser)
            named = {"email": email, "organization_name": organization}
            form = {"name": "Rosa Delgado", **named, "due_on": "2026-12-31", "message": "Page 2"}
            paper = {"file": (io.BytesIO(PDF), "New vendor.pdf")}
            path = check_out(browser, **named).location
            browser.post(f"{path}/contact", data={"name": "Rosa Delgado", "email": email})
            browser.post("/purchasing/quote", data={**quote, **named})
            browser.post("/purchasing/vendor-form", data={**form, **paper})
        assert len(waited) == 12
        assert all(0 <= one <= constant_time_responses.STEP_S for one in waited)

    def _title(self, database: Database) -> str:
        with database.read_session() as session:
            named = select(Webinar.title).where(Webinar.slug == "reading-rooms")
            return session.scalars(named).one()

    def _buy(self, app: Flask, database: Database, email: str, organization: str) -> Any:
        browser = app.test_client()
        fill(browser)
        with counted(database) as work:
            answer = check_out(browser, email=email, organization_name=organization)
        page = browser.get(answer.location)
        kinds = [one.kind for one in letters(database, email)]
        plain = self._plain(page.text, answer.location, email, organization)
        return (answer.status_code, page.status_code, plain, len(work), tuple(kinds))

    def _plain(self, page: str, path: str, email: str, organization: str) -> str:
        """Return a page without the buyer's input and without random values."""
        public_id = path.rpartition("/")[2]
        number = f"{public_id[:4]}-{public_id[4:8]}".upper()
        for own in (email, organization, public_id, number):
            page = page.replace(own, "") if own else page
        return re.sub(r'name="csrf_token" value="[^"]*"', "", page)


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Collect the SQL statements that run in the block."""
    ran: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        ran.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_only_the_buyer_gets_an_email(client: Visitor, database: Database) -> None:
    order(client)
    assert [one.kind for one in letters(database, ROSA)] == ["confirm_order"]
    assert letters(database, "ap@pinecounty.example") == []
