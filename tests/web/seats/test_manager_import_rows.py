"""Rows of a staff list without a seat: for managers only, corrected on the page, and as CSV."""

import csv
import io
import re

from lms.core.database import Database
from lms.core.email_addresses import NOT_AN_ADDRESS
from lms.models.seat_imports import Answer
from lms.web.seats.manager_seat_import import ANSWER_WORDS
from tests.cast import Cast
from tests.page_texts import shows, told
from tests.visitor import Visitor
from tests.web.managed_organization import Elm

LIST = "Email,Name,Department\nmaria@example.org,Maria,Reference\nnot an address,=Joe,Desk\n"


def sent(mia: Visitor, elm: Elm, text: str = LIST) -> str:
    data = {"pool": elm.pool, "addresses": text}
    return mia.post(f"/organization/{elm.id}/import", data=data).location


def test_only_managers_can_correct_and_download_rows(mia: Visitor, elm: Elm, cast: Cast) -> None:
    place = sent(mia, elm)
    mia.sign_in(cast.bob.id)
    assert mia.get(f"{place}/left-out.csv").status_code == 404
    assert mia.post(f"{place}/correct").status_code == 404
    mia.sign_in(cast.mia.id)
    other = place.replace(elm.id, elm.other)
    assert mia.get(f"{other}/left-out.csv").status_code == 404
    assert mia.post(f"{other}/correct").status_code == 404


def test_csv_of_rows_without_a_seat_has_reasons_and_escaped_formulas(
    mia: Visitor, elm: Elm
) -> None:
    place = sent(mia, elm)
    assert f'href="{place}/left-out.csv"' in mia.get(place).text
    text = mia.get(f"{place}/left-out.csv").text
    head, row = csv.reader(io.StringIO(text.lstrip("\ufeff")))
    assert head == ["Email", "Name", "Department", "Branch", "Line", "Result", "Why"]
    assert row[:6] == [
        "not an address",
        "'=Joe",
        "Desk",
        "",
        "3",
        ANSWER_WORDS[Answer.INVALID].replace("'", "\u2019"),
    ]
    assert row[6] == NOT_AN_ADDRESS


def test_row_can_be_corrected_on_the_page(mia: Visitor, elm: Elm) -> None:
    place = sent(mia, elm)
    page = mia.get(place).text
    assert f'action="{place}/correct"' in page
    assert "Reference (1)" in page
    [field] = re.findall(r'name="(email-\d+)"', page)
    assert mia.post(f"{place}/correct", data={field: "joe at example"}).status_code == 303
    again = mia.get(place).text
    assert "joe at example" in again
    assert "1 row still can" in again
    mia.post(f"{place}/correct", data={field: "joe@example.org", "name-2": "Joe"})
    fixed = mia.get(place).text
    assert told(fixed).startswith("1 ")
    assert 'data-seats="1"' in fixed
    assert shows(fixed, ANSWER_WORDS[Answer.NO_SEAT])
    assert f'action="{place}/correct"' not in fixed


def test_list_of_people_with_seats_still_sets_their_groups(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    place = sent(mia, elm, "Email,Branch\nalice@example.org,Main\n")
    assert f'action="{place}/apply"' in mia.get(place).text
    mia.post(f"{place}/apply")
    assert "notice-done" in mia.get(place).text
    assert "Main" in mia.get(f"/organization/{elm.id}/training/groups").text
