"""Questions about an imported announcement: one button answers one or all of them."""

import html
import re

import pytest
from sqlalchemy import select

from lms.announcement_parser.evidence import NO_PRESENTER
from lms.announcement_parser.start_date_and_time import SENTENCES, Ask
from lms.core.database import Database
from lms.models.catalog import Presenter
from lms.web.catalog.staff_announcement_questions import AS_FILLED_IN, FREE, NOT_FREE
from tests.page_texts import shows
from tests.visitor import Visitor
from tests.web.catalog.test_staff_announcement_import import AT, fields, pasted

FACTS = "Date: May 6, 2027\nTime: 1 pm - 2:15 Eastern\nPresenter: Ana Bell\nPrice: $99\n"
TEXT = "A shelf can be mended in an hour. Ana shows how with three clamps and one old door."
RIVALS = f"Shelf Life Weekly\nThe Other Tuesday\n\nMending Shelves\n\n{FACTS}\n{TEXT}"


def answers(page: str, field: str) -> list[str]:
    """Return the labels of a question's buttons."""
    group = re.search(rf'role="group"[^>]* aria-label="{field}">(.*?)</div>', page, re.DOTALL)
    found = re.findall(r"<button[^>]*>(.*?)</button>", group[1], re.DOTALL) if group else []
    return [html.unescape(re.sub(r"<[^>]*>", "", one)).strip() for one in found]


def press(ada: Visitor, page: str, field: str, words: str) -> str:
    """Press the button of a question with this label, and return the page."""
    group = re.search(rf'role="group"[^>]* aria-label="{field}">(.*?)</div>', page, re.DOTALL)
    assert group, field
    acts = re.findall(r'value="([^"]+)"', group[1])
    act = acts[answers(page, field).index(words)]
    answer = ada.post(f"{AT}/review", data={**fields(page), "act": act})
    assert answer.status_code == 200
    return answer.text


def test_another_title_can_be_chosen(ada: Visitor) -> None:
    page = pasted(ada, RIVALS)
    found = answers(page, "Title")
    other = next(one for one in ("Mending Shelves", "The Other Tuesday") if one in found[1:])
    page = press(ada, page, "Title", other)
    assert fields(page)["title"] == other
    assert answers(page, "Title") == []


def test_filled_in_title_can_be_confirmed(ada: Visitor) -> None:
    page = pasted(ada, RIVALS)
    first = fields(page)["title"]
    page = press(ada, page, "Title", str(first))
    assert fields(page)["title"] == first
    assert answers(page, "Title") == []


def test_a_changed_field_is_no_longer_asked_about(ada: Visitor) -> None:
    page = pasted(ada, RIVALS)
    sent = {**fields(page), "title": "Mending Shelves at Home", "act": "preview"}
    assert answers(ada.post(f"{AT}/review", data=sent).text, "Title") == []


def test_all_questions_can_be_confirmed_at_once(ada: Visitor, database: Database) -> None:
    text = f"{RIVALS}\n\nTom Ray has mended doors."
    page = pasted(ada, text)
    assert 'value="ok-all"' in page
    page = ada.post(f"{AT}/review", data={**fields(page), "act": "ok-all"}).text
    assert 'id="asked-title"' not in page
    assert fields(page)["presenters"] == ["ana-bell"]
    with database.read_session() as session:
        assert session.scalars(select(Presenter.name)).all() == ["Ana Bell"]


def test_missing_answers_are_not_confirmed_with_the_others(ada: Visitor) -> None:
    page = pasted(ada, f"Mending Shelves\n\n{TEXT}")
    page = ada.post(f"{AT}/review", data={**fields(page), "act": "ok-all"}).text
    assert shows(page, SENTENCES[Ask.NO_DATE])
    assert shows(page, NO_PRESENTER)
    assert 'value="ok-all"' not in page


def test_start_is_blank_until_one_of_two_is_chosen(ada: Visitor) -> None:
    text = f"Mending Shelves\n\nMay 6, 2027, 1-2:15 pm Eastern\n\n{TEXT}\n\nClass 2 is on May 13, 2027."
    page = pasted(ada, text)
    assert fields(page)["held_at"] == ""
    first, second = answers(page, "Starts")
    page = press(ada, page, "Starts", second)
    assert fields(page)["held_at"] == "2027-05-13T13:00"
    assert answers(page, "Starts") == []
    assert first.startswith("Thursday, May 6, 2027")


def test_missing_time_zone_can_be_chosen(ada: Visitor) -> None:
    page = pasted(ada, "Quiet Rooms\n\nDate: March 9, 2027, 2 pm")
    page = press(ada, page, "Starts", answers(page, "Starts")[1])
    assert fields(page)["zone"] == "America/Chicago"
    assert answers(page, "Starts") == []


def test_other_presenters_can_be_added_one_by_one(ada: Visitor) -> None:
    page = pasted(ada, f"Title: Mending Shelves\n{FACTS}\nDescription\n\n{TEXT}\n\nTom Ray helps.")
    page = press(ada, page, "Presenters", "Add Tom Ray")
    assert fields(page)["presenters"] == ["tom-ray"]
    page = press(ada, page, "Presenters", "Tom Ray, Ana Bell")
    assert fields(page)["presenters"] == ["tom-ray", "ana-bell"]
    assert answers(page, "Presenters") == []


@pytest.mark.parametrize("words", [FREE, NOT_FREE])
def test_free_or_not_free_can_be_chosen(ada: Visitor, words: str) -> None:
    text = f"Mending Shelves\n\n{FACTS.replace('Price: $99', 'Price: $0.00 (your pass)')}\n{TEXT}"
    page = press(ada, pasted(ada, text), "Free", words)
    is_free = re.search(r'<input[^>]* checked[^>]* name="free"', page) is not None
    assert is_free == (words == FREE)
    assert answers(page, "Free") == []


def test_exclusion_from_passes_can_be_chosen(ada: Visitor) -> None:
    text = f"Mending Shelves\n\n{FACTS}\n{TEXT}\n\nNo passes for this one."
    page = press(ada, pasted(ada, text), "Passes", "Not included")
    assert re.search(r'<input[^>]* checked[^>]* name="not_in_passes"', page)
    assert answers(page, "Passes") == []


def test_another_length_can_be_chosen(ada: Visitor) -> None:
    text = f"Title: Mending Shelves\n{FACTS}\nDescription\n\n{TEXT} It is a 90-minute webinar."
    page = press(ada, pasted(ada, text), "Minutes", "90 minutes")
    assert fields(page)["minutes"] == "90"


def test_additional_text_asks_about_the_overview(ada: Visitor) -> None:
    more = "Some shelves sag because the books on them are heavier than anyone thought."
    page = pasted(
        ada, f"Mending Shelves at Home\n\n{FACTS}\nHi friends,\n\n{TEXT}\n\nWHY\n\n{more}"
    )
    found = answers(page, "Overview")
    assert found[0] == AS_FILLED_IN


def test_question_shows_the_lines_it_is_about(ada: Visitor) -> None:
    page = pasted(ada, f"Mending Shelves\n\n{FACTS}\n{TEXT}\n\nBring $5 for clamps.")
    assert "Bring $5 for clamps.</blockquote>" in page
