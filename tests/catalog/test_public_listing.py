"""The catalog: upcoming webinars first, then past ones; filters, search, and pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from lms.catalog.public_listing import PAGE_SIZE, Listing, Wanted, read_listing
from lms.catalog.webinar_page import read_announcement, read_live_room
from lms.core.database import Database
from lms.core.errors import NotFound
from lms.models.accounts import Login
from lms.models.catalog import Presenter, Webinar, WebinarPresenter, WebinarSeries, WebinarState
from lms.models.grants import OfferKind
from lms.models.handouts import Handout
from lms.models.playback import WatchRecord
from lms.pricing.price_list import Price, set_prices
from lms.search import webinar_search
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_login, make_series, make_webinar

DAY = timedelta(days=1)


def listed(database: Database, wanted: Wanted | None = None, login: int | None = None) -> Listing:
    with database.read_session() as session:
        return read_listing(session, wanted or Wanted(), login_id=login, now=NOW)


def slugs(entries: tuple[object, ...]) -> list[str]:
    return [entry.slug for entry in entries]  # type: ignore[attr-defined]  # entries of any part


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_empty_library_lists_nothing(database: Database) -> None:
    found = listed(database)
    assert (found.entries, found.total, found.all_series) == ((), 0, ())


def test_upcoming_are_listed_nearest_first_then_past_newest_first(
    database: Database,
) -> None:
    with database.transaction() as session:
        for name, days in (("long-ago", -300), ("recent", -3), ("soon", 2), ("later", 20)):
            make_webinar(session, name, held_at=NOW + days * DAY)
    found = listed(database)
    assert slugs(found.upcoming) == ["soon", "later"]
    assert slugs(found.held) == ["recent", "long-ago"]
    assert found.total == 2


@pytest.mark.parametrize(
    ("minutes_ago", "part"), [(0, "upcoming"), (59, "upcoming"), (60, "held"), (61, "held")]
)
def test_webinar_is_upcoming_until_it_ends(database: Database, minutes_ago: int, part: str) -> None:
    with database.transaction() as session:
        make_webinar(session, "now", held_at=NOW - timedelta(minutes=minutes_ago))
    found = listed(database)
    assert slugs(getattr(found, part)) == ["now"]
    assert found.total == (part == "held")


@pytest.mark.parametrize("state", [state for state in WebinarState if state != "announced"])
def test_only_announced_webinars_are_listed(database: Database, state: WebinarState) -> None:
    reason = "Unsafe." if state is WebinarState.PULLED else None
    with database.transaction() as session:
        row = make_webinar(session, "hidden", state=state, pulled_reason=reason)
        webinar_search.keep(session, (row.id,))
    assert listed(database).entries == ()
    assert listed(database, Wanted(query="hidden")).entries == ()


def _many(session: Session, number: int) -> None:
    for place in range(number):
        row = make_webinar(session, f"held-{place:03}", held_at=NOW - (place + 1) * DAY)
        row.title = f"Talk {place}"
        webinar_search.keep(session, (row.id,))


def test_past_webinars_are_paged_and_counted(database: Database) -> None:
    with database.transaction() as session:
        _many(session, PAGE_SIZE + 3)
        make_webinar(session, "soon", held_at=NOW + DAY)
    first, second = listed(database), listed(database, Wanted(page=2))
    assert (len(first.held), len(second.held)) == (PAGE_SIZE, 3)
    assert first.total == second.total == PAGE_SIZE + 3
    assert slugs(first.upcoming) == ["soon"]
    assert second.upcoming == ()
    assert slugs(second.held)[0] == f"held-{PAGE_SIZE:03}"


def test_search_results_are_paged_and_counted(database: Database) -> None:
    with database.transaction() as session:
        _many(session, PAGE_SIZE + 3)
    second = listed(database, Wanted(query="talk", page=2))
    assert (len(second.found), second.total) == (3, PAGE_SIZE + 3)


def test_page_beyond_the_end_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        listed(database, Wanted(page=2))


def test_series_filter_lists_its_webinars_and_names_the_series(database: Database) -> None:
    with database.transaction() as session:
        inside, _outside = make_webinar(session, "inside"), make_webinar(session, "outside")
        shelf, _unused = make_series(session, "shelf"), make_series(session, "unused")
        session.add(WebinarSeries(webinar_id=inside.id, series_id=shelf.id))
    found = listed(database, Wanted(series="shelf"))
    assert slugs(found.held) == ["inside"]
    assert found.series is not None
    assert found.series.title == "Shelf"
    assert [series.slug for series in found.all_series] == ["shelf"]


def test_presenter_filter_lists_their_webinars(database: Database) -> None:
    with database.transaction() as session:
        theirs, _other = make_webinar(session, "theirs"), make_webinar(session, "other")
        ann = Presenter(slug="ann", name="Ann", biography="Teaches.", created_at=NOW)
        session.add(ann)
        session.flush()
        session.add(WebinarPresenter(webinar_id=theirs.id, presenter_id=ann.id, position=1))
    found = listed(database, Wanted(presenter="ann"))
    assert slugs(found.held) == ["theirs"]
    assert found.held[0].presenters == ("Ann",)
    assert found.presenter is not None
    assert found.presenter.biography == "Teaches."


@pytest.mark.parametrize("wanted", [Wanted(series="nothing"), Wanted(presenter="nobody")])
def test_unknown_series_or_presenter_is_not_found(database: Database, wanted: Wanted) -> None:
    with pytest.raises(NotFound):
        listed(database, wanted)


def test_query_without_a_word_finds_nothing(database: Database, cast: Cast) -> None:
    assert listed(database, Wanted(query="!?")).found == ()


def test_entry_has_the_recording_length_and_time_watched(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        _watched(session, cast.recording_id, cast.alice.id, 600)
    (entry,) = listed(database, login=cast.alice.id).held
    assert entry.recording is not None
    assert entry.recording.seconds == 3600.0
    assert entry.watched_s == 600
    assert listed(database, login=cast.dan.id).held[0].watched_s is None
    assert listed(database).held[0].watched_s is None


def test_viewing_by_a_merged_login_counts(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        other = make_login(session)
        session.get_one(Login, other.id).merged_into = cast.alice.id
        _watched(session, cast.recording_id, other.id, 300)
    assert listed(database, login=cast.alice.id).held[0].watched_s == 300


def _watched(session: Session, recording_id: int, login_id: int, seconds: int) -> None:
    session.add(
        WatchRecord(
            login_id=login_id,
            recording_id=recording_id,
            buckets=b"",
            watched_s=seconds,
            position_s=0.0,
            earned_until=NOW,
            updated_at=NOW,
        )
    )


@pytest.mark.parametrize(
    "wanted", [Wanted(), Wanted(query="reading"), Wanted(series="shelf"), Wanted(presenter="ann")]
)
def test_catalog_page_takes_one_statement(database: Database, cast: Cast, wanted: Wanted) -> None:
    with database.transaction() as session:
        make_series(session, "shelf")
        session.add(Presenter(slug="ann", name="Ann", created_at=NOW))
    with statements(database) as seen:
        listed(database, wanted, cast.alice.id)
    assert len([one for one in seen if "SELECT" in one]) == 1


def test_webinar_page_takes_one_statement_and_has_everything(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        _furnish(session, cast.webinar_id)
    with statements(database) as seen, database.read_session() as session:
        page = read_announcement(session, cast.slug)
    assert len([one for one in seen if "SELECT" in one]) == 1
    assert page.agenda == ("One", "Two")
    assert [presenter.name for presenter in page.presenters] == ["Ben", "Ann"]
    assert [series.title for series in page.series] == ["Shelf"]
    assert [handout.title for handout in page.handouts] == ["Slides"]
    assert [price.said for price in page.prices] == ["$99.00"]
    assert page.recording is not None
    assert page.has_live_link
    assert "zoom.example" not in repr(page)


def _furnish(session: Session, webinar_id: int) -> None:
    row = session.get_one(Webinar, webinar_id)
    row.agenda = "One\nTwo"
    row.live_link = "https://zoom.example/secret"
    for place, name in ((2, "Ann"), (1, "Ben")):
        presenter = Presenter(slug=name.lower(), name=name, created_at=NOW)
        session.add(presenter)
        session.flush()
        session.add(WebinarPresenter(webinar_id=row.id, presenter_id=presenter.id, position=place))
    series = make_series(session, "shelf")
    session.add(WebinarSeries(webinar_id=row.id, series_id=series.id))
    session.add(
        Handout(
            webinar_id=row.id,
            position=1,
            title="Slides",
            name="slides.pdf",
            key="handouts/x/slides.pdf",
            preview_key="handouts/x/page.jpg",
            size_bytes=1000,
            sha256="0" * 64,
            pages=24,
            created_at=NOW,
        )
    )
    set_prices(session, [Price(OfferKind.SINGLE, 1, 9900, "USD")], actor=None, now=NOW)


def test_page_of_a_webinar_without_details_is_read(database: Database) -> None:
    with database.transaction() as session:
        make_webinar(session, "bare")
    with database.read_session() as session:
        page = read_announcement(session, "bare")
    assert (page.presenters, page.series, page.handouts, page.prices) == ((), (), (), ())
    assert page.recording is None


def test_unknown_webinar_is_not_found(database: Database) -> None:
    with database.read_session() as session:
        with pytest.raises(NotFound):
            read_announcement(session, "nothing")
        with pytest.raises(NotFound):
            read_live_room(session, "nothing")
