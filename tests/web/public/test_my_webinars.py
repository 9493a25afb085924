"""My webinars: what a person can watch, why, until when, and where they stopped."""

import re
from datetime import timedelta

import pytest
from lxml.html import document_fromstring

from lms.access.policy import Code
from lms.catalog.my_webinars_statements import PAGE_SIZE
from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import OfferKind, Scope, Withdrawal
from lms.models.live import Registration
from lms.models.seats import AssignmentState
from lms.playback import heartbeats, progress_bitmap, sessions
from lms.playback.sessions import Screen
from lms.pricing.price_list import Price, set_prices
from lms.search import webinar_search
from lms.web.catalog.webinar_cards import BADGE_WORDS, INCLUDED
from tests.clock import NOW
from tests.factories import make_assignment, make_grant, make_recording, make_series, make_webinar
from tests.page_texts import is_empty, shows, start_of
from tests.seat_rows import add_pool
from tests.statements import MOST, statements


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def library(client):
    """Return a function that opens My webinars as a given person."""

    def read(person, **query):
        client.sign_in(person.id)
        return client.get("/library", query_string=query)

    return read


def test_signed_out_person_is_redirected(client):
    assert client.get("/library").status_code == 303


def test_page_without_webinars_leads_to_the_catalog(library, cast):
    answer = library(cast.dan)
    assert answer.status_code == 200
    assert is_empty(answer.text)
    assert 'href="/webinars">' in answer.text.partition('class="empty"')[2]


def test_page_with_only_a_reserved_seat_is_not_empty(library, cast, database):
    with database.transaction() as session:
        pool = add_pool(session, cast.organization_id, cast.webinar_id, seats=3)
        make_assignment(session, pool, email=cast.dan.email, state=AssignmentState.INVITED)
    text = library(cast.dan).text
    assert 'id="kept"' in text
    assert not is_empty(text)


def test_page_runs_at_most_six_statements(library, cast, database):
    library(cast.alice)
    with statements(database) as seen:
        library(cast.alice)
    assert len(seen) <= MOST


def test_permanent_access_says_so(library, cast):
    answer = library(cast.alice)
    assert f'href="/webinars/{cast.slug}/watch"' in answer.text
    assert shows(answer.text, BADGE_WORDS[Code.OK_PERMANENT])


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, BADGE_WORDS[Code.PAYMENT_PENDING]), (9, BADGE_WORDS[Code.PAYMENT_OVERDUE])],
)
def test_unpaid_webinar_stays_listed_without_a_watch_link(database, library, cast, days, words):
    with database.transaction() as session:
        grant = make_grant(
            session,
            session.get_one(Login, cast.dan.id),
            session.get_one(Webinar, cast.webinar_id),
        )
        grant.awaits_payment_since = grant.created_at + timedelta(days=days)
    text = library(cast.dan).text
    assert words in text
    assert f'href="/webinars/{cast.slug}"' in text
    assert f'href="/webinars/{cast.slug}/watch"' not in text


def test_canceled_webinar_says_so_and_shows_no_live_date(database, library, cast):
    with database.transaction() as session:
        gone = make_webinar(session, "fine-free-fridays", held_at=NOW + timedelta(days=9))
        gone.state = WebinarState.CANCELED
        make_grant(session, session.get_one(Login, cast.dan.id), gone)
    text = library(cast.dan).text
    assert "Canceled" in text
    assert not shows(text, BADGE_WORDS[Code.LIVE_NOT_OPEN])
    assert "Live " not in text
    assert 'href="/webinars/fine-free-fridays"' in text


def test_refunded_webinar_is_not_listed(database, library, cast):
    with database.transaction() as session:
        for slug, revoked_at in (("kept", None), ("refunded", NOW)):
            coming = make_webinar(session, slug, held_at=NOW + timedelta(days=9))
            grant = make_grant(session, session.get_one(Login, cast.dan.id), coming)
            grant.revoked_at = revoked_at
            grant.revoked_as = Withdrawal.REFUNDED if revoked_at else None
            session.add(Registration(login_id=cast.dan.id, webinar_id=coming.id, registered_at=NOW))
    text = library(cast.dan).text
    assert "/webinars/kept" in text
    assert "/webinars/refunded" not in text


def test_canceled_webinar_is_not_listed_under_a_pass(database, library, cast):
    with database.transaction() as session:
        bob = session.get_one(Login, cast.bob.id)
        for slug in ("bought", "covered"):
            gone = make_webinar(session, f"canceled-{slug}", held_at=NOW + timedelta(days=9))
            gone.state = WebinarState.CANCELED
            if slug == "bought":
                make_grant(session, bob, gone)
    text = library(cast.bob).text
    assert "/webinars/canceled-covered" not in text
    assert 'href="/webinars/canceled-bought"' in text
    assert f'href="/webinars/{cast.slug}/watch"' in text


def test_webinars_of_a_pass_show_when_it_ends(library, cast):
    answer = library(cast.bob)
    assert 'id="passes"' in answer.text
    assert shows(answer.text, start_of(INCLUDED))
    assert "Sep 18, 2026" in answer.text


def test_ended_pass_shows_its_end_and_no_webinars(library, cast):
    answer = library(cast.carol)
    assert "ended on" in answer.text
    assert f"/webinars/{cast.slug}/watch" not in answer.text
    assert is_empty(answer.text)


def test_upcoming_webinar_is_listed_with_its_date(library, cast, database):
    with database.transaction() as session:
        webinar = make_webinar(session, "to-come", held_at=NOW + timedelta(days=9))
        make_grant(session, session.get_one(Login, cast.alice.id), webinar)
    said = library(cast.alice).text
    assert shows(said, BADGE_WORDS[Code.LIVE_NOT_OPEN])
    assert re.search(r"Live \w{3} \d+, \d+:\d\d\s[AP]M", said)


def test_list_on_one_page_shows_no_counts(library, cast):
    assert not re.search(r"\d to \d+ of \d+", library(cast.alice).text)


def test_started_webinar_comes_first_with_its_progress(library, cast, database):
    assert 'id="begun"' not in library(cast.alice).text
    _watch(database, cast, cast.alice)
    answer = library(cast.alice)
    assert re.search(r'class="progress-words">[^<]*10[^<]*60', answer.text)
    assert document_fromstring(answer.text).xpath("string((//main//h2)[1]/@id)") == "begun"


def test_started_webinar_that_was_removed_cannot_be_continued(library, client, cast, database):
    _watch(database, cast, cast.bob)
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        webinar.state, webinar.pulled_reason = WebinarState.PULLED, "A reason."
    answer = library(cast.bob)
    assert 'id="begun"' not in answer.text
    assert "Removed" in answer.text
    pictures = document_fromstring(answer.text).xpath("//article//img/@src")
    assert [client.get(each).status_code for each in pictures] == [200] * len(pictures)


def test_free_webinars_are_listed_for_everyone_signed_in(library, cast, database):
    with database.transaction() as session:
        webinar = make_webinar(session, "a-free-one", free=True)
        make_recording(session, webinar)
    answer = library(cast.dan)
    assert 'id="free"' in answer.text
    assert "/webinars/a-free-one/watch" in answer.text


def test_drafts_are_not_listed(library, cast, database):
    with database.transaction() as session:
        make_webinar(session, "a-draft", state=WebinarState.DRAFT)
    assert "a-draft" not in library(cast.bob).text


def test_long_list_is_paged(library, cast, database):
    with database.transaction() as session:
        for number in range(PAGE_SIZE + 6):
            make_webinar(session, f"number-{number}")
    first, second = library(cast.bob), library(cast.bob, page=2)
    assert f"1 to {PAGE_SIZE} of {PAGE_SIZE + 7}" in first.text
    assert f"{PAGE_SIZE + 1} to {PAGE_SIZE + 7} of {PAGE_SIZE + 7}" in second.text


def test_a_page_beyond_the_end_is_not_found(library, cast):
    assert library(cast.alice, page=2).status_code == 404
    assert library(cast.alice, page=0).status_code == 404


def _watch(database, cast, person):
    start = NOW - timedelta(hours=1)
    told = progress_bitmap.checked_beat(600.0, 1.0, [(0.0, 600.0)])
    with database.transaction() as session:
        screen = Screen(login_id=person.id, sign_in_id=None)
        playback = sessions.open_playback(
            session, screen=screen, webinar_id=cast.webinar_id, now=start
        )
        at = start + timedelta(minutes=10)
        heartbeats.keep_beat(session, playback.session_id, beat=told, now=at)


def test_many_webinars_can_be_searched_filtered_and_sorted(library, cast, database):
    with database.transaction() as session:
        rows = [make_webinar(session, f"w{n}", held_at=NOW - timedelta(days=n)) for n in range(9)]
        rows[0].held_at = NOW + timedelta(days=2)
        for row, title in zip(rows, ("Zebra", *("Middle",) * 7, "aardvark"), strict=True):
            row.title = title
        webinar_search.keep(session, [row.id for row in rows])

    def titles(**query):
        page = library(cast.bob, **query).text.partition('id="held"')[2]
        return re.findall(r'class="card-title title"><a href="[^"]*">([^<]*)<', page)

    assert titles(q="zebra") == ["Zebra"]
    assert titles(show="live") == ["Zebra"]
    assert "Zebra" not in titles(show="recordings")
    assert titles(sort="title")[0] == "aardvark"
    assert titles()[0] == titles(sort="nonsense", show="nonsense")[0] == "Zebra"
    assert titles(sort="oldest")[-1] == "Zebra"
    nothing = library(cast.bob, q="elephants").text
    assert is_empty(nothing)
    assert 'id="table-q"' in nothing
    assert is_empty(library(cast.bob, q="!!").text)


def test_short_list_has_no_search(library, cast):
    assert 'id="table-q"' not in library(cast.alice).text


def sell_passes(database):
    prices = (Price(OfferKind.PASS, 1, 49_900, "USD"),)
    with database.transaction() as session:
        set_prices(session, prices, actor=None, now=NOW)


def test_expired_pass_can_be_renewed_at_checkout(library, client, cast, database):
    sell_passes(database)
    assert "$499.00" not in library(cast.bob).text
    assert "$499.00" in library(cast.carol).text
    answer = client.post("/cart", data={"choice": "pass", "pass_covers": "everything"})
    assert answer.location == "/checkout"


def test_expired_series_pass_is_renewed_for_that_series(library, cast, database):
    sell_passes(database)
    with database.transaction() as session:
        grant = make_grant(
            session,
            session.get_one(Login, cast.dan.id),
            starts_at=NOW - timedelta(days=400),
            ends_at=NOW - timedelta(days=35),
        )
        grant.scope, grant.series_id = Scope.SERIES, make_series(session, "lamps").id
    assert 'name="pass_covers" value="series:lamps"' in library(cast.dan).text


def test_renewed_pass_is_not_shown_as_ended(library, cast, database):
    sell_passes(database)
    with database.transaction() as session:
        carol = session.get_one(Login, cast.carol.id)
        grant = make_grant(session, carol, ends_at=NOW + timedelta(days=365))
        grant.scope = Scope.EVERYTHING
    text = library(cast.carol).text
    assert "$499.00" not in text
    assert "ended on" not in text


def test_pass_that_is_no_longer_sold_cannot_be_renewed(library, cast):
    text = library(cast.carol).text
    assert "ended on" in text
    assert "Renew" not in text
