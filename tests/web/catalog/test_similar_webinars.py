"""Similar webinars on pages of unavailable webinars and on pages that aren't found."""

import pytest

from lms.core.database import Database
from lms.models.catalog import Webinar, WebinarState
from lms.search import webinar_search
from tests.cast import Cast
from tests.clock import Clock
from tests.factories import make_webinar
from tests.visitor import Visitor


@pytest.fixture
def shelves(database: Database, cast: Cast, clock: Clock) -> Database:
    """Create webinars about shelves (one canceled, one a draft), and one about mold."""
    with database.transaction() as session:
        rows = [
            make_webinar(session, "shelves-that-breathe"),
            make_webinar(session, "shelves-canceled", state=WebinarState.CANCELED),
            make_webinar(session, "shelves-draft", state=WebinarState.DRAFT),
            make_webinar(session, "mold"),
        ]
        for row in rows:
            row.title = row.slug.replace("-", " ")
        webinar_search.keep(session, [row.id for row in rows])
    return database


@pytest.mark.parametrize("who", ["nobody", "dan", "alice"])
@pytest.mark.parametrize("slug", ["shelves-draft", "shelves-that-never-were"])
def test_webinar_not_found_shows_similar_webinars_without_drafts(
    client: Visitor, shelves: Database, cast: Cast, who: str, slug: str
) -> None:
    if who != "nobody":
        client.sign_in(getattr(cast, who).id)
    page = client.get(f"/webinars/{slug}")
    assert page.status_code == 404
    assert 'href="/webinars/shelves-that-breathe"' in page.text
    assert 'href="/webinars/shelves-' not in page.text.replace("shelves-that-breathe", "")
    assert 'id="another-q"' in page.text
    assert 'href="/ask"' in page.text


def test_other_pages_not_found_show_no_similar_webinars(client: Visitor, shelves: Database) -> None:
    for path in ("/shelves", "/webinars/%00", "/webinars/-/x"):
        page = client.get(path)
        assert page.status_code in (400, 404)
        assert 'id="similar"' not in page.text


def test_canceled_webinar_shows_similar_webinars(client: Visitor, shelves: Database) -> None:
    page = client.get("/webinars/shelves-canceled").text
    similar = page.partition('id="similar"')[2]
    assert 'href="/webinars/shelves-that-breathe"' in similar
    assert 'href="/webinars/mold"' not in similar
    assert 'href="/webinars/shelves-canceled"' not in similar
    assert 'id="another"' in similar


def test_webinar_on_sale_shows_no_similar_webinars(client: Visitor, shelves: Database) -> None:
    assert 'id="similar"' not in client.get("/webinars/mold").text


def test_withdrawn_webinar_shows_similar_ones_to_people_with_access(
    client: Visitor, shelves: Database, cast: Cast
) -> None:
    with shelves.transaction() as session:
        row = session.get_one(Webinar, cast.webinar_id)
        row.state, row.title = WebinarState.WITHDRAWN, "Old shelves"
    client.sign_in(cast.alice.id)
    page = client.get(f"/webinars/{cast.slug}")
    assert page.status_code == 200
    assert 'href="/webinars/shelves-that-breathe"' in page.text
