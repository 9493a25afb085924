"""The table of people: for managers only (test_access.py), with search, filters, and CSV."""

import csv
import io
import re

import pytest
from sqlalchemy import update

from lms.core.database import Database
from lms.models.accounts import Login
from lms.web.core import form_fields
from lms.web.core.form_fields import BLANK
from tests.cast import Cast
from tests.page_texts import is_empty
from tests.seats.test_seat_table import came_back
from tests.visitor import Visitor
from tests.web.managed_organization import Elm


def names(page: str) -> list[str]:
    return re.findall(r'class="person-words">\s*<a\s[^>]*>([^<]+)</a>', page)


def test_table_shows_people_with_seats_and_their_progress(mia: Visitor, elm: Elm) -> None:
    page = mia.get(f"/organization/{elm.id}/people").text
    assert sorted(names(page)) == ["Alice", "Bob", "zoe@example.org"]
    assert "50%" in page
    assert "1 to 3 of 3" in page
    assert "until Mar 16, 2026" in page


def test_filters_are_shown_as_removable_chips(mia: Visitor, elm: Elm) -> None:
    address = f"/organization/{elm.id}/people?q=zoe&state=invited&pool={elm.pool}&sort=since&down=1"
    page = mia.get(address).text
    assert names(page) == ["zoe@example.org"]
    chips = re.findall(r'class="chip"\s+href="([^"]+)"', page)
    assert len(chips) == 3
    assert all("sort=since" in chip for chip in chips)
    assert sum("q=zoe" in chip for chip in chips) == 2


def test_table_sorts_in_both_directions(mia: Visitor, elm: Elm) -> None:
    page = mia.get(f"/organization/{elm.id}/people?state=claimed&sort=name").text
    assert names(page) == ["Alice", "Bob"]
    assert 'aria-sort="ascending"' in page
    page = mia.get(f"/organization/{elm.id}/people?state=claimed&sort=name&down=1").text
    assert names(page) == ["Bob", "Alice"]
    assert 'aria-sort="descending"' in page


def test_unknown_filter_values_are_ignored(mia: Visitor, elm: Elm) -> None:
    page = mia.get(f"/organization/{elm.id}/people?state=bogus&watched=no&sort=bogus").text
    assert len(names(page)) == 3


def test_pool_of_another_organization_is_not_found(mia: Visitor, elm: Elm) -> None:
    answer = mia.get(f"/organization/{elm.id}/people?pool={elm.others_pool}")
    assert answer.status_code == 404
    assert mia.get(f"/organization/{elm.id}/people.csv?pool={elm.others_pool}").status_code == 404


def test_pool_among_many_is_found_by_what_it_covers(
    mia: Visitor, elm: Elm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form_fields, "MOST_LISTED", 1)
    here = f"/organization/{elm.id}"
    page = mia.get(f"{here}/people", query_string={"pool": "All webinars"}).text
    assert names(page) == ["Bob"]
    assert '<option value="All webinars">' in page
    assert mia.get(f"{here}/people/pools?q=read").json == {"items": [{"name": "Reading rooms"}]}
    invited = {"pool": "reading", "addresses": "new@example.org"}
    assert re.search(r"<h1>1 ", mia.post(f"{here}/invite", data=invited).text)
    unknown = mia.post(f"{here}/invite", data={**invited, "pool": "Ducks"})
    assert unknown.status_code == 400
    assert "find “Ducks.”" in unknown.text
    listed = {"pool": "reading", "addresses": "other@example.org"}
    assert mia.post(f"{here}/import", data=listed).status_code == 303
    assert mia.post(f"{here}/import", data={**listed, "pool": "Ducks"}).status_code == 400


@pytest.mark.parametrize(
    ("typed", "said"),
    [("", BLANK), ("Ducks", "find “Ducks.”")],
)
@pytest.mark.parametrize("form", ["invite", "import"])
def test_form_without_a_valid_pool_is_refused_and_preserves_input(
    mia: Visitor, elm: Elm, monkeypatch: pytest.MonkeyPatch, form: str, typed: str, said: str
) -> None:
    monkeypatch.setattr(form_fields, "MOST_LISTED", 1)
    page = f"/organization/{elm.id}/{form}"
    fresh = mia.get(page)
    assert fresh.status_code == 200
    assert "data-error-summary" not in fresh.text
    assert 'id="pool-error"' not in fresh.text
    answer = mia.post(page, data={"pool": typed, "addresses": "new@example.org"})
    assert answer.status_code == 400
    assert said in answer.text
    assert "new@example.org" in answer.text
    assert f'value="{typed}"' in answer.text


def test_mistyped_pool_filter_is_ignored_with_a_message(
    mia: Visitor, elm: Elm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form_fields, "MOST_LISTED", 1)
    answer = mia.get(f"/organization/{elm.id}/people?pool=Ducks&state=claimed")
    assert answer.status_code == 200
    assert names(answer.text) == ["Alice", "Bob"]
    assert "find “Ducks.”" in answer.text
    assert 'value="Ducks"' in answer.text
    assert "pool=Ducks" not in answer.text
    assert len(names(mia.get(f"/organization/{elm.id}/people?pool=").text)) == 3


def test_search_without_matches_shows_the_empty_state(mia: Visitor, elm: Elm) -> None:
    page = mia.get(f"/organization/{elm.id}/people?q=nobody").text
    assert is_empty(page)


def test_page_beyond_the_end_is_not_found(mia: Visitor, elm: Elm) -> None:
    assert mia.get(f"/organization/{elm.id}/people?page=2").status_code == 404
    assert mia.get(f"/organization/{elm.id}/people?page=0").status_code == 404


def test_csv_has_exactly_the_filtered_rows(mia: Visitor, elm: Elm) -> None:
    answer = mia.get(f"/organization/{elm.id}/people.csv?state=claimed&pool={elm.pool}")
    assert answer.mimetype == "text/csv"
    assert "elm-county-people.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [row["Name"] for row in rows] == ["Alice"]
    assert rows[0]["Email address"] == "alice@example.org"
    assert (rows[0]["Webinars started"], rows[0]["Watched (percent)"]) == ("1", "50")


def test_bounced_address_is_marked_and_can_be_filtered(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    page = f"/organization/{elm.id}/people"
    assert mia.get(page).text.count("badge-danger") == 0
    with database.transaction() as session:
        came_back(session, "zoe@example.org")
    shown = mia.get(page).text
    assert shown.count("badge-danger") == 1
    found = mia.get(f"{page}?mail=bounced").text
    assert "zoe@example.org" in found
    assert "alice@example.org" not in found
    answer = mia.get(f"{page}.csv?mail=bounced")
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [(row["Email address"], row["Email bounced"]) for row in rows] == [
        ("zoe@example.org", "Yes")
    ]


def test_csv_escapes_formulas(mia: Visitor, elm: Elm, cast: Cast, database: Database) -> None:
    with database.transaction() as session:
        session.execute(
            update(Login).where(Login.id == cast.alice.id).values(name='=HYPERLINK("evil")')
        )
    answer = mia.get(f"/organization/{elm.id}/people.csv?q=alice")
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert rows[0]["Name"].startswith("'=")
