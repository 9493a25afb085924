"""The states of a webinar, from draft through each way out of the catalog."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.catalog.presenters import PresenterWords, add_presenter
from lms.catalog.replacement_webinars import NewInstead
from lms.catalog.series import SeriesWords, add_series
from lms.catalog.staff_read_models import count_holders, count_watching_by_pass
from lms.catalog.webinar_details_validation import Gap, WebinarWords, gaps
from lms.catalog.webinars import (
    add_webinar,
    cancel_webinar,
    edit_webinar,
    publish_webinar,
    pull_webinar,
    restore_webinar,
    withdraw_webinar,
)
from lms.core.database import Database
from lms.core.errors import Conflict, Invalid, NotFound
from lms.models.audit import AuditEntry
from lms.models.catalog import InsteadKind, Presenter, Webinar, WebinarPresenter, WebinarState
from lms.models.playback import PlaybackEnd, PlaybackSession
from lms.playback.sessions import Screen, open_playback
from lms.search import webinar_search
from tests.cast import Cast
from tests.clock import NOW
from tests.servers.databases import on_postgresql
from tests.statements import sqlite_plan, statements

REFUND = NewInstead(InsteadKind.REFUND)
LATER = NOW + timedelta(hours=1)
WORDS = WebinarWords(
    title="Weeding without tears",
    held_at=NOW + timedelta(days=7),
    zone="America/New_York",
    summary="Shelves that breathe.",
    overview="All about it.",
    agenda="One\nTwo",
)


def added(database: Database, words: WebinarWords = WORDS) -> Webinar:
    with database.transaction() as session:
        return add_webinar(session, words, actor=None, now=NOW)


def announced(database: Database, words: WebinarWords = WORDS) -> Webinar:
    kept = added(database, words)
    with database.transaction() as session:
        return publish_webinar(session, kept.slug, actor=None, now=NOW)


def row_of(database: Database, slug: str) -> Webinar:
    with database.read_session() as session:
        return session.scalars(select(Webinar).where(Webinar.slug == slug)).one()


def test_new_webinar_is_a_draft_with_a_slug_from_its_title(database: Database) -> None:
    kept = added(database)
    assert (kept.slug, kept.state) == ("weeding-without-tears", WebinarState.DRAFT)
    assert row_of(database, kept.slug).announced_at is None


def test_second_webinar_with_the_same_title_gets_its_own_slug(database: Database) -> None:
    added(database)
    assert added(database).slug == "weeding-without-tears-2"


def test_title_without_usable_letters_gets_a_slug(database: Database) -> None:
    assert added(database, replace(WORDS, title="!?")).slug == "untitled"


@pytest.mark.parametrize("slug", ["With Capitals", "a--b", "-a", "a/b", "ä", "x" * 81])
def test_invalid_slug_is_rejected(database: Database, slug: str) -> None:
    with pytest.raises(Invalid) as refusal:
        added(database, replace(WORDS, slug=slug))
    assert list(refusal.value.fields) == ["slug"]


def test_slug_already_in_use_is_rejected(database: Database) -> None:
    added(database, replace(WORDS, slug="mine"))
    with pytest.raises(Invalid, match="taken"):
        added(database, replace(WORDS, slug="mine"))


@pytest.mark.parametrize(
    ("faulty", "field"),
    [
        (replace(WORDS, title="   "), "title"),
        (replace(WORDS, title="x" * 201), "title"),
        (replace(WORDS, summary="x" * 401), "summary"),
        (replace(WORDS, overview="x" * 20_001), "overview"),
        (replace(WORDS, minutes=0), "minutes"),
        (replace(WORDS, minutes=1441), "minutes"),
        (replace(WORDS, zone="Mars/Olympus"), "zone"),
        (replace(WORDS, zone="../etc/passwd"), "zone"),
        (replace(WORDS, live_link="javascript:alert(1)"), "live_link"),
        (replace(WORDS, live_link="http://zoom.example/1"), "live_link"),
        (replace(WORDS, held_at=NOW.replace(tzinfo=None)), "held_at"),
        (replace(WORDS, presenters=("nobody",)), "presenters"),
        (replace(WORDS, series=("nothing",)), "series"),
    ],
)
def test_error_is_reported_for_its_field(
    database: Database, faulty: WebinarWords, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        added(database, faulty)
    assert list(refusal.value.fields) == [field]


def test_all_errors_are_reported_at_once(database: Database) -> None:
    with pytest.raises(Invalid) as refusal:
        added(database, replace(WORDS, title="", minutes=0))
    assert set(refusal.value.fields) == {"title", "minutes"}


def test_presenters_stay_in_the_given_order(database: Database) -> None:
    with database.transaction() as session:
        for name in ("Ann", "Ben"):
            add_presenter(session, PresenterWords(name), actor=None, now=NOW)
    kept = added(database, replace(WORDS, presenters=("ben", "ann", "ben")))
    with database.read_session() as session:
        named = session.scalars(
            select(Presenter.slug)
            .join(WebinarPresenter)
            .where(WebinarPresenter.webinar_id == kept.id)
            .order_by(WebinarPresenter.position)
        )
        assert list(named) == ["ben", "ann"]


def test_edited_webinar_is_found_by_its_new_words(database: Database) -> None:
    with database.transaction() as session:
        add_series(session, SeriesWords("Shelf life"), actor=None, now=NOW)
    kept = added(database)
    changed = replace(WORDS, title="Pruning", series=("shelf-life",))
    with database.transaction() as session:
        edit_webinar(session, kept.slug, changed, actor=None, now=LATER)
    with database.read_session() as session:
        hits = webinar_search.hits(("pruning", "shelf"), session.get_bind().dialect.name)
        assert list(session.scalars(select(hits.c.webinar_id))) == [kept.id]


def test_edit_over_another_persons_edit_is_rejected(database: Database) -> None:
    kept = added(database)
    with database.transaction() as session:
        edit_webinar(session, kept.slug, WORDS, seen=NOW, actor=None, now=LATER)
    with pytest.raises(Conflict) as refusal, database.transaction() as session:
        edit_webinar(session, kept.slug, WORDS, seen=NOW, actor=None, now=LATER)
    assert refusal.value.code == "changed_meanwhile"


def test_slug_of_a_draft_can_change(database: Database) -> None:
    kept = added(database)
    with database.transaction() as session:
        edit_webinar(session, kept.slug, replace(WORDS, slug="other"), actor=None, now=LATER)
    assert row_of(database, "other").title == WORDS.title


def test_slug_of_an_announced_webinar_cannot_change(database: Database) -> None:
    kept = announced(database)
    with pytest.raises(Invalid) as refusal, database.transaction() as session:
        edit_webinar(session, kept.slug, replace(WORDS, slug="other"), actor=None, now=LATER)
    assert list(refusal.value.fields) == ["slug"]


def test_publishing_announces_and_records_who_did_it(database: Database) -> None:
    kept = announced(database)
    row = row_of(database, kept.slug)
    assert (row.state, row.announced_at) == (WebinarState.ANNOUNCED, NOW)
    with database.read_session() as session:
        acts = session.scalars(
            select(AuditEntry.act)
            .where(AuditEntry.subject == kept.public_id)
            .order_by(AuditEntry.id)
        )
        assert list(acts) == ["webinar.added", "webinar.published"]


def test_announced_webinar_cannot_be_published_again(database: Database) -> None:
    kept = announced(database)
    with pytest.raises(Conflict), database.transaction() as session:
        publish_webinar(session, kept.slug, actor=None, now=NOW)


@pytest.mark.parametrize("verb", [withdraw_webinar, cancel_webinar, restore_webinar])
def test_draft_can_only_be_published(database: Database, verb: Callable[..., Webinar]) -> None:
    kept = added(database)
    with pytest.raises(Conflict), database.transaction() as session:
        verb(session, kept.slug, actor=None, now=NOW)


@pytest.mark.parametrize("verb", [withdraw_webinar, cancel_webinar])
def test_canceled_or_withdrawn_webinar_can_be_restored(
    database: Database, verb: Callable[..., Webinar]
) -> None:
    kept = announced(database)
    with database.transaction() as session:
        gone = verb(session, kept.slug, actor=None, now=NOW).state
        back = restore_webinar(session, kept.slug, actor=None, now=NOW).state
    assert gone is not WebinarState.ANNOUNCED
    assert back is WebinarState.ANNOUNCED


def test_past_webinar_cannot_be_canceled(database: Database) -> None:
    kept = announced(database)
    with pytest.raises(Conflict, match="Withdraw it instead"), database.transaction() as session:
        cancel_webinar(session, kept.slug, actor=None, now=WORDS.held_at + timedelta(minutes=60))


def test_removing_a_webinar_requires_a_reason(database: Database) -> None:
    kept = announced(database)
    with pytest.raises(Invalid) as refusal, database.transaction() as session:
        pull_webinar(session, kept.slug, reason="  ", instead=REFUND, actor=None, now=NOW)
    assert list(refusal.value.fields) == ["reason"]


def test_removing_a_webinar_stops_playback(database: Database, cast: Cast) -> None:
    screen = Screen(cast.alice.id, None)
    with database.transaction() as session:
        open_playback(session, screen=screen, webinar_id=cast.webinar_id, now=NOW)
    with database.transaction() as session:
        pull_webinar(
            session, cast.slug, reason="A court order.", instead=REFUND, actor=None, now=NOW
        )
    with database.read_session() as session:
        assert session.scalars(select(PlaybackSession.ended_as)).one() is PlaybackEnd.PULLED
    assert row_of(database, cast.slug).pulled_reason == "A court order."


def test_withdrawn_webinar_can_be_removed_and_restored(database: Database) -> None:
    kept = announced(database)
    with database.transaction() as session:
        withdraw_webinar(session, kept.slug, actor=None, now=NOW)
        pulled = pull_webinar(
            session, kept.slug, reason="Unsafe.", instead=REFUND, actor=None, now=NOW
        ).state
        back = restore_webinar(session, kept.slug, actor=None, now=NOW).state
    assert (pulled, back) == (WebinarState.PULLED, WebinarState.ANNOUNCED)
    assert row_of(database, kept.slug).pulled_reason is None


def test_unknown_webinar_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound), database.transaction() as session:
        publish_webinar(session, "nothing", actor=None, now=NOW)


def test_missing_parts_of_an_announcement_are_named() -> None:
    bare = WebinarWords(title="Bare", held_at=NOW, zone="UTC", minutes=60)
    assert set(gaps(bare, NOW)) == set(Gap)
    assert Gap.LIVE_LINK not in gaps(bare, NOW + timedelta(hours=1))
    whole = replace(WORDS, presenters=("ann",), live_link="https://zoom.example/1")
    assert gaps(whole, NOW) == ()


@pytest.mark.skipif(on_postgresql(), reason="PostgreSQL joins both by hashing")
@pytest.mark.parametrize("count", [count_holders, count_watching_by_pass])
def test_counting_people_does_not_scan_all_seats_for_each_grant(
    database: Database, count: Callable[..., int]
) -> None:
    with statements(database) as seen, database.read_session() as session:
        assert count(session, 1, now=NOW) == 0
    seats = [step for step in sqlite_plan(database, seen[-1]) if "assignment" in step]
    assert seats
    assert not any("AUTOMATIC" in step for step in seats), seats
