"""/staff/history: who may not come in, looking first, and bringing in what was sold before."""

import io

import pytest
from sqlalchemy import func, select

from lms.db import Database
from lms.models.orders import Sale
from tests.cast import Cast
from tests.visitor import Visitor

PAGE = "/staff/history"
PAST = "E-mail,Covers,Bought\njane@oak.example.org,{slug},2024-03-05\n"


@pytest.mark.parametrize("who", ["alice", "bob", "carol", "dan", "mia"])
def test_the_page_is_not_there_for_anybody_but_staff(client: Visitor, cast: Cast, who: str) -> None:
    client.sign_in(getattr(cast, who).id)
    assert client.get(PAGE).status_code == 404
    assert client.post(PAGE, data={"act": "apply"}).status_code == 404


def sent(client: Visitor, text: str, act: str) -> tuple[int, str]:
    """Send a list; returns the status and the page."""
    file = (io.BytesIO(text.encode()), "past.csv")
    answer = client.post(PAGE, data={"file": file, "act": act})
    return answer.status_code, answer.get_data(as_text=True)


def sales(database: Database) -> int:
    """Return how many sales there are."""
    with database.read_session() as session:
        return session.scalar(select(func.count()).select_from(Sale)) or 0


def test_looking_at_a_list_shows_every_row_and_keeps_nothing(
    client: Visitor, database: Database, cast: Cast
) -> None:
    client.sign_in(cast.ada.id)
    status, page = sent(client, PAST.format(slug=cast.slug), "check")
    assert (status, sales(database)) == (200, 0)
    assert "1 would be brought in" in page
    assert "jane@oak.example.org" in page


def test_a_list_is_brought_in_once(client: Visitor, database: Database, cast: Cast) -> None:
    client.sign_in(cast.ada.id)
    for _ in range(2):
        assert sent(client, PAST.format(slug=cast.slug), "apply")[0] == 303
        assert sales(database) == 1


def test_a_row_with_a_fault_is_shown_and_nothing_is_brought_in(
    client: Visitor, database: Database, cast: Cast
) -> None:
    client.sign_in(cast.ada.id)
    wrong = PAST.format(slug=cast.slug) + "nonsense,everything,2024-03-05\n"
    status, page = sent(client, wrong, "apply")
    assert (status, sales(database)) == (200, 0)
    assert "Nothing is brought in while a row has a fault." in page
    assert "nonsense" in page


def test_a_file_that_is_no_list_is_refused_with_what_to_do(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.ada.id)
    status, page = sent(client, "PK\x03\x04xl/workbook.xml", "check")
    assert status == 400
    assert "CSV UTF-8" in page
