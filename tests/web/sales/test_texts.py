"""Sentences on order pages that include numbers and reasons."""

from datetime import timedelta

from lms.core.database import Database
from lms.sales.read_models import OrderFacts
from lms.seats.claims import claim
from lms.seats.pools import pools_of
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.visitor import Visitor
from tests.web.sales.order_pages import send
from tests.web.sales.test_staff_order import credit, order, path_of, pay

__all__ = ["order"]


def test_history_says_what_happened_with_the_balance(
    staff: Visitor, order: OrderFacts, clock: Clock
) -> None:
    pay(staff, order, "100")
    clock.advance(timedelta(minutes=1))
    credit(staff, order, "return", **{"lines-0-seats": "1"})
    page = staff.get(path_of(order)).text
    for text in ("Order placed", "Invoice 2026-0001 issued", "Check 10442 paid on invoice"):
        assert text in page
    assert "Credit note CN-2026-0001 for invoice 2026-0001: return" in page
    for balance in ("$325.00", "$225.00", "$200.00"):
        assert balance in page


def test_purchase_order_of_another_amount_is_shown_with_both_amounts(
    staff: Visitor, order: OrderFacts
) -> None:
    sent = {"po_number": "PO-7", "po_amount": "300"}
    assert send(staff, path_of(order, "/purchase-order"), **sent).status_code == 303
    page = staff.get(path_of(order)).text
    assert "PO PO-7 is for $300.00, but the order is for $325.00." in page


def test_credit_note_form_shows_the_seat_value_and_its_total(
    staff: Visitor, order: OrderFacts
) -> None:
    page = staff.get(path_of(order, "/credit")).text
    assert "One seat is worth $25.00" in page
    assert "Return: access to what is returned ends." in page
    answer = credit(staff, order, "return", **{"lines-0-seats": "2", "do": "preview"})
    assert "This credit note would be for $100.00" in answer.text


def test_seats_in_use_are_counted_before_a_credit_note(
    staff: Visitor, cast: Cast, database: Database, order: OrderFacts
) -> None:
    with database.transaction() as session:
        (pool,) = pools_of(session, cast.organization_id)
        for login in (cast.alice, cast.bob, cast.carol, cast.dan):
            claim(session, pool.id, login.id, actor=None, now=NOW)
    answer = credit(staff, order, "return", **{"lines-0-seats": "2"})
    assert "Available seats: 1. Release first: 1." in answer.text


def test_possible_duplicate_is_named_before_an_organization_is_created(staff: Visitor) -> None:
    to = {"payer": "new", "organization_name": "Birch Library", "email": "b@example.org"}
    known = send(staff, "/staff/orders/new", **to, do="place")
    assert "This may be Elm County Library, which already exists." in known.text
