"""Reporting an accessibility barrier: open to everyone, answered in two business days."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from lms.core.database import Database
from lms.models.requests import DeskRequest, RequestKind
from lms.requests.business_days import due_at
from tests.cast import Cast
from tests.mailbox import newest
from tests.visitor import Visitor

EASTERN = ZoneInfo("America/New_York")
PATH = "/accessibility/barrier"
SENT = {
    "message": "The menu closes before I can choose.",
    "page": "/webinars",
    "tools": "Firefox with NVDA",
    "name": "Pat Doe",
    "email": "pat@oak.example",
}


def test_everyone_can_open_it_from_the_accessibility_page(client: Visitor) -> None:
    assert f'href="{PATH}"' in client.get("/accessibility").text
    assert client.get(PATH).status_code == 200


def test_report_becomes_a_request_with_a_confirmation_email(
    client: Visitor, database: Database, cast: Cast
) -> None:
    answer = client.post(PATH, data=SENT)
    assert answer.status_code == 303
    with database.read_session() as session:
        [row] = session.scalars(select(DeskRequest))
    assert row.kind is RequestKind.BARRIER
    assert row.message.splitlines()[0] == SENT["message"]
    assert SENT["page"] in row.message
    assert SENT["tools"] in row.message
    newest(database, "pat@oak.example", "request_received")
    assert SENT["message"] in client.get(answer.headers["Location"]).text
    client.sign_in(cast.ada.id)
    page = client.get(f"/staff/requests/{row.public_id}").text
    assert "Accessibility barrier" in page
    assert SENT["tools"] in page


def test_report_is_due_in_two_business_days() -> None:
    for asked, due in (
        ("2026-03-04T10:00", "2026-03-06T17:00"),  # Wednesday: Friday
        ("2026-03-05T10:00", "2026-03-09T17:00"),  # Thursday: Monday
        ("2026-03-07T10:00", "2026-03-10T17:00"),  # Saturday: Tuesday
    ):
        at, by = (datetime.fromisoformat(each).replace(tzinfo=EASTERN) for each in (asked, due))
        assert due_at(RequestKind.BARRIER, EASTERN, at) == by


def test_report_without_a_required_field_is_refused_and_preserves_input(
    client: Visitor, database: Database
) -> None:
    for field in ("message", "name", "email"):
        answer = client.post(PATH, data={**SENT, field: ""})
        assert answer.status_code == 400
        assert f'id="{field}-error"' in answer.text
        assert SENT["tools"] in answer.text
    with database.read_session() as session:
        assert session.scalars(select(DeskRequest)).all() == []
