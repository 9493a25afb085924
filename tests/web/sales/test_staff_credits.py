"""The staff form of a credit note, sent twice."""

from lms.core.database import Database
from lms.models.documents import DocumentKind
from tests.sales.order_fixtures import GROUP, grants, placed, read
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
