"""Staff pages for payments and refunds: access, recording, reversing, and refunding."""

import re
from dataclasses import replace
from html import unescape

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.documents import CreditReason, DocumentKind
from lms.models.grants import Grant
from lms.models.orders import Terms
from lms.models.payments import Deposit, Payment, Refund, RefundState
from lms.payments.balance_check import differences
from lms.payments.credit_use import CHANGED
from lms.payments.refunds import NOT_WAITING
from lms.sales.order_history import Happening, history_of
from lms.sales.orders import find_order
from lms.sales.read_models import OrderFacts, Standing
from lms.web.payments.staff_payments import NO_OPEN_INVOICE
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import letters, newest
from tests.page_texts import shows
from tests.sales.order_fixtures import GROUP, SEAT, credited, grants, paid, placed, read, with_line
from tests.visitor import Visitor
from tests.web.sales.order_pages import documents, fields_of, send


@pytest.fixture
def two(staff: Visitor, cast: Cast, database: Database) -> tuple[OrderFacts, OrderFacts]:
    """Two invoices of Elm County: $325.00 and $100.00."""
    return placed(database, GROUP), placed(database, with_line(GROUP, price_minor=10_000))


def the_payment(database: Database) -> Payment:
    with database.read_session() as session:
        return session.scalars(select(Payment).order_by(Payment.id.desc()).limit(1)).one()


def pay(
    staff: Visitor, database: Database, order: OrderFacts, amount: str, number: str = "1"
) -> str:
    """Record a check for an order, and return the path of the payment's page."""
    path = f"/staff/orders/{order.public_id}/payment"
    answer = send(staff, path, amount=amount, check_number=number)
    assert answer.status_code == 303, answer.text
    return f"/staff/payments/{the_payment(database).public_id}"


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_payment_pages_are_not_found_for_people_outside_staff(
    client: Visitor, staff: Visitor, cast: Cast, database: Database, person: str
) -> None:
    order = placed(database, GROUP)
    page = pay(staff, database, order, "325")
    client.sign_in(getattr(cast, person).id)
    for path in (page, f"{page}/use", f"/staff/orders/{order.public_id}/payment"):
        assert client.get(path).status_code == 404
    payment = page.rsplit("/", 1)[1]
    assert client.get(f"/staff/payments/{payment}/refund").status_code == 404
    for act in ("bounced", "mistake", "dispute", "suspend", "restore", "won", "lost", "use"):
        assert client.post(f"{page}/{act}").status_code == 404
    for path in ("/staff/refunds/x/cancel", "/staff/refunds/x/done", "/staff/balances/x/payment"):
        assert client.post(path).status_code == 404
    assert the_payment(database).reversed_at is None


def test_one_check_pays_two_invoices_and_leaves_credit(
    staff: Visitor, database: Database, two: tuple[OrderFacts, OrderFacts]
) -> None:
    path = "/staff/balances/organization:elm-county/payment"
    answer = send(staff, path, amount="$450.00", check_number="10442", slip="S-7", note="By mail")
    assert answer.status_code == 303
    for order in two:
        assert read(database, order).standing(NOW) is Standing.PAID
    payment = the_payment(database)
    assert payment.open_minor == 2_500
    with database.read_session() as session:
        assert session.scalars(select(Deposit.slip)).all() == ["S-7"]
    page = staff.get(f"/staff/payments/{payment.public_id}").text
    assert "$25.00 unused" in page
    assert "By mail" in page


def test_amounts_entered_for_each_invoice_are_used(
    staff: Visitor, database: Database, two: tuple[OrderFacts, OrderFacts]
) -> None:
    path = f"/staff/orders/{two[1].public_id}/payment"
    sent = {"amount": "300", "check_number": "5", "pays-0-amount": "50", "pays-1-amount": "250"}
    assert send(staff, path, **sent).status_code == 303
    assert [read(database, order).open_minor for order in two] == [7_500, 5_000]


FAULTS = {
    "no amount": ({"amount": ""}, "Enter the amount."),
    "no check number": ({"check_number": ""}, "Enter the check number."),
    "not an amount": ({"amount": "much"}, "Enter an amount like 99.00."),
    "one amount wrong": ({"pays-0-amount": "x"}, "Enter an amount like 99.00."),
    "more than the payment": ({"pays-0-amount": "400"}, "add up to more than the payment"),
    "more than is open": ({"amount": "400", "pays-0-amount": "400"}, "more than the balance"),
}


@pytest.mark.parametrize(("wrong", "sentence"), FAULTS.values(), ids=FAULTS)
def test_invalid_payment_is_refused_with_what_was_entered(
    staff: Visitor, database: Database, wrong: dict[str, str], sentence: str
) -> None:
    order = placed(database, GROUP)
    sent = {"amount": "325", "check_number": "10442", "note": "By mail", **wrong}
    answer = send(staff, f"/staff/orders/{order.public_id}/payment", **sent)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert fields_of(answer.text)["note"] == "By mail"
    assert read(database, order).open_minor == 32_500


def test_same_check_is_recorded_once_unless_confirmed(
    staff: Visitor, database: Database, two: tuple[OrderFacts, OrderFacts]
) -> None:
    pay(staff, database, two[0], "100", number="10442")
    path = f"/staff/orders/{two[0].public_id}/payment"
    again = send(staff, path, amount="100", check_number="10442")
    assert again.status_code == 400
    assert "was already recorded on" in again.text
    sent = {"amount": "100", "check_number": "10442", "same_again": "y"}
    assert send(staff, path, **sent).status_code == 303


@pytest.mark.parametrize("of", ["order", "payer"])
def test_payment_form_sent_twice_records_one_payment(
    staff: Visitor, database: Database, of: str
) -> None:
    order = placed(database, GROUP)
    path = f"/staff/orders/{order.public_id}/payment"
    if of == "payer":
        path = "/staff/balances/organization:elm-county/payment"
    opened = fields_of(staff.get(path).text)
    sent = {**opened, "method": "transfer", "amount": "100"}
    first, second = staff.post(path, data=sent), staff.post(path, data=sent)
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert "already recorded" in staff.get(second.location).text
    assert read(database, order).open_minor == 22_500
    assert len(documents(database, DocumentKind.RECEIPT)) == 1
    assert staff.post(path, data={**sent, "key": "../x"}).status_code == 404


def test_second_payment_recorded_at_the_same_time_is_refused(
    staff: Visitor, database: Database
) -> None:
    order = placed(database, GROUP)
    path = f"/staff/orders/{order.public_id}/payment"
    first, second = (fields_of(staff.get(path).text) for _clerk in range(2))
    sent = {**first, "amount": "325", "check_number": "1"}
    assert staff.post(path, data=sent).status_code == 303
    later = staff.post(path, data={**second, "amount": "325", "check_number": "2"})
    assert later.status_code == 400
    assert "more than the balance" in later.text
    assert fields_of(later.text)["check_number"] == "2"
    with database.read_session() as session:
        assert len(session.scalars(select(Payment)).all()) == 1


def test_bounced_check_is_emailed_to_the_customer_and_a_mistake_is_not(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    order = placed(database, GROUP)
    page = pay(staff, database, order, "325", number="1")
    assert staff.get(f"{page}/bounced").status_code == 200
    assert the_payment(database).reversed_at is None
    assert f'href="{page}/bounced"' in staff.get(page).text
    assert staff.post(f"{page}/bounced").status_code == 303
    with database.read_session() as session:
        events = history_of(session, find_order(session, order.public_id))
    assert [one.actor for one in events if one.what is Happening.UNPAID] == ["Ada"]
    assert newest(database, cast.mia.email).kind == "payment_bounced"
    assert read(database, order).open_minor == 32_500
    again = staff.post(f"{page}/mistake")
    assert again.status_code == 409
    assert "already reversed" in again.text
    other = pay(staff, database, order, "325", number="2")
    before = len(letters(database, cast.mia.email))
    assert staff.post(f"{other}/mistake").status_code == 303
    assert len(letters(database, cast.mia.email)) == before
    assert staff.post(f"{other}/explode").status_code == 404


DISPUTES = {
    "won": ("dispute won", Standing.PAID, True),
    "lost": ("dispute lost", Standing.UNPAID, False),
}


@pytest.mark.parametrize(("acts", "standing", "has_access"), DISPUTES.values(), ids=DISPUTES)
def test_dispute_result_decides_payment_status_and_access(
    staff: Visitor, database: Database, acts: str, standing: Standing, *, has_access: bool
) -> None:
    order = placed(database, replace(SEAT, terms=Terms.INVOICE))
    page = pay(staff, database, order, "99")
    for act in acts.split():
        assert staff.post(f"{page}/{act}").status_code == 303
        if act == "dispute":
            assert read(database, order).standing(NOW) is Standing.DISPUTED
            assert "Mark dispute as lost" in staff.get(page).text
            assert staff.post(f"{page}/dispute").status_code == 409
    assert read(database, order).standing(NOW) is standing
    with database.read_session() as session:
        grant = session.scalars(select(Grant).where(Grant.order_line_id.is_not(None))).one()
    assert (grant.revoked_at is None, grant.suspended_at is None) == (has_access, has_access)


@pytest.mark.parametrize("start", ["order", "payment"])
def test_access_can_be_suspended_and_restored_while_payment_is_disputed(
    staff: Visitor, database: Database, two: tuple[OrderFacts, OrderFacts], start: str
) -> None:
    payment = pay(staff, database, two[0], "325")
    assert staff.post(f"{payment}/suspend").status_code == 409
    assert staff.post(f"{payment}/dispute").status_code == 303
    page = f"/staff/orders/{two[0].public_id}" if start == "order" else payment
    for act, other in (("suspend", "restore"), ("restore", "suspend")):
        shown = staff.get(page).text
        assert f"{payment}/{other}" not in shown
        action = re.search(rf'action="({payment}/{act}[^"]*)"', shown)
        assert action is not None
        assert staff.post(unescape(action[1])).location.endswith(page)
        (grant,) = grants(database, two[0])
        assert (grant.suspended_at is not None) is (act == "suspend")


def test_credit_pays_another_invoice(
    staff: Visitor, database: Database, two: tuple[OrderFacts, OrderFacts]
) -> None:
    page = pay(staff, database, two[0], "325")
    payment = the_payment(database)
    assert payment.open_minor == 0
    page = pay(staff, database, two[1], "90", number="2")
    staff.post(f"{page}/mistake")
    path = "/staff/balances/organization:elm-county/payment"
    sent = {"amount": "150", "check_number": "3", "pays-0-amount": "50"}
    assert send(staff, path, **sent).status_code == 303
    used = f"/staff/payments/{the_payment(database).public_id}/use"
    assert used in staff.get(used.removesuffix("/use")).text
    assert send(staff, used, amount="500").status_code == 400
    assert send(staff, used, amount="50").status_code == 303
    assert read(database, two[1]).open_minor == 0
    with database.read_session() as session:
        assert differences(session) == ()


@pytest.mark.parametrize("amount", [4_000, 10_000], ids=["part", "whole invoice"])
@pytest.mark.parametrize("of", ["payment", "credit note"])
def test_credit_form_sent_twice_uses_the_credit_once(
    staff: Visitor, database: Database, two: tuple[OrderFacts, OrderFacts], of: str, amount: int
) -> None:
    payment = paid(database, two[0], 57_500 if of == "payment" else None)
    path = f"/staff/payments/{payment}/use"
    if of == "credit note":
        note = credited(database, two[0], CreditReason.GOODWILL)
        path = f"/staff/credit-notes/{note.public_id}/use"
    sent = {**fields_of(staff.get(path).text), "amount": f"{amount / 100}"}
    first, second = staff.post(path, data=sent), staff.post(path, data=sent)
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert read(database, two[1]).open_minor == 10_000 - amount
    other = staff.post(path, data={**sent, "amount": "1"})
    assert other.status_code == 409
    assert shows(other.text, CHANGED)
    assert fields_of(other.text)["unused"] != sent["unused"]
    with database.read_session() as session:
        assert differences(session) == ()


@pytest.mark.parametrize("of", ["payment", "credit note"])
def test_refund_form_sent_twice_creates_one_refund(
    staff: Visitor, database: Database, of: str
) -> None:
    order = placed(database, GROUP)
    path = f"/staff/payments/{paid(database, order, 34_500)}/refund"
    if of == "credit note":
        note = credited(database, order, CreditReason.GOODWILL)
        path = f"/staff/credit-notes/{note.public_id}/refund"
    sent = fields_of(staff.get(path).text)
    first, second = staff.post(path, data=sent), staff.post(path, data=sent)
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    with database.read_session() as session:
        assert len(session.scalars(select(Refund)).all()) == 1
    assert staff.get(path).status_code == 404


def test_order_paid_with_credit_is_refunded_from_the_first_payment(
    staff: Visitor, database: Database, two: tuple[OrderFacts, OrderFacts]
) -> None:
    payment = paid(database, two[0])
    note = credited(database, two[0])
    use = f"/staff/credit-notes/{note.public_id}/use"
    assert send(staff, use, amount="100").status_code == 303
    note = credited(database, two[1])
    answer = send(staff, f"/staff/credit-notes/{note.public_id}/refund")
    assert answer.location.endswith(f"/staff/payments/{payment}")
    with database.read_session() as session:
        assert session.scalars(select(Refund.amount_minor)).all() == [10_000]
        assert differences(session) == ()


def test_credit_without_an_open_invoice_says_so(staff: Visitor, database: Database) -> None:
    page = pay(staff, database, placed(database, GROUP), "345")
    assert f"{page}/use" not in staff.get(page).text
    shown = staff.get(f"{page}/use", follow_redirects=True)
    assert shows(shown.text, NO_OPEN_INVOICE)


def test_refund_is_requested_once_then_paid_out(staff: Visitor, database: Database) -> None:
    order = placed(database, GROUP)
    page = pay(staff, database, order, "345")
    path = f"/staff/payments/{page.rsplit('/', 1)[1]}/refund"
    sent = fields_of(staff.get(path).text)
    assert sent["amount"] == "20.00"
    assert staff.post(path, data={**sent, "amount": "21"}).status_code == 400
    assert staff.post(path, data=sent).status_code == 303
    staff.post(path, data=sent)
    with database.read_session() as session:
        (refund,) = session.scalars(select(Refund))
    assert "Refunds to pay out" in staff.get("/staff/balances").text
    done = f"/staff/refunds/{refund.public_id}/done"
    assert send(staff, done).status_code == 400
    assert send(staff, done, reference="501").status_code == 303
    assert "501" in staff.get(page).text
    late = send(staff, done, reference="502")
    assert late.status_code == 409
    assert shows(late.text, NOT_WAITING)


def test_credit_note_can_be_used_after_its_refund_is_canceled(
    staff: Visitor, database: Database, two: tuple[OrderFacts, OrderFacts]
) -> None:
    pay(staff, database, two[0], "325")
    path = f"/staff/orders/{two[0].public_id}/credit"
    send(staff, path, reason="return", **{"lines-0-is_chosen": "y", "lines-0-seats": "1"})
    (note,) = documents(database, DocumentKind.CREDIT_NOTE)
    assert send(staff, f"/staff/credit-notes/{note.public_id}/refund").status_code == 303
    with database.read_session() as session:
        refund = session.scalars(select(Refund)).one().public_id
    assert staff.post(f"/staff/refunds/{refund}/cancel").status_code == 303
    assert staff.post(f"/staff/refunds/{refund}/cancel").status_code == 409
    use = f"/staff/credit-notes/{note.public_id}/use"
    assert send(staff, use, amount="26").status_code == 400
    assert send(staff, use).status_code == 303
    assert read(database, two[1]).open_minor == 7_500
    with database.read_session() as session:
        assert session.scalars(select(Refund.state)).all() == [RefundState.FAILED]
        assert differences(session) == ()
