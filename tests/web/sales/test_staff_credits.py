"""The staff form of a credit note: submitted twice, and for seats that were added to later."""

import re
from dataclasses import replace

from lms.core.database import Database
from lms.models.documents import DocumentKind
from lms.models.orders import LineAct, Terms
from lms.sales.credit_notes import ADDED_FIRST
from lms.seats.pools import pools_of
from tests.mailbox import newest
from tests.sales.order_fixtures import (
    FIVE_SEATS,
    GROUP,
    first_line,
    grants,
    placed,
    read,
    with_line,
)
from tests.seats.pool_fixtures import people, take_seat
from tests.visitor import Visitor
from tests.web.sales.order_pages import documents, fields_of, send


def test_credit_form_sent_twice_issues_one_credit_note(staff: Visitor, database: Database) -> None:
    order = placed(database, GROUP)
    path = f"/staff/orders/{order.public_id}/credit"
    sent = {
        **fields_of(staff.get(path).text),
        "reason": "return",
        "lines-0-is_chosen": "y",
        "lines-0-seats": "1",
    }
    shown = staff.post(path, data={**sent, "do": "preview"}).text
    assert fields_of(shown)["key"] == sent["key"]
    for _twice in range(2):
        assert staff.post(path, data=sent).status_code == 303
    assert len(documents(database, DocumentKind.CREDIT_NOTE)) == 1
    assert read(database, order).open_minor == 30_000
    assert [one.seats for one in grants(database, order)] == [4]
    assert staff.post(path, data={**sent, "key": "x"}).status_code == 404


def test_added_seats_must_be_returned_first(staff: Visitor, database: Database) -> None:
    five = placed(database, GROUP)
    to = first_line(database, five).public_id
    added = with_line(GROUP, act=LineAct.MORE_SEATS, adds_to=to, quantity=3, price_minor=19_500)
    three = placed(database, added)
    first, later = (f"/staff/orders/{one.public_id}" for one in (five, three))
    chosen = {"reason": "return", "lines-0-is_chosen": "y"}
    page = staff.get(f"{first}/credit").text
    assert f'href="{later}"' in page
    assert ADDED_FIRST in staff.post(f"{first}/credit", data={**fields_of(page), **chosen}).text
    for order in (later, first):
        page = staff.get(f"{order}/credit").text
        assert ">Return those of" not in page
        sent = staff.post(f"{order}/credit", data={**fields_of(page), **chosen})
        assert sent.status_code == 303
    assert [read(database, one).open_minor for one in (five, three)] == [0, 0]


def test_managers_are_asked_to_release_seats_before_a_full_return(
    staff: Visitor, database: Database
) -> None:
    five = placed(database, GROUP)
    to = first_line(database, five).public_id
    added = with_line(GROUP, act=LineAct.MORE_SEATS, adds_to=to, quantity=3, price_minor=19_500)
    path = f"/staff/orders/{placed(database, added).public_id}"
    with database.read_session() as session:
        (pool,) = pools_of(session, five.organization_id or 0)
    for one in people(database, 6):
        take_seat(database, pool.id, one)
    refused = send(staff, f"{path}/credit")
    assert refused.status_code == 409
    asked = re.search(r'<form id="ask-.*?</form>', refused.text, re.DOTALL)
    assert asked is not None
    sent = dict(re.findall(r'name="(line|seats)" value="([^"]*)"', asked[0]))
    assert sent["seats"] == "3"
    assert staff.post(f"{path}/ask-release", data=sent).status_code == 303
    assert newest(database, "mia@example.org").kind == "seats_to_release"


def test_returning_all_lines_together_needs_no_available_seats(
    staff: Visitor, database: Database
) -> None:
    facts = placed(database, replace(GROUP, lines=(FIVE_SEATS, FIVE_SEATS)))
    with database.read_session() as session:
        (pool,) = pools_of(session, facts.organization_id or 0)
    for one in people(database, 6):
        take_seat(database, pool.id, one)
    path = f"/staff/orders/{facts.public_id}/credit"
    chosen = {f"lines-{number}-is_chosen": "y" for number in (0, 1)}
    asks = '<form id="ask-'
    assert asks in send(staff, path, **{**chosen, "do": "preview", "lines-1-is_chosen": None}).text
    assert asks not in send(staff, path, **{**chosen, "do": "preview"}).text
    assert send(staff, path, **chosen).status_code == 303
    assert read(database, facts).open_minor == 0


def test_credit_form_links_to_added_seats_without_an_invoice(
    staff: Visitor, database: Database
) -> None:
    five = placed(database, GROUP)
    to = first_line(database, five).public_id
    free = with_line(GROUP, act=LineAct.MORE_SEATS, adds_to=to, quantity=1, price_minor=0)
    gift = placed(database, replace(free, terms=Terms.COMPLIMENTARY))
    page = staff.get(f"/staff/orders/{five.public_id}/credit").text
    (link,) = re.findall(rf'href="(/staff/orders/{gift.public_id}[^"]*)"', page)
    assert staff.get(link).status_code == 200
