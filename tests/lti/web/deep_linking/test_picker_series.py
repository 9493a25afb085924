"""The picker with more series than a list shows: suggested while typing, and found by title."""

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.catalog import Webinar, WebinarSeries
from lms.web.core.form_fields import SEVERAL, SUGGESTED
from lti.models.launches import Purpose
from tests.cast import Cast
from tests.factories import make_series
from tests.lti.web.deep_linking.test_picker import open_picker
from tests.page_texts import shows
from tests.visitor import Visitor


@pytest.fixture
def many(database: Database, cast: Cast, shelf: dict[str, str]) -> dict[str, str]:
    """Add 40 series of an Elm County webinar and one of another's; return public IDs by slug."""
    with database.transaction() as session:
        named = [make_series(session, f"volume-{at:02}") for at in range(40)]
        other = make_series(session, "volume-of-others")
        mine, theirs = (
            session.scalars(select(Webinar).where(Webinar.slug == slug)).one()
            for slug in ("moths", "theirs")
        )
        session.add_all(WebinarSeries(webinar_id=mine.id, series_id=each.id) for each in named)
        session.add(WebinarSeries(webinar_id=theirs.id, series_id=other.id))
        return {each.slug: each.public_id for each in (*named, other)}


def test_long_list_of_series_is_suggested_while_typing(
    client: Visitor, database: Database, cast: Cast, many: dict[str, str]
) -> None:
    path = open_picker(database, cast)
    page = client.get(path).text
    assert page.count("<option") == SUGGESTED
    assert f'data-from="{path}/series"' in page
    found = client.get(f"{path}/series", query_string={"q": "volume 3"}).json["items"]
    assert [each["name"] for each in found] == [
        "Volume-03",
        "Volume-13",
        "Volume-23",
        *(f"Volume-{at}" for at in range(30, 39)),
    ]
    assert client.get(f"{path}/series", query_string={"q": "others"}).json["items"] == []


def test_exact_series_title_filters_and_an_ambiguous_one_does_not(
    client: Visitor, database: Database, cast: Cast, many: dict[str, str]
) -> None:
    path = open_picker(database, cast)
    page = client.get(path, query_string={"series": "volume 17"}).text
    assert f'value="series:{many["volume-17"]}"' in page
    assert "Moths" in page
    assert "Mold" not in page
    vague = client.get(path, query_string={"series": "volume"}).text
    assert shows(vague, SEVERAL.partition("%(names)s")[0] % {"name": "volume"})
    assert "Mold" in vague


def test_only_the_picker_suggests_series(
    client: Visitor, database: Database, cast: Cast, many: dict[str, str]
) -> None:
    assert client.get("/lti/s/" + "x" * 43 + "/pick/series").status_code == 404
    path = open_picker(database, cast, purpose=Purpose.WATCH)
    assert client.get(f"{path}/series").status_code == 404
