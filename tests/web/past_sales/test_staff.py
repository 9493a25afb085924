"""/staff/history: access, checking a list of past sales, importing it, and emailing later."""

import io
import re

import pytest
from sqlalchemy import func, select

from lms.core.database import Database
from lms.models.documents import Document
from lms.models.mail import Mail
from lms.models.orders import Order
from lms.models.past_sales import PastImport
from lms.models.seat_imports import ImportState
from lms.past_sales import jobs
from lms.past_sales.imports import HAS_FAULTS
from tests.cast import Cast
from tests.page_texts import shows
from tests.visitor import Visitor

PAGE = "/staff/history"
PAST = "E-mail,Covers,Bought\njane@oak.example.org,{slug},2024-03-05\n"


def sent(client: Visitor, text: str) -> tuple[int, str]:
    """Upload a list; return the status, and the location or the page."""
    file = (io.BytesIO(text.encode()), "past.csv")
    answer = client.post(PAGE, data={"file": file})
    return answer.status_code, answer.location or answer.text


def count(database: Database, model: type) -> int:
    with database.read_session() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize("who", ["alice", "bob", "carol", "dan", "mia"])
def test_past_sales_pages_are_not_found_for_people_outside_staff(
    client: Visitor, cast: Cast, who: str
) -> None:
    client.sign_in(cast.ada.id)
    _status, listed = sent(client, PAST.format(slug=cast.slug))
    client.sign_in(getattr(cast, who).id)
    for path in (PAGE, listed):
        assert client.get(path).status_code == 404
    for path in (PAGE, f"{listed}/apply", f"{listed}/discard", f"{PAGE}/emails"):
        assert client.post(path, data={"people": "1"}).status_code == 404


def test_uploaded_list_is_shown_before_anything_is_imported(
    client: Visitor, database: Database, cast: Cast
) -> None:
    client.sign_in(cast.ada.id)
    status, listed = sent(client, PAST.format(slug=cast.slug))
    assert (status, count(database, Order)) == (303, 0)
    page = client.get(listed).text
    assert "1 sale to import" in page
    assert "jane@oak.example.org" in page
    assert "past.csv" in client.get(PAGE).text


def test_list_is_imported_once_and_its_addresses_are_not_shown_again(
    client: Visitor, database: Database, cast: Cast
) -> None:
    client.sign_in(cast.ada.id)
    _status, listed = sent(client, PAST.format(slug=cast.slug))
    assert client.post(f"{listed}/apply").status_code == 303
    page = client.get(listed).text
    assert "1 sale was imported" in page
    assert "jane@oak.example.org" not in page
    assert client.post(f"{listed}/apply").status_code == 409
    _status, again = sent(client, PAST.format(slug=cast.slug))
    assert "Every row was already imported." in client.get(again).text
    assert (count(database, Order), count(database, Mail)) == (1, 0)


def test_duplicate_row_is_imported_once(client: Visitor, database: Database, cast: Cast) -> None:
    client.sign_in(cast.ada.id)
    text = PAST.format(slug=cast.slug)
    _status, listed = sent(client, text + text.splitlines()[1] + "\n")
    assert "1 sale to import" in client.get(listed).text
    client.post(f"{listed}/apply")
    assert count(database, Order) == 1


def test_list_with_an_invalid_row_is_not_imported(
    client: Visitor, database: Database, cast: Cast
) -> None:
    client.sign_in(cast.ada.id)
    _status, listed = sent(client, PAST.format(slug=cast.slug) + "nonsense,everything,2024-03-05\n")
    page = client.get(listed).text
    assert shows(page, HAS_FAULTS)
    assert "Import 1" not in page.partition("<main")[2].partition("Discard")[0].partition("<h2")[2]
    assert "nonsense" in client.get(f"{listed}?answer=invalid").text
    assert "jane@" not in client.get(f"{listed}?answer=invalid").text
    assert client.post(f"{listed}/apply").status_code == 409
    assert count(database, Order) == 0


def test_unpaid_invoice_is_imported_with_its_old_number(
    client: Visitor, database: Database, cast: Cast
) -> None:
    client.sign_in(cast.ada.id)
    page = client.get(PAGE).text
    assert all(name in page for name in ("Invoice number", "Invoice date", "Amount open"))
    text = (
        "E-mail,Covers,Bought,Invoice number,Invoice date,Amount open\n"
        f"jane@oak.example.org,{cast.slug},2024-03-05,1043,2024-03-06,99.00\n"
    )
    _status, listed = sent(client, text)
    client.post(f"{listed}/apply")
    with database.read_session() as session:
        found = session.execute(select(Document.label, Document.open_minor)).all()
    assert [tuple(row) for row in found] == [("1043", 9900)]


def test_list_can_be_discarded_before_the_import(
    client: Visitor, database: Database, cast: Cast
) -> None:
    client.sign_in(cast.ada.id)
    _status, listed = sent(client, PAST.format(slug=cast.slug))
    assert client.post(f"{listed}/discard").status_code == 303
    assert client.get(listed).status_code == 404
    assert count(database, PastImport) == 0


def test_file_that_is_not_a_list_is_refused_with_advice(
    client: Visitor, database: Database, cast: Cast
) -> None:
    client.sign_in(cast.ada.id)
    status, page = sent(client, "PK\x03\x04xl/workbook.xml")
    assert (status, count(database, PastImport)) == (400, 0)
    assert "CSV UTF-8" in page
    assert 'aria-invalid="true"' in page


def test_large_list_waits_for_the_worker_and_shows_progress(
    client: Visitor, database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.LIST_JOBS, "small_bytes", 10)
    client.sign_in(cast.ada.id)
    _status, listed = sent(client, PAST.format(slug=cast.slug))
    assert "data-job" in client.get(listed).text
    told = client.get(listed, headers={"Accept": "application/json"}).json
    assert told == {
        "state": "Checking",
        "is_live": True,
        "percent": 0,
        "amount": "0%",
        "note": "",
    }
    with database.read_session() as session:
        assert session.scalars(select(PastImport.state)).one() is ImportState.READING


@pytest.fixture
def three_came_in(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.ada.id)
    rows = "".join(f"p{n}@oak.example.org,{cast.slug},2024-03-0{n}\n" for n in (1, 2, 3))
    _status, listed = sent(client, "E-mail,Covers,Bought\n" + rows)
    client.post(f"{listed}/apply")


def test_staff_choose_how_many_waiting_people_get_an_email(
    client: Visitor, three_came_in: None
) -> None:
    def standing() -> list[str]:
        page = client.get(PAGE).text.partition('id="emails-title"')[2]
        return re.findall(r"<dd>\s*([\d,]+)\s*</dd>", page)

    assert standing() == ["3", "0"]
    assert client.post(f"{PAGE}/emails", data={"people": "2"}).status_code == 303
    assert standing() == ["1", "2", "0"]


@pytest.mark.parametrize("people", ["", "0", "-1", "many", "100001"])
def test_invalid_number_of_emails_is_refused_with_a_field_error(
    client: Visitor, database: Database, three_came_in: None, people: str
) -> None:
    answer = client.post(f"{PAGE}/emails", data={"people": people})
    assert answer.status_code == 400
    assert 'id="people-error"' in answer.text
    assert count(database, Mail) == 0
