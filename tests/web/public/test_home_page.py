"""The home page for a person: what to continue, and what is new since their last visit."""

import re
from datetime import timedelta

import pytest

from lms.accounts.browser_sessions import Browser, open_sign_in
from lms.models.accounts import Login
from lms.models.playback import WatchRecord
from tests.clock import NOW
from tests.factories import make_grant, make_recording, make_webinar


def begun(session, login_id: int, recording_id: int, *, share: float = 0.3, at=NOW) -> None:
    session.add(
        WatchRecord(
            login_id=login_id,
            recording_id=recording_id,
            buckets=b"\x01",
            watched_s=round(3600 * share),
            position_s=30.0,
            earned_until=at,
            updated_at=at,
        )
    )


def titles_under(page: str, heading: str) -> list[str]:
    """Return the titles of the cards in one section of a page."""
    found = re.search(rf'<section[^>]*aria-labelledby="{heading}".*?</section>', page, re.DOTALL)
    return re.findall(r"card-title title\"><a[^>]*>([^<]*)</a>", found[0]) if found else []


def add(session, slug: str, **values):
    webinar = make_webinar(session, slug)
    for name, value in values.items():
        setattr(webinar, name, value)
    return webinar, make_recording(session, webinar)


def test_home_page_lists_started_webinars_latest_first(clock, client, cast, database):
    with database.transaction() as session:
        for number in range(2):
            webinar, recording = add(session, f"begun-{number}", title=f"Begun {number}")
            make_grant(session, session.get_one(Login, cast.alice.id), webinar)
            begun(session, cast.alice.id, recording.id, at=NOW - timedelta(days=2 - number))
        webinar, recording = add(session, "seen", title="Seen")
        make_grant(session, session.get_one(Login, cast.alice.id), webinar)
        begun(session, cast.alice.id, recording.id, share=1.0)
        _lost, recording = add(session, "lost", title="Lost")
        begun(session, cast.alice.id, recording.id)
    client.sign_in(cast.alice.id)
    page = client.get("/").text
    assert titles_under(page, "begun") == ["Begun 1", "Begun 0"]
    assert 'href="/webinars/begun-1/watch"' in page


@pytest.mark.parametrize("who", ["bob", "dan", None])
def test_home_page_does_not_show_what_others_started(clock, client, cast, database, who):
    with database.transaction() as session:
        begun(session, cast.alice.id, cast.recording_id)
    if who:
        client.sign_in(getattr(cast, who).id)
    assert titles_under(client.get("/").text, "begun") == []


def test_merged_accounts_continue_what_either_started(clock, client, cast, database):
    with database.transaction() as session:
        begun(session, cast.dan.id, cast.recording_id)
        session.get_one(Login, cast.dan.id).merged_into = cast.alice.id
    client.sign_in(cast.alice.id)
    assert len(titles_under(client.get("/").text, "begun")) == 1


def test_webinars_announced_since_the_last_visit_are_new(clock, client, cast, database):
    earlier, later = NOW + timedelta(hours=1), NOW + timedelta(days=1)
    with database.transaction() as session:
        add(session, "old", title="Old", announced_at=NOW - timedelta(days=9))
    client.sign_in(cast.bob.id)
    assert titles_under(client.get("/").text, "new") == []  # the first visit: nothing is new
    with database.transaction() as session:
        add(session, "while-here", title="While here", announced_at=earlier)
        coming, _recording = add(session, "coming", title="Coming", announced_at=later)
        coming.held_at = NOW + timedelta(days=30)
        add(session, "draft", title="Draft", announced_at=later, state="draft")
    clock.advance(timedelta(hours=2))
    client.get("/")  # still the same visit
    moment = clock.advance(timedelta(days=2))
    with database.transaction() as session:
        opened = open_sign_in(
            session, cast.bob.id, browser=Browser("test", False, None), now=moment
        )
    client.set_cookie("carrel", opened.cookie)
    page = client.get("/").text
    assert titles_under(page, "new") == ["Coming"]
    clock.advance(timedelta(minutes=30))
    assert titles_under(client.get("/").text, "new") == ["Coming"]


def test_person_who_stays_signed_in_sees_new_recordings_on_return(clock, client, cast, database):
    with database.transaction() as session:
        _webinar, recording = add(session, "recorded", title="Recorded")
        recording.created_at = NOW + timedelta(hours=5)
    client.sign_in(cast.bob.id)
    client.get("/")
    clock.advance(timedelta(hours=6))
    for _ in range(2):  # the page that records the visit, and the one after it
        assert titles_under(client.get("/").text, "new") == ["Recorded"]
