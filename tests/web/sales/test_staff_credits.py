"""The staff form of a credit note: sent twice, and for seats to which others were added."""

import re
from dataclasses import replace

from lms.core.database import Database
from lms.models.documents import DocumentKind
from lms.models.orders import LineAct, Terms
from lms.sales.credit_notes import ADDED_FIRST
from tests.sales.order_fixtures import GROUP, first_line, grants, placed, read, with_line
from tests.visitor import Visitor
from tests.web.sales.order_pages import documents, fields_of


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


def test_seats_that_were_added_are_returned_first(staff: Visitor, database: Database) -> None:
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


def test_added_seats_without_an_invoice_are_found_at_their_order(
    staff: Visitor, database: Database
) -> None:
    five = placed(database, GROUP)
    to = first_line(database, five).public_id
    free = with_line(GROUP, act=LineAct.MORE_SEATS, adds_to=to, quantity=1, price_minor=0)
    gift = placed(database, replace(free, terms=Terms.COMPLIMENTARY))
    page = staff.get(f"/staff/orders/{five.public_id}/credit").text
    (link,) = re.findall(rf'href="(/staff/orders/{gift.public_id}[^"]*)"', page)
    assert staff.get(link).status_code == 200
