"""Signing in with a password: who is refused, and that refusals reveal nothing."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from lms.core.database import Database
from lms.core.password_hashing_and_rules import MEMORY_KIB
from lms.models.accounts import Login, SignIn
from lms.models.playback import PlaybackEnd, PlaybackSession
from lms.people import account_blocks
from lms.playback.sessions import Screen, open_playback
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_login
from tests.mailbox import PASSWORD, give_password, letters, without_form_token
from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("clock")


def _try(client: Visitor, email: str, password: str = PASSWORD, **more: str) -> TestResponse:
    return client.post("/sign-in", data={"email": email, "password": password, **more})


def _is_in(client: Visitor) -> bool:
    return client.get("/account").status_code == 200


@pytest.fixture
def alice(cast: Cast, database: Database) -> str:
    """Return the address of Alice, who has a password."""
    give_password(database, cast.alice.id)
    return cast.alice.email


@pytest.fixture
def unconfirmed(database: Database) -> str:
    """Return the address of an unconfirmed account."""
    with database.transaction() as session:
        login = make_login(session, "una@example.org")
        login.confirmed_at = None
    return "una@example.org"


def test_wrong_password_is_refused(client: Visitor, alice: str) -> None:
    assert _try(client, alice, "a quiet corner chair").status_code == 400
    assert not _is_in(client)


def test_account_without_a_password_refuses_any_password(client: Visitor, cast: Cast) -> None:
    for password in ("", "None", PASSWORD):
        assert _try(client, cast.bob.email, password).status_code == 400
    assert not _is_in(client)


def test_unconfirmed_account_without_a_password_is_refused(
    client: Visitor, database: Database, unconfirmed: str
) -> None:
    assert _try(client, unconfirmed).status_code == 400
    assert not _is_in(client)


def test_blocked_person_is_refused_and_sees_whom_to_contact(
    client: Visitor, database: Database, cast: Cast, alice: str
) -> None:
    with database.transaction() as session:
        account_blocks.block(session, cast.alice.id, reason="Shared it", actor=None, now=NOW)
    answer = _try(client, alice)
    assert answer.status_code == 403
    assert "mailto:" in answer.text
    assert not _is_in(client)


def test_blocking_is_not_revealed_without_the_password(
    client: Visitor, database: Database, cast: Cast, alice: str
) -> None:
    before = without_form_token(_try(client, alice, "wrong wrong wrong").text)
    with database.transaction() as session:
        account_blocks.block(session, cast.alice.id, reason="Shared it", actor=None, now=NOW)
    assert without_form_token(_try(client, alice, "wrong wrong wrong").text) == before


def test_response_is_the_same_with_and_without_an_account(
    client: Visitor, cast: Cast, alice: str, unconfirmed: str
) -> None:
    failures = [
        (email, _try(client, email, "wrong wrong wrong"))
        for email in (alice, unconfirmed, cast.bob.email, "nobody@example.org")
    ]
    assert {answer.status_code for _, answer in failures} == {400}
    pages = {
        without_form_token(answer.text).replace(email, "ADDRESS") for email, answer in failures
    }
    assert len(pages) == 1


@pytest.mark.usefixtures("slow_sign_ins")
def test_cpu_time_is_similar_with_and_without_an_account(
    client: Visitor, alice: str, unconfirmed: str
) -> None:
    costs = [
        min(_cpu(lambda to=email: _try(client, to, "wrong wrong wrong")) for _ in range(3))
        for email in (alice, unconfirmed, "nobody@example.org")
    ]
    assert max(costs) / min(costs) < 2


def test_unconfirmed_account_gets_a_new_link_but_not_on_every_attempt(
    client: Visitor, database: Database, clock: Clock, unconfirmed: str
) -> None:
    _try(client, unconfirmed)
    _try(client, unconfirmed)
    assert [one.kind for one in letters(database, unconfirmed)] == ["confirm_sign_up"]
    clock.advance(timedelta(minutes=16))
    _try(client, unconfirmed)
    assert len(letters(database, unconfirmed)) == 2


def test_failed_sign_in_sends_no_email(client: Visitor, database: Database, alice: str) -> None:
    _try(client, alice, "wrong wrong wrong")
    _try(client, "nobody@example.org")
    assert letters(database, alice) + letters(database, "nobody@example.org") == []


def test_sign_in_ignores_case_and_spaces_in_the_address(client: Visitor, alice: str) -> None:
    answer = _try(client, f"  {alice.upper()} ")
    assert (answer.status_code, answer.location) == (303, "/library")
    assert _is_in(client)


@pytest.mark.parametrize("wanted", ["/webinars/reading-rooms?t=60", "/account"])
def test_sign_in_redirects_to_the_requested_page(client: Visitor, alice: str, wanted: str) -> None:
    assert _try(client, alice, next=wanted).location == wanted


def test_form_includes_the_requested_page(client: Visitor) -> None:
    asked = client.get("/account/password")
    page = client.get(asked.location).text
    assert '<input type="hidden" name="next" value="/account/password">' in page


def test_redirect_to_another_site_is_refused(client: Visitor, alice: str) -> None:
    assert _try(client, alice, next="https://evil.example/").location == "/library"


def test_signed_in_person_is_redirected_from_the_form(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.alice.id)
    answer = client.get("/sign-in?next=/account")
    assert (answer.status_code, answer.location) == (303, "/account")


def test_signing_in_sets_a_new_cookie_and_ends_the_previous_sign_in(
    client: Visitor, database: Database, alice: str
) -> None:
    _try(client, alice)
    first = client.get_cookie("carrel")
    _try(client, alice)
    second = client.get_cookie("carrel")
    assert first is not None
    assert second is not None
    assert first.value != second.value
    with database.read_session() as session:
        ended = session.scalars(select(SignIn.ended_at).order_by(SignIn.id)).all()
    assert [moment is not None for moment in ended] == [True, False]


def test_signing_in_changes_the_csrf_token(client: Visitor, alice: str) -> None:
    with client.session_transaction() as form:
        form["csrf_token"] = "known to somebody else"  # noqa: S105
    _try(client, alice)
    with client.session_transaction() as form:
        assert form.get("csrf_token") != "known to somebody else"


def test_cookie_value_is_not_stored(client: Visitor, database: Database, alice: str) -> None:
    _try(client, alice)
    cookie = client.get_cookie("carrel")
    assert cookie is not None
    assert len(cookie.value) >= 43  # 256 bits
    with database.read_session() as session:
        row = session.execute(select(*SignIn.__table__.columns)).one()
    assert cookie.value not in repr(row)


def test_cookie_expires_with_the_browser_unless_remembered(client: Visitor, alice: str) -> None:
    brief = _cookie_header(_try(client, alice))
    assert "Max-Age" not in brief
    assert "Expires" not in brief
    assert f"Max-Age={30 * 24 * 3600}" in _cookie_header(_try(client, alice, remember="y"))


def test_cookie_is_httponly_and_samesite(client: Visitor, alice: str) -> None:
    parts = set(_cookie_header(_try(client, alice)).split("; ")[1:])
    assert parts == {"HttpOnly", "Path=/", "SameSite=Lax"}


def test_session_ends_after_12_idle_hours(client: Visitor, clock: Clock, alice: str) -> None:
    _try(client, alice)
    for _ in range(3):
        clock.advance(timedelta(hours=11, minutes=59))
        assert _is_in(client)
    clock.advance(timedelta(hours=12))
    assert not _is_in(client)


def test_session_in_use_ends_after_30_days(client: Visitor, clock: Clock, alice: str) -> None:
    _try(client, alice)
    for _ in range(59):
        clock.advance(timedelta(hours=12) - timedelta(seconds=1))
        assert _is_in(client)
    clock.advance(timedelta(hours=11))
    clock.advance(timedelta(hours=2))
    assert not _is_in(client)


def test_remembered_browser_stays_signed_in_for_30_days(
    client: Visitor, clock: Clock, alice: str
) -> None:
    _try(client, alice, remember="y")
    clock.advance(timedelta(days=30) - timedelta(seconds=1))
    assert _is_in(client)
    clock.advance(timedelta(seconds=1))
    assert not _is_in(client)


@pytest.mark.usefixtures("slow_sign_ins")
def test_weak_password_hash_is_upgraded_at_sign_in(
    client: Visitor, database: Database, cast: Cast
) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with database.transaction() as session:
        session.execute(update(Login).where(Login.id == cast.alice.id).values(password_hash=weak))
    _try(client, cast.alice.email)
    with database.read_session() as session:
        kept = session.scalar(select(Login.password_hash).where(Login.id == cast.alice.id))
    assert kept is not None
    assert extract_parameters(kept).memory_cost == MEMORY_KIB
    client.post("/sign-out")
    assert _try(client, cast.alice.email).status_code == 303


def test_signing_out_ends_the_sign_in_and_deletes_the_cookie(client: Visitor, alice: str) -> None:
    _try(client, alice)
    cookie = client.get_cookie("carrel")
    assert cookie is not None
    assert client.post("/sign-out").status_code == 303
    assert client.get_cookie("carrel") is None
    client.set_cookie("carrel", cookie.value)
    assert not _is_in(client)


def test_signing_out_ends_playback(client: Visitor, database: Database, cast: Cast) -> None:
    sign_in_id = client.sign_in(cast.alice.id)
    with database.transaction() as session:
        open_playback(
            session,
            screen=Screen(cast.alice.id, sign_in_id),
            webinar_id=cast.webinar_id,
            now=NOW,
        )
    client.post("/sign-out")
    with database.read_session() as session:
        assert session.scalar(select(PlaybackSession.ended_as)) is PlaybackEnd.SIGNED_OUT


def test_signing_out_while_signed_out_is_no_error(client: Visitor) -> None:
    assert client.post("/sign-out").status_code == 303


def test_signing_out_by_get_is_refused(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.alice.id)
    assert client.get("/sign-out").status_code == 405
    assert _is_in(client)


def test_blocking_signs_the_person_out_immediately(
    client: Visitor, database: Database, cast: Cast
) -> None:
    client.sign_in(cast.alice.id)
    with database.transaction() as session:
        account_blocks.block(
            session, cast.alice.id, reason="Shared it", actor=cast.ada.public_id, now=NOW
        )
    assert not _is_in(client)


def test_last_seen_time_is_updated_every_five_minutes(
    client: Visitor, database: Database, clock: Clock, cast: Cast
) -> None:
    client.sign_in(cast.alice.id)
    seen = []
    for minutes in (4, 1, 4):
        clock.advance(timedelta(minutes=minutes))
        client.get("/account")
        with database.read_session() as session:
            seen.append(session.scalars(select(SignIn.last_seen_at)).one() - NOW)
    assert seen == [timedelta(0), timedelta(minutes=5), timedelta(minutes=5)]


def test_form_has_autocomplete_for_password_managers(client: Visitor) -> None:
    page = client.get("/sign-in").text
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert "onpaste" not in page


def test_form_with_an_error_keeps_everything_but_the_password(
    client: Visitor,
) -> None:
    page = _try(client, "alice@", "secret words", remember="y", next="/account").text
    assert 'value="alice@"' in page
    assert 'value="/account"' in page
    assert "checked" in page
    assert "secret words" not in page


def _cookie_header(answer: TestResponse) -> str:
    found = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith("carrel=")]
    assert len(found) == 1
    return found[0]


def _cpu(act: Callable[[], object]) -> float:
    before = time.process_time()
    act()
    return time.process_time() - before
