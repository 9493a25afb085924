"""The public lists: the home page, the catalog, a series, and a presenter."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from lms.access.policy import Code
from lms.catalog.presenters import PresenterWords, add_presenter, change_picture
from lms.catalog.public_listing import PAGE_SIZE
from lms.catalog.series import SeriesWords, add_series
from lms.catalog.webinar_details_validation import WebinarWords
from lms.catalog.webinars import add_webinar, publish_webinar
from lms.core.database import Database
from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarState
from lms.models.playback import WatchRecord
from lms.search import webinar_search
from lms.web.catalog.webinar_cards import BADGE_WORDS, INCLUDED, NOT_YOURS
from media.storage.storage_protocol import Storage
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_webinar
from tests.page_texts import is_empty, start_of
from tests.seat_rows import add_pool, seat
from tests.statements import statements
from tests.visitor import Visitor

PAGES = ("/", "/webinars", "/series/shelf-life", "/presenters/ann-falk")


def put(session: Session, title: str, **words: object) -> str:
    """Announce a webinar by Ann Falk in the series Shelf life."""
    given = WebinarWords(
        title,
        NOW + timedelta(days=3),
        "America/New_York",
        presenters=("ann-falk",),
        series=("shelf-life",),
    )
    kept = add_webinar(session, given, actor=None, now=NOW)
    publish_webinar(session, kept.slug, actor=None, now=NOW)
    row = session.get_one(Webinar, kept.id)
    for name, value in words.items():
        setattr(row, name, value)
    webinar_search.keep(session, (kept.id,))
    return kept.slug


@pytest.fixture
def shelves(database: Database, cast: Cast, clock: Clock) -> Database:
    with database.transaction() as session:
        ann = PresenterWords("Ann Falk", "Teaches *calmly*.")
        add_presenter(session, ann, actor=None, now=NOW)
        add_series(session, SeriesWords("Shelf life", "About shelves."), actor=None, now=NOW)
        put(session, "Weeding without tears")
        put(session, "Moving day", held_at=NOW - timedelta(days=9))
    return database


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("state", [state for state in WebinarState if state != "announced"])
@pytest.mark.parametrize("who", ["nobody", "alice", "ada"])
def test_webinars_that_are_not_announced_are_not_listed(
    client: Visitor, shelves: Database, cast: Cast, path: str, state: WebinarState, who: str
) -> None:
    reason = "Unsafe." if state is WebinarState.PULLED else None
    with shelves.transaction() as session:
        put(session, "Secret talk", state=state, pulled_reason=reason)
    if who != "nobody":
        client.sign_in(getattr(cast, who).id)
    for address in (path, "/webinars?q=secret"):
        page = client.get(address)
        assert page.status_code == 200
        assert "Secret talk" not in page.text


@pytest.mark.parametrize("path", [path for path in PAGES if "series" not in path])
def test_upcoming_webinars_come_before_recordings(
    client: Visitor, shelves: Database, path: str
) -> None:
    page = client.get(path).text
    assert page.index('id="upcoming"') < page.index("Weeding without tears")
    assert page.index("Weeding without tears") < page.index("Recordings</h2>")
    assert page.index("Recordings</h2>") < page.index("Moving day")


@pytest.mark.parametrize("path", ["/", "/webinars"])
def test_empty_catalog_says_so(client: Visitor, database: Database, path: str) -> None:
    assert is_empty(client.get(path).text)


@pytest.mark.parametrize(
    "path",
    [
        "/series/nothing",
        "/presenters/nobody",
        "/webinars?series=nothing",
        "/webinars?page=2",
        "/webinars?page=0",
        "/webinars?page=-1",
        "/webinars?page=99999999999999999999",
        "/presenters/ann-falk/picture",
        "/presenters/nobody/picture",
    ],
)
def test_unknown_pages_are_not_found(client: Visitor, shelves: Database, path: str) -> None:
    assert client.get(path).status_code == 404


def test_search_finds_webinars_by_presenter_and_shows_its_filter(
    client: Visitor, shelves: Database
) -> None:
    page = client.get("/webinars?q=falk").text
    assert "Weeding without tears" in page
    assert "Moving day" in page
    assert "Reading rooms" not in page
    assert "“falk”" in page


def test_a_search_within_a_series_keeps_both_filters(client: Visitor, shelves: Database) -> None:
    page = client.get("/webinars?q=day&series=shelf-life").text
    assert "Moving day" in page
    assert "Weeding without tears" not in page
    assert 'href="/webinars?q=day"' in page
    assert 'href="/webinars?series=shelf-life"' in page


@pytest.mark.parametrize("query", ["elephants", "%22%27%3B--", "%3Cscript%3E", "+"])
def test_search_without_results_says_so_and_odd_text_is_harmless(
    client: Visitor, shelves: Database, query: str
) -> None:
    page = client.get(f"/webinars?q={query}")
    assert page.status_code == 200
    assert "<script>&" not in page.text
    if query == "elephants":
        assert is_empty(page.text)


def test_result_pages_are_counted_and_links_keep_the_filters(
    client: Visitor, shelves: Database
) -> None:
    with shelves.transaction() as session:
        for place in range(PAGE_SIZE + 2):
            put(session, f"Talk {place}", held_at=NOW - timedelta(days=20 + place))
    first = client.get("/webinars?q=talk&series=shelf-life").text
    assert f"1 to {PAGE_SIZE} of {PAGE_SIZE + 2}" in first
    second = client.get("/webinars?q=talk&series=shelf-life&page=2").text
    assert f"{PAGE_SIZE + 1} to {PAGE_SIZE + 2} of {PAGE_SIZE + 2}" in second
    assert "page=1" in second
    assert "q=talk" in second


@pytest.mark.parametrize(
    ("who", "badge"),
    [
        ("alice", BADGE_WORDS[Code.OK_PERMANENT]),
        ("bob", start_of(INCLUDED)),
        ("carol", NOT_YOURS),
        ("dan", NOT_YOURS),
    ],
)
def test_card_shows_each_persons_access(
    client: Visitor, cast: Cast, clock: Clock, who: str, badge: str
) -> None:
    client.sign_in(getattr(cast, who).id)
    assert badge in client.get("/webinars").text


def test_card_of_an_upcoming_webinar_uses_the_readers_time_zone(
    client: Visitor, shelves: Database, cast: Cast
) -> None:
    assert "Mar 5, 10:00\u00a0AM\u00a0ET" in client.get("/webinars").text
    with shelves.transaction() as session:
        session.get_one(Login, cast.dan.id).zone = "America/Los_Angeles"
    client.sign_in(cast.dan.id)
    assert "Mar 5, 7:00\u00a0AM" in client.get("/webinars").text


def test_card_shows_the_share_watched(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        session.add(
            WatchRecord(
                login_id=cast.alice.id,
                recording_id=cast.recording_id,
                buckets=b"",
                watched_s=1800,
                position_s=0.0,
                earned_until=NOW,
                updated_at=NOW,
            )
        )
    client.sign_in(cast.alice.id)
    assert "50%" in client.get("/webinars").text


def test_everyone_can_see_a_presenters_picture(
    client: Visitor, shelves: Database, storage: Storage
) -> None:
    with shelves.transaction() as session:
        ben = add_presenter(session, PresenterWords("Ben"), actor=None, now=NOW)
        change_picture(session, ben.public_id, "presenters/x/ben.jpg", actor=None, now=NOW)
    storage.put_bytes("presenters/x/ben.jpg", b"jpeg", "image/jpeg")
    answer = client.get("/presenters/ben/picture")
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/jpeg", b"jpeg")


def test_biography_is_shown_with_its_formatting(client: Visitor, shelves: Database) -> None:
    assert "Teaches <em>calmly</em>." in client.get("/presenters/ann-falk").text


@pytest.mark.parametrize("path", [*PAGES, "/webinars?q=moving"])
@pytest.mark.parametrize(("who", "most"), [("nobody", 1), ("alice", 3)])
def test_long_list_needs_few_statements(
    client: Visitor, shelves: Database, cast: Cast, path: str, who: str, most: int
) -> None:
    with shelves.transaction() as session:
        for place in range(30):
            make_webinar(session, f"w{place}", held_at=NOW - timedelta(days=place + 40))
    if who != "nobody":
        client.sign_in(cast.alice.id)
    client.get("/privacy")  # loads the seller's details, which are cached
    with statements(shelves) as seen:
        assert client.get(path).status_code == 200
    # a signed-in person's account is one statement; a search also looks in transcripts; pages of a
    # series or presenter also read what is next to the list, a pass's price, and the person's pass
    sells = any(each in path for each in ("/series/", "/presenters/"))
    beside = 2 if who == "nobody" else 4
    assert len(seen) <= most + beside * sells + ("q=" in path)


def test_access_by_a_seat_is_dated_from_its_claim_not_its_sale(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        seat(session, add_pool(session, cast.organization_id, cast.webinar_id), cast.dan.id)
    client.sign_in(cast.dan.id)
    page = client.get(f"/webinars/{cast.slug}").text
    assert page.partition("<dt>Since</dt>")[2].split()[1:4] == ["March", "2,", "2026"]
