"""Account pages: only for their owner, and important changes need the password."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from lms.accounts import email_aliases
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.password_hashing_and_rules import Right, check_password
from lms.models.accounts import Login, SignIn
from lms.models.playback import PlaybackEnd, PlaybackSession
from lms.people import account_blocks, login_merges
from lms.playback.sessions import Screen, open_playback
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.mailbox import PASSWORD, give_password, letters, newest
from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("clock")
NEW = "seven lamps by the window"
PAGES = (
    "/account",
    "/account/details",
    "/account/password",
    "/account/email",
    "/account/recovery",
    "/account/emails",
    "/account/browsers",
)


@pytest.fixture
def alice(client: Visitor, database: Database, cast: Cast) -> Visitor:
    """Return Alice's browser; she has a password and is signed in."""
    give_password(database, cast.alice.id)
    client.sign_in(cast.alice.id)
    return client


@pytest.fixture
def telephone(app: Flask, cast: Cast, alice: Visitor) -> Visitor:
    """Return another browser of Alice's."""
    other = app.test_client()
    assert isinstance(other, Visitor)
    other.sign_in(cast.alice.id)
    return other


def _is_in(client: Visitor) -> bool:
    return client.get("/account").status_code == 200


def _change(client: Visitor, present: str = PASSWORD, password: str = NEW) -> TestResponse:
    return client.post("/account/password", data={"present": present, "password": password})


def _login(database: Database, login_id: int) -> Login:
    with database.read_session() as session:
        return session.get_one(Login, login_id)


@pytest.mark.parametrize("page", PAGES)
def test_account_pages_require_sign_in(client: Visitor, page: str) -> None:
    answer = client.get(page)
    assert (answer.status_code, answer.location) == (303, f"/sign-in?next={page}")


def test_sign_in_of_another_person_cannot_be_ended(
    alice: Visitor, app: Flask, database: Database, cast: Cast
) -> None:
    dan = app.test_client()
    assert isinstance(dan, Visitor)
    sign_in_id = dan.sign_in(cast.dan.id)
    with database.read_session() as session:
        outside = session.get_one(SignIn, sign_in_id).public_id
    assert alice.post(f"/account/browsers/{outside}/end").status_code == 404
    assert _is_in(dan)


@pytest.mark.parametrize("page", PAGES)
def test_account_pages_open_and_are_not_cached(alice: Visitor, page: str) -> None:
    answer = alice.get(page)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("page", PAGES)
def test_account_pages_open_without_a_password(client: Visitor, cast: Cast, page: str) -> None:
    client.sign_in(cast.dan.id)
    assert client.get(page).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_email_pages_are_not_found_without_an_email_address(
    client: Visitor, database: Database, page: str
) -> None:
    with database.transaction() as session:
        learner = Login(email=None, email_key=None, name="Learner", created_at=NOW)
        session.add(learner)
        session.flush()
    client.sign_in(learner.id)
    answer = client.get(page)
    assert answer.status_code == (404 if page in PAGES[2:6] else 200)


def test_name_and_time_zone_are_changed(alice: Visitor, database: Database, cast: Cast) -> None:
    data = {"name": "  Alice   Ortiz ", "zone": "Europe/Paris", "language": "en-US"}
    answer = alice.post("/account/details", data=data)
    login = _login(database, cast.alice.id)
    assert answer.location == "/account"
    assert (login.name, login.zone) == ("Alice Ortiz", "Europe/Paris")


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "  "), ("name", "n" * 201), ("zone", "Mars/Olympus_Mons")],
)
def test_invalid_details_change_nothing(
    alice: Visitor, database: Database, cast: Cast, field: str, value: str
) -> None:
    data = {"name": "Alice Ortiz", "zone": "Europe/Paris", "language": "en-US", field: value}
    answer = alice.post("/account/details", data=data)
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert _login(database, cast.alice.id).name == "Alice"


def test_password_is_not_changed_without_the_current_one(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    for present in ("", "wrong wrong wrong", NEW):
        answer = _change(alice, present=present)
        assert answer.status_code == 400
        assert 'id="present-error"' in answer.text
    kept = _login(database, cast.alice.id).password_hash
    assert check_password(kept, PASSWORD) == Right(outdated=False)


def test_current_password_can_be_tried_ten_times(alice: Visitor) -> None:
    answers = [_change(alice, present="wrong wrong").status_code for _ in range(11)]
    assert answers == [400] * 10 + [429]


def test_weak_new_password_is_refused(alice: Visitor) -> None:
    answer = _change(alice, password="short")
    assert answer.status_code == 400
    assert 'id="password-error"' in answer.text


def test_changed_password_is_saved_and_confirmed_by_email(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    assert _change(alice).location == "/account"
    kept = _login(database, cast.alice.id).password_hash
    assert check_password(kept, NEW) == Right(outdated=False)
    assert newest(database, cast.alice.email).kind == "password_changed"


def test_changing_the_password_signs_out_all_other_browsers(
    alice: Visitor, telephone: Visitor
) -> None:
    _change(alice)
    assert _is_in(alice)
    assert not _is_in(telephone)


def test_changing_the_password_ends_reset_links(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    alice.post("/account/password/link")
    letter = newest(database, cast.alice.email, "reset_password")
    _change(alice)
    assert (
        alice.get(
            "/reset-password/" + letter.text.partition("/reset-password/")[2].split()[0]
        ).status_code
        == 410
    )


def test_person_without_a_password_can_request_a_link_to_set_one(
    client: Visitor, database: Database, cast: Cast
) -> None:
    client.sign_in(cast.dan.id)
    assert 'action="/account/password/link"' in client.get("/account/password").text
    client.post("/account/password/link")
    assert [one.kind for one in letters(database, cast.dan.email)] == ["reset_password"]


def test_person_without_a_password_cannot_set_one_here(
    client: Visitor, database: Database, cast: Cast
) -> None:
    client.sign_in(cast.dan.id)
    for present in ("", "None"):
        assert _change(client, present=present).status_code == 400
    assert _login(database, cast.dan.id).password_hash is None


def test_signed_in_browsers_are_listed(
    client: Visitor, clock: Clock, app: Flask, database: Database, cast: Cast
) -> None:
    give_password(database, cast.alice.id)
    other = app.test_client()
    agent = "Mozilla/5.0 (Windows NT 10.0; rv:148.0) Gecko/20100101 Firefox/148.0"
    data = {"email": cast.alice.email, "password": PASSWORD, "remember": "y"}
    assert isinstance(other, Visitor)
    other.post("/sign-in", data=data, headers={"User-Agent": agent})
    clock.advance(timedelta(days=1))
    client.sign_in(cast.alice.id)
    page = client.get("/account/browsers").text
    assert page.index("badge-open") < page.index("Firefox on Windows")
    assert "yesterday, 10:00\u00a0AM" in page
    assert 'data-testid="remembered"' in page


def test_sign_out_others_is_not_offered_after_they_signed_out(
    alice: Visitor, telephone: Visitor, clock: Clock
) -> None:
    assert alice.get("/account/browsers").text.count("<li") > 0
    telephone.post("/sign-out")
    assert 'action="/account/browsers/end-others"' not in alice.get("/account/browsers").text


def test_signing_out_another_browser_ends_its_playback(
    alice: Visitor, app: Flask, database: Database, cast: Cast
) -> None:
    telephone = app.test_client()
    assert isinstance(telephone, Visitor)
    sign_in_id = telephone.sign_in(cast.alice.id)
    with database.transaction() as session:
        screen = Screen(cast.alice.id, sign_in_id)
        open_playback(session, screen=screen, webinar_id=cast.webinar_id, now=NOW)
        outside = session.get_one(SignIn, sign_in_id).public_id
    assert alice.post(f"/account/browsers/{outside}/end").status_code == 303
    assert not _is_in(telephone)
    assert _is_in(alice)
    with database.read_session() as session:
        assert session.scalar(select(PlaybackSession.ended_as)) is PlaybackEnd.SIGNED_OUT


def test_sign_out_others_keeps_this_browser_signed_in(alice: Visitor, telephone: Visitor) -> None:
    alice.post("/account/browsers/end-others")
    assert _is_in(alice)
    assert not _is_in(telephone)


def test_sign_out_everywhere_includes_this_browser(alice: Visitor, telephone: Visitor) -> None:
    alice.post("/account/browsers/end-all")
    assert not _is_in(alice)
    assert not _is_in(telephone)


def test_sign_out_everywhere_does_not_affect_other_people(
    alice: Visitor, app: Flask, cast: Cast
) -> None:
    dan = app.test_client()
    assert isinstance(dan, Visitor)
    dan.sign_in(cast.dan.id)
    alice.post("/account/browsers/end-all")
    assert _is_in(dan)


def test_blocking_ends_the_sign_in_and_records_why_playback_ended(
    client: Visitor, database: Database, cast: Cast
) -> None:
    sign_in_id = client.sign_in(cast.alice.id)
    with database.transaction() as session:
        screen = Screen(cast.alice.id, sign_in_id)
        open_playback(session, screen=screen, webinar_id=cast.webinar_id, now=NOW)
        account_blocks.block(
            session, cast.alice.id, reason="Shared it", actor=cast.ada.public_id, now=NOW
        )
    with database.read_session() as session:
        assert session.scalar(select(PlaybackSession.ended_as)) is PlaybackEnd.BLOCKED
        assert session.get_one(SignIn, sign_in_id).ended_at == NOW


def test_other_addresses_of_the_account_are_shown(
    client: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        address = read_address("alice@other.example")
        email_aliases.add_alias(session, cast.alice.id, address, actor=None, now=NOW)
        login_merges.merge(
            session,
            kept=cast.alice.public_id,
            merged=cast.dan.public_id,
            hooks=(),
            actor=None,
            now=NOW,
        )
    client.sign_in(cast.alice.id)
    page = client.get("/account").text
    assert "alice@other.example, dan@example.org" in page
