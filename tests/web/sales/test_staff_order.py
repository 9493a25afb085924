"""The staff page of an order: its history, and every action."""

import io
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from lms.core.attached_files import NOT_TAKEN
from lms.core.database import Database
from lms.core.dates_and_time_zones import NO_YEAR
from lms.core.money_parsing_and_formatting import NOT_AN_AMOUNT
from lms.models.documents import CreditReason, DocumentKind
from lms.models.mail import Mail
from lms.organizations.organization_lists import UNKNOWN
from lms.payments.balance_check import differences
from lms.sales.cancellations import INVOICED, PAID
from lms.sales.credit_notes import NOTHING_LEFT, TOO_MANY_SEATS, TOO_MUCH
from lms.sales.invoices import BILLED
from lms.sales.order_history import Happening, history_of
from lms.sales.orders import find_order
from lms.sales.read_models import OrderFacts, Standing
from lms.seats.claims import claim
from lms.seats.pools import pools_of
from lms.web.sales.order_notices import BOUNCES, DIFFERS
from lms.web.sales.order_texts import HAPPENED
from lms.web.sales.staff_corrections import UNCHANGED
from lms.web.sales.staff_credits import NOTHING_CHOSEN, TITLES
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_organization
from tests.mailbox import letters, newest
from tests.page_texts import shows
from tests.sales.order_fixtures import GROUP, ONE_SEAT, grants, placed, read
from tests.visitor import Visitor
from tests.web.requests.test_customer_request import PDF
from tests.web.sales.order_pages import documents, fields_of, send


@pytest.fixture
def order(staff: Visitor, cast: Cast, database: Database) -> OrderFacts:
    """Return an order of five seats for $325.00 on invoice, placed 10 days ago."""
    return placed(database, GROUP, at=NOW - timedelta(days=10))


def path_of(order: OrderFacts, act: str = "") -> str:
    return f"/staff/orders/{order.public_id}{act}"


def pay(staff: Visitor, order: OrderFacts, amount: str, number: str = "10442") -> str:
    """Record a check for an order; return the path of the payment's page."""
    answer = send(
        staff,
        f"/staff/orders/{order.public_id}/payment",
        amount=amount,
        check_number=number,
    )
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def credit(staff: Visitor, order: OrderFacts, reason: str, **changed: str) -> Any:
    sent = {"reason": reason, "lines-0-is_chosen": "y", **changed}
    return send(staff, path_of(order, "/credit"), **sent)


# sequences of actions and their outcomes


@dataclass(frozen=True, slots=True)
class Outcome:
    """An order's status, open amount in cents, granted seats, and the balance in cents."""

    standing: Standing
    open_minor: int
    seats: int
    balance: int


def _press(staff: Visitor, order: OrderFacts, act: str) -> None:
    name, _, value = act.partition(":")
    match name:
        case "pay":
            pay(staff, order, value, number=f"check-{value}")
        case "bounce" | "mistake":
            payment = staff.get(path_of(order)).text.split("/staff/payments/")[1:]
            ids = [one.split('"')[0] for one in payment if "?" not in one.split('"')[0]]
            act_name = "bounced" if name == "bounce" else name
            assert staff.post(f"/staff/payments/{ids[0]}/{act_name}").status_code == 303
        case "return":
            answer = credit(staff, order, "return", **({"lines-0-seats": value} if value else {}))
            assert answer.status_code == 303, answer.text
        case "goodwill":
            answer = credit(staff, order, "goodwill", **{"lines-0-amount": value})
            assert answer.status_code == 303
        case "write_off" | "void":
            assert send(staff, path_of(order, f"/credit?reason={name}")).status_code == 303
        case "price":
            changed = {"lines-0-price": value}
            assert send(staff, path_of(order, "/correct"), **changed).status_code == 303
        case "refund":
            page = staff.get(path_of(order)).text
            note = page.split('href="/staff/credit-notes/')[1].split('"')[0]
            assert send(staff, f"/staff/credit-notes/{note}").status_code == 303
        case _:
            assert staff.post(path_of(order, f"/{name}")).status_code == 303


JOURNEYS = {
    "untouched": ("", Outcome(Standing.UNPAID, 32_500, 5, 32_500)),
    "paid": ("pay:325", Outcome(Standing.PAID, 0, 5, 0)),
    "paid by two checks": ("pay:100 pay:225", Outcome(Standing.PAID, 0, 5, 0)),
    "partly paid": ("pay:100", Outcome(Standing.PARTLY_PAID, 22_500, 5, 22_500)),
    "a dollar short": ("pay:324", Outcome(Standing.PAID, 0, 5, 0)),
    "a dollar short and bounced": (
        "pay:324 bounce",
        Outcome(Standing.UNPAID, 32_500, 5, 32_500),
    ),
    "bounced": ("pay:325 bounce", Outcome(Standing.UNPAID, 32_500, 5, 32_500)),
    "bounced and paid again": ("pay:325 bounce pay:326", Outcome(Standing.PAID, 0, 5, 0)),
    "undone": ("pay:325 mistake", Outcome(Standing.UNPAID, 32_500, 5, 32_500)),
    "one seat returned": ("return:1", Outcome(Standing.UNPAID, 30_000, 4, 30_000)),
    "returned after payment": ("pay:325 return:1", Outcome(Standing.PAID, 0, 4, -2_500)),
    "returned and refunded": ("pay:325 return:1 refund", Outcome(Standing.PAID, 0, 4, 0)),
    "all returned": ("return:", Outcome(Standing.RETURNED, 0, 0, 0)),
    "goodwill": ("goodwill:25", Outcome(Standing.UNPAID, 30_000, 5, 30_000)),
    "written off": ("pay:100 write_off", Outcome(Standing.PAID, 0, 5, 0)),
    "never paid": ("write_off", Outcome(Standing.CREDITED, 0, 5, 0)),
    "void": ("void", Outcome(Standing.CREDITED, 0, 5, 0)),
    "matched to a purchase order": (
        "pay:100 price:300",
        Outcome(Standing.PARTLY_PAID, 20_000, 5, 20_000),
    ),
    "held and opened": ("hold release", Outcome(Standing.UNPAID, 32_500, 5, 32_500)),
    "held until it is paid": ("hold pay:325", Outcome(Standing.PAID, 0, 5, 0)),
}


@pytest.mark.parametrize(("acts", "outcome"), JOURNEYS.values(), ids=JOURNEYS)
def test_sequence_of_actions_has_the_expected_outcome(
    staff: Visitor, database: Database, order: OrderFacts, acts: str, outcome: Outcome
) -> None:
    for act in acts.split():
        _press(staff, order, act)
    facts = read(database, order)
    with database.read_session() as session:
        events = history_of(session, find_order(session, order.public_id))
        assert differences(session) == ()
    given = sum(one.seats or 0 for one in grants(database, order) if one.revoked_at is None)
    waits = [one for one in grants(database, order) if one.awaits_payment_since]
    found = Outcome(facts.standing(NOW), facts.open_minor, given, events[-1].balance_minor)
    assert (found, waits) == (outcome, [])
    page = staff.get(path_of(order))
    assert page.status_code == 200
    assert "History" in page.text
    assert not [kind for kind in _kinds(database) if "cancel" in kind]


def _kinds(database: Database) -> list[str]:
    with database.read_session() as session:
        return list(session.scalars(select(Mail.kind)))


# credit notes


def test_previewing_a_credit_note_issues_nothing(
    staff: Visitor, database: Database, order: OrderFacts
) -> None:
    answer = credit(staff, order, "return", **{"lines-0-seats": "2", "do": "preview"})
    assert "$100.00" in answer.text
    assert documents(database, DocumentKind.CREDIT_NOTE) == []


def test_return_of_seats_in_use_names_people_and_asks_managers(
    staff: Visitor, cast: Cast, database: Database, order: OrderFacts
) -> None:
    with database.transaction() as session:
        (pool,) = pools_of(session, cast.organization_id)
        for login in (cast.alice, cast.bob, cast.carol, cast.dan):
            claim(session, pool.id, login.id, actor=None, now=NOW)
    answer = credit(staff, order, "return", **{"lines-0-seats": "2"})
    assert answer.status_code == 409
    text = answer.text
    assert "notice-attention" in text
    assert any(name in text for name in ("Alice", "Bob", "Carol", "Dan"))
    line = fields_of(text)["lines-0-line_id"]
    asked = staff.post(path_of(order, "/ask-release"), data={"line": line, "seats": "2"})
    assert asked.status_code == 303
    assert newest(database, cast.mia.email).kind == "seats_to_release"
    assert shows(staff.get(path_of(order)).text, HAPPENED[Happening.RELEASE_ASKED])
    assert documents(database, DocumentKind.CREDIT_NOTE) == []


FAULTS = {
    "nothing chosen": ({"lines-0-is_chosen": None}, NOTHING_CHOSEN),
    "no amount": ({"lines-0-amount": "much"}, NOT_AN_AMOUNT),
    "too much": ({"reason": "goodwill", "lines-0-amount": "400"}, TOO_MUCH),
    "too many seats": ({"lines-0-seats": "9"}, TOO_MANY_SEATS % {"seats": 5}),
}


@pytest.mark.parametrize(("wrong", "sentence"), FAULTS.values(), ids=FAULTS)
def test_invalid_credit_note_is_shown_again(
    staff: Visitor, order: OrderFacts, wrong: dict[str, str | None], sentence: str
) -> None:
    sent = {"reason": "return", "lines-0-is_chosen": "y", "explanation": "As agreed", **wrong}
    answer = send(staff, path_of(order, "/credit"), **sent)
    assert answer.status_code == 400
    assert shows(answer.text, sentence)
    assert fields_of(answer.text)["explanation"] == "As agreed"


def test_second_of_two_simultaneous_credit_notes_is_refused(
    staff: Visitor, database: Database, order: OrderFacts
) -> None:
    path, sent = path_of(order, "/credit"), {"reason": "return", "lines-0-is_chosen": "y"}
    first, second = (fields_of(staff.get(path).text) for _clerk in range(2))
    assert staff.post(path, data={**first, **sent}).status_code == 303
    again = staff.post(path, data={**second, **sent, "explanation": "Kept"})
    assert again.status_code == 409
    assert shows(again.text, NOTHING_LEFT)
    assert "Kept" in again.text
    assert len(documents(database, DocumentKind.CREDIT_NOTE)) == 1


# purchase orders


def test_purchase_order_with_its_file_is_recorded_and_flagged(
    staff: Visitor, order: OrderFacts
) -> None:
    sent = {"po_number": "PO-7", "po_amount": "300", "file": (io.BytesIO(PDF), "po.pdf")}
    assert send(staff, path_of(order, "/purchase-order"), **sent).status_code == 303
    page = staff.get(path_of(order)).text
    assert shows(page, DIFFERS)
    url = page.split("/purchase-orders/")[1].split('"')[0]
    file = staff.get(path_of(order, f"/purchase-orders/{url}"))
    assert file.status_code == 200
    assert file.headers["Content-Type"] == "application/pdf"


def test_purchase_order_file_of_a_wrong_type_is_refused(staff: Visitor, order: OrderFacts) -> None:
    sent = {"po_number": "PO-7", "file": (io.BytesIO(b"hello"), "po.txt")}
    answer = send(staff, path_of(order, "/purchase-order"), **sent)
    assert answer.status_code == 400
    assert shows(answer.text, NOT_TAKEN)
    assert fields_of(answer.text)["po_number"] == "PO-7"


def test_reused_po_number_must_be_confirmed(
    staff: Visitor, database: Database, order: OrderFacts
) -> None:
    placed(database, replace(GROUP, po_number="PO-7"))
    path = path_of(order, "/purchase-order")
    answer = send(staff, path, po_number="PO-7")
    assert answer.status_code == 400
    assert 'name="reuse_po"' in answer.text
    assert send(staff, path, po_number="PO-7", reuse_po="y").status_code == 303


# corrections


def test_invoice_is_reissued_to_match_a_purchase_order(
    staff: Visitor, database: Database, order: OrderFacts
) -> None:
    send(staff, path_of(order, "/purchase-order"), po_number="PO-7", po_amount="390")
    sent = {"lines-0-quantity": "6", "lines-0-price": "390.00", "due_on": "2026-05-01"}
    sent |= {"bill_name": "Elm County", "address": "PO Box 9\nElm, IL 62701", "state": "il"}
    assert send(staff, path_of(order, "/correct"), **sent).status_code == 303
    old, new = documents(database, DocumentKind.INVOICE)
    (note,) = documents(database, DocumentKind.CREDIT_NOTE)
    assert note.reason is CreditReason.REISSUE
    assert (old.open_minor, new.open_minor, new.po_number) == (0, 39_000, "PO-7")
    assert new.snapshot["bill_to"]["address"] == ["PO Box 9", "Elm, IL 62701"]
    page = staff.get(path_of(order)).text
    assert not shows(page, DIFFERS)
    assert "Replaced" in page


def test_invoice_is_not_due_on_the_last_day_of_the_calendar(
    staff: Visitor, order: OrderFacts
) -> None:
    answer = send(staff, path_of(order, "/correct"), due_on="9999-12-31")
    assert answer.status_code == 400
    assert shows(answer.text, NO_YEAR)


def test_correction_without_a_change_is_refused(staff: Visitor, order: OrderFacts) -> None:
    answer = send(staff, path_of(order, "/correct"))
    assert answer.status_code == 400
    assert shows(answer.text, UNCHANGED)


def test_payer_is_corrected_without_a_cancellation_email(
    staff: Visitor, cast: Cast, database: Database, order: OrderFacts
) -> None:
    with database.transaction() as session:
        oak = make_organization(session, "oak-county", name="Oak County Library").id
    pay(staff, order, "325")
    missing = send(staff, path_of(order, "/payer"), organization="Birch")
    assert missing.status_code == 400
    assert shows(missing.text, UNKNOWN)
    sent = {"organization": "Oak County Library", "email": "ora@example.org", "name": "Ora"}
    assert send(staff, path_of(order, "/payer"), **sent).status_code == 303
    assert read(database, order).buyer == "Oak County Library"
    with database.read_session() as session:
        assert [pool.capacity for pool in pools_of(session, oak)] == [5]
        assert [pool.capacity for pool in pools_of(session, cast.organization_id)] == [0]
        assert differences(session) == ()
    assert not [one for one in letters(database, cast.mia.email) if "cancel" in one.text.lower()]


# other actions


def test_order_can_be_canceled_only_before_its_invoice(
    staff: Visitor, database: Database, order: OrderFacts
) -> None:
    refused = staff.post(path_of(order, "/cancel"))
    assert refused.status_code == 409
    assert shows(refused.text, INVOICED)
    later = placed(database, replace(GROUP, bill_on=(NOW + timedelta(days=30)).date()))
    assert staff.post(path_of(later, "/cancel")).status_code == 303
    assert read(database, later).standing(NOW) is Standing.CANCELED
    assert all(grant.revoked_at for grant in grants(database, later))


def test_invoice_can_be_issued_before_its_date_once(
    staff: Visitor, database: Database, order: OrderFacts
) -> None:
    later = placed(database, replace(GROUP, bill_on=(NOW + timedelta(days=30)).date()))
    assert f'action="{path_of(later)}/bill"' in staff.get(path_of(later)).text
    assert staff.post(path_of(later, "/bill")).status_code == 303
    assert read(database, later).open_minor == 32_500
    again = staff.post(path_of(later, "/bill"))
    assert again.status_code == 409
    assert shows(again.text, BILLED)


def test_note_can_be_added_and_confirmation_resent(
    staff: Visitor, cast: Cast, database: Database, order: OrderFacts
) -> None:
    assert staff.post(path_of(order, "/note"), data={"note": "Call Mia"}).status_code == 303
    assert "Call Mia" in staff.get(path_of(order)).text
    before = len(letters(database, cast.mia.email))
    assert staff.post(path_of(order, "/resend")).status_code == 303
    assert len(letters(database, cast.mia.email)) == before + 1
    assert staff.post(path_of(order, "/explode")).status_code == 404


def test_paid_order_cannot_be_put_on_hold(staff: Visitor, order: OrderFacts) -> None:
    pay(staff, order, "325")
    answer = staff.post(path_of(order, "/hold"))
    assert answer.status_code == 409
    assert shows(answer.text, PAID)


def test_single_line_of_an_order_can_be_credited(
    staff: Visitor, database: Database, order: OrderFacts
) -> None:
    two = placed(database, replace(GROUP, lines=(*GROUP.lines, ONE_SEAT)))
    sent = {"reason": "return", "lines-1-is_chosen": "y"}
    assert send(staff, path_of(two, "/credit"), **sent).status_code == 303
    (note,) = documents(database, DocumentKind.CREDIT_NOTE)
    assert note.total_minor == 9_900
    revoked = [one.kind for one in grants(database, two) if one.revoked_at]
    assert [kind.value for kind in revoked] == ["single"]


def test_write_off_and_void_have_their_own_pages(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    path = f"/staff/orders/{placed(database, GROUP).public_id}/credit"
    assert 'value="write_off"' not in staff.get(path).text
    for reason in (CreditReason.WRITE_OFF, CreditReason.VOID):
        page = staff.get(f"{path}?reason={reason}").text
        assert f"<h1>{TITLES[reason][0]}</h1>" in page
        assert 'name="lines-0-is_chosen"' not in page


def test_bounced_address_is_shown(staff: Visitor, order: OrderFacts, database: Database) -> None:
    assert "bounced" not in staff.get(path_of(order)).text
    with database.transaction() as session:
        mail = session.scalars(
            select(Mail).where(Mail.recipient == order.contact_email).order_by(Mail.id.desc())
        ).first()
        assert mail is not None
        mail.bounced_at = NOW
    page = staff.get(path_of(order)).text
    assert shows(page, BOUNCES)
    assert order.contact_email in page
