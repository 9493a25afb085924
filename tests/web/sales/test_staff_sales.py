"""Staff's pages of sales: the list, selling without a request, and what happens afterwards."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.grants import Grant, OfferKind
from lms.models.sales import Sale, Terms
from lms.pricing.price_list import set_prices
from lms.sales.read_models import Standing
from lms.seats.claims import claim
from lms.seats.pools import pools_of
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_series
from tests.mailbox import letters, newest
from tests.sales.sale_fixtures import GROUP, PRICES, SEAT, grants, read, sold
from tests.visitor import Visitor
from tests.web.sales.test_staff_requests import fields

CONTRACT = replace(
    GROUP, kind=OfferKind.CONTRACT, covers="everything", quantity=40, price_minor=800_000
)
INVOICE = replace(SEAT, terms=Terms.INVOICE)


@pytest.fixture(autouse=True)
def _now(clock: Clock) -> None:
    """The clock stands still at NOW."""


@pytest.fixture
def staff(client: Visitor, cast: Cast, database: Database) -> Visitor:
    with database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=NOW - timedelta(days=9))
    client.sign_in(cast.ada.id)
    return client


# who may come in


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_who_is_not_staff_finds_nothing(
    client: Visitor, cast: Cast, database: Database, person: str
) -> None:
    facts = sold(database)
    client.sign_in(getattr(cast, person).id)
    for path in ("", "/new", "/price?kind=single", f"/{facts.public_id}"):
        assert client.get(f"/staff/sales{path}").status_code == 404
    for act in ("refund", "paid", "hold", "dispute", "seats"):
        assert client.post(f"/staff/sales/{facts.public_id}/{act}").status_code == 404
    assert client.post("/staff/sales/new").status_code == 404
    assert read(database, facts).refunded_at is None


# the list


def test_an_empty_list_says_how_to_begin(staff: Visitor) -> None:
    assert "Nothing was sold yet" in staff.get("/staff/sales").text


def test_the_list_is_narrowed_by_words_state_and_terms(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    sold(database, GROUP)
    assert "Elm County Library" in staff.get("/staff/sales?q=elm").text
    assert "Elm County Library" in staff.get("/staff/sales?standing=unpaid&terms=invoice").text
    assert "No sale matches" in staff.get("/staff/sales?standing=paid").text
    assert "No sale matches" in staff.get("/staff/sales?terms=card").text


def test_the_desk_tells_of_overdue_and_disputed_payments(
    staff: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    sold(database, GROUP)
    disputed = sold(database)
    staff.post(f"/staff/sales/{disputed.public_id}/dispute")
    clock.set(NOW + timedelta(days=31))
    staff.sign_in(cast.ada.id)
    page = staff.get("/staff").text
    assert "1 payment is overdue" in page
    assert "1 payment is disputed" in page


# selling


def test_a_sale_is_recorded_without_a_request(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    page = staff.get(f"/staff/sales/new?webinar={cast.slug}&email=dan@example.org&name=Dan").text
    answer = staff.post("/staff/sales/new", data=fields(page))
    assert answer.status_code == 303, answer.text
    with database.read_session() as session:
        sale = session.scalars(select(Sale)).one()
    assert answer.location == f"/staff/sales/{sale.public_id}"
    assert (sale.login_id, sale.price_minor) == (cast.dan.id, 9900)
    again = staff.post("/staff/sales/new", data=fields(page))
    assert again.status_code == 409


def test_a_group_showing_is_sold_where_the_form_hides_how_many(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    page = staff.get(f"/staff/sales/new?kind=group_showing&webinar={cast.slug}&name=Dan").text
    sent = fields(page) | {"email": "dan@example.org", "price": "299.00"}
    del sent["quantity"]
    assert staff.post("/staff/sales/new", data=sent).status_code == 303


@pytest.mark.parametrize(
    ("kind", "people", "price"),
    [("single", "1", "99.00"), ("institutional", "", ""), ("contract", "1", "")],
)
def test_a_form_opened_for_a_kind_holds_its_price_and_no_other(
    staff: Visitor, kind: str, people: str, price: str
) -> None:
    form = fields(staff.get(f"/staff/sales/new?kind={kind}").text)
    assert (form["kind"], form["quantity"], form["price"]) == (kind, people, price)


def test_a_contract_runs_between_the_days_that_staff_say(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        make_series(session, "desk-and-door")
    sent = fields(staff.get("/staff/sales/new?email=mia@example.org&name=Mia").text) | {
        "kind": "contract",
        "covers": "series:desk-and-door",
        "organization": "elm-county",
        "quantity": "",
        "price": "8,000.00",
        "starts_at": "2026-07-01",
        "ends_at": "2027-06-30",
        "due_at": "2026-08-01",
        "is_held": "y",
    }
    assert staff.post("/staff/sales/new", data=sent).status_code == 303
    with database.read_session() as session:
        line = session.scalars(select(Grant).where(Grant.kind == OfferKind.CONTRACT)).one()
    assert line.seats is None
    assert line.starts_at.isoformat() == "2026-07-01T04:00:00+00:00"
    assert line.ends_at is not None
    assert line.ends_at.isoformat() == "2027-07-01T04:00:00+00:00"
    assert line.awaits_payment_since is not None


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"email": ""}, "Enter an e-mail address"),
        ({"kind": "group_seats"}, "say which"),
        ({"terms": "complimentary"}, "costs nothing"),
    ],
)
def test_a_faulty_sale_is_shown_again(
    staff: Visitor, cast: Cast, database: Database, values: dict[str, str], sentence: str
) -> None:
    page = staff.get(f"/staff/sales/new?webinar={cast.slug}&email=dan@example.org").text
    answer = staff.post("/staff/sales/new", data=fields(page) | values)
    assert answer.status_code == 400
    assert sentence in answer.text


@pytest.mark.parametrize(
    ("query", "price"),
    [
        ("kind=group_seats&quantity=5", "325.00"),
        ("kind=single", "99.00"),
        ("kind=contract&quantity=5", ""),
        ("kind=single&quantity=0", ""),
    ],
)
def test_the_form_is_told_what_the_prices_say(staff: Visitor, query: str, price: str) -> None:
    answer = staff.get(f"/staff/sales/price?{query}")
    assert answer.json == {"price": price}


def test_a_price_of_nothing_is_not_found(staff: Visitor) -> None:
    assert staff.get("/staff/sales/price?kind=x").status_code == 404


# one sale


def test_a_sale_shows_whose_access_it_gave(staff: Visitor, cast: Cast, database: Database) -> None:
    page = staff.get(f"/staff/sales/{sold(database).public_id}").text
    for words in ("Dan", "Reading rooms", "$99.00", "for good", "dan@example.org"):
        assert words in page


def test_a_sale_that_never_was_is_not_found(staff: Visitor) -> None:
    assert staff.get(f"/staff/sales/{'0' * 26}").status_code == 404


def test_the_letter_is_sent_again(staff: Visitor, cast: Cast, database: Database) -> None:
    facts = sold(database)
    page = f"/staff/sales/{facts.public_id}"
    assert "Send the letter again" in staff.get(page).text
    assert staff.post(f"{page}/letter").status_code == 303
    kinds = [letter.kind for letter in letters(database, "dan@example.org")]
    assert kinds == ["order_confirmation", "order_confirmation"]


def test_the_letter_of_a_renewal_is_sent_again_as_what_it_was(
    staff: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    first = sold(database, CONTRACT)
    facts = sold(database, replace(CONTRACT, quantity=30, reference="PO 7"))
    for sale in (facts, facts, first):
        assert staff.post(f"/staff/sales/{sale.public_id}/letter").status_code == 303
        clock.advance(timedelta(minutes=1))
    told = letters(database, "mia@example.org")
    assert [letter.kind for letter in told] == [
        "order_confirmation_organization",
        "contract_renewed",
        "contract_renewed",
        "contract_renewed",
        "order_confirmation_organization",
    ]
    assert told[1].text == told[2].text


def test_staff_hold_open_and_mark_paid(staff: Visitor, cast: Cast, database: Database) -> None:
    facts = sold(database, INVOICE)
    page = f"/staff/sales/{facts.public_id}"
    assert staff.post(f"{page}/hold").status_code == 303
    assert "Held until paid" in staff.get(page).text
    assert staff.post(f"{page}/open").status_code == 303
    assert staff.post(f"{page}/paid").status_code == 303
    assert read(database, facts).standing(NOW) is Standing.PAID
    assert staff.post(f"{page}/paid").status_code == 409


def test_staff_refund_and_the_page_says_so(staff: Visitor, cast: Cast, database: Database) -> None:
    facts = sold(database)
    page = f"/staff/sales/{facts.public_id}"
    assert staff.post(f"{page}/refund").status_code == 303
    assert "Refunded" in staff.get(page).text
    assert grants(database, facts)[0].revoked_at == NOW


def test_staff_record_suspend_and_settle_a_dispute(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    facts = sold(database, replace(GROUP, terms=Terms.CARD))
    page = f"/staff/sales/{facts.public_id}"
    assert staff.post(f"{page}/dispute").status_code == 303
    assert "You may suspend it" in staff.get(page).text
    assert staff.post(f"{page}/suspend").status_code == 303
    assert "Suspended" in staff.get(page).text
    assert staff.post(f"{page}/restore").status_code == 303
    assert staff.post(f"{page}/won").status_code == 303
    assert read(database, facts).standing(NOW) is Standing.PAID
    assert staff.post(f"{page}/lost").status_code == 409


def test_seats_are_given_back_for_what_they_are_worth(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    facts = sold(database, GROUP)
    page = f"/staff/sales/{facts.public_id}"
    assert "$25.00" in staff.get(page).text
    assert staff.post(f"{page}/seats", data={"seats": "1"}).status_code == 303
    assert "$25.00" in staff.get(page).text
    assert read(database, facts).quantity == 4


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"seats": "5"}, "not all"),
        ({"seats": ""}, "Say how many"),
        ({"seats": "1", "amount": "much"}, "Write the amount"),
        ({"seats": "1", "amount": "400"}, "no more than was paid"),
    ],
)
def test_a_faulty_return_of_seats_is_shown_beside_its_field(
    staff: Visitor, cast: Cast, database: Database, values: dict[str, str], sentence: str
) -> None:
    facts = sold(database, GROUP)
    answer = staff.post(f"/staff/sales/{facts.public_id}/seats", data=values)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert read(database, facts).quantity == 5


def test_seats_in_use_are_not_given_back_and_staff_see_who_has_them(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    facts = sold(database, GROUP)
    with database.transaction() as session:
        pool = pools_of(session, cast.organization_id)[0]
        for login in (cast.alice, cast.bob, cast.carol):
            claim(session, pool.id, login.id, actor=None, now=NOW)
    page = f"/staff/sales/{facts.public_id}"
    answer = staff.post(f"{page}/seats", data={"seats": "3"})
    assert answer.status_code == 409
    assert "Free seats: 2. To be released first: 1." in answer.text
    assert "Carol" in answer.text
    assert read(database, facts).quantity == 5
    assert staff.post(f"{page}/release", data={"seats": "3"}).status_code == 303
    assert newest(database, cast.mia.email).kind == "seats_to_release"
    assert staff.post(f"{page}/release", data={"seats": "2"}).status_code == 409


def test_an_act_that_is_none_is_not_found(staff: Visitor, cast: Cast, database: Database) -> None:
    facts = sold(database)
    assert staff.post(f"/staff/sales/{facts.public_id}/nonsense").status_code == 404


def test_an_expired_exemption_is_flagged_for_staff(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    new = replace(SEAT, tax_exemption="EX-77", tax_exempt_until=NOW - timedelta(days=1))
    page = staff.get(f"/staff/sales/{sold(database, new).public_id}").text
    assert "not valid any more" in page
