"""Signing in with a password: who does not get in, and how little that tells."""

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
    """Alice's address; she has a password."""
    give_password(database, cast.alice.id)
    return cast.alice.email


@pytest.fixture
def unconfirmed(database: Database) -> str:
    """An address whose account waits for its confirmation."""
    with database.transaction() as session:
        login = make_login(session, "una@example.org")
        login.confirmed_at = None
    return "una@example.org"


def test_a_wrong_password_does_not_let_in(client: Visitor, alice: str) -> None:
    assert _try(client, alice, "a quiet corner chair").status_code == 400
    assert not _is_in(client)


def test_an_empty_password_does_not_let_in_where_there_is_none(client: Visitor, cast: Cast) -> None:
    for password in ("", "None", PASSWORD):
        assert _try(client, cast.bob.email, password).status_code == 400
    assert not _is_in(client)


def test_unconfirmed_account_without_a_password_lets_no_one_in(
    client: Visitor, database: Database, unconfirmed: str
) -> None:
    assert _try(client, unconfirmed).status_code == 400
    assert not _is_in(client)


def test_a_blocked_login_is_told_whom_to_write_to_and_stays_out(
    client: Visitor, database: Database, cast: Cast, alice: str
) -> None:
    with database.transaction() as session:
        account_blocks.block(session, cast.alice.id, reason="Shared it", actor=None, now=NOW)
    answer = _try(client, alice)
    assert answer.status_code == 403
    assert "mailto:" in answer.text
    assert not _is_in(client)


def test_blocking_is_told_to_nobody_without_the_password(
    client: Visitor, database: Database, cast: Cast, alice: str
) -> None:
    before = without_form_token(_try(client, alice, "wrong wrong wrong").text)
    with database.transaction() as session:
        account_blocks.block(session, cast.alice.id, reason="Shared it", actor=None, now=NOW)
    assert without_form_token(_try(client, alice, "wrong wrong wrong").text) == before


def test_the_answer_is_the_same_whether_or_not_there_is_an_account(
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
def test_the_work_is_the_same_whether_or_not_there_is_an_account(
    client: Visitor, alice: str, unconfirmed: str
) -> None:
    costs = [
        min(_cpu(lambda to=email: _try(client, to, "wrong wrong wrong")) for _ in range(3))
        for email in (alice, unconfirmed, "nobody@example.org")
    ]
    assert max(costs) / min(costs) < 2


def test_an_account_that_is_not_confirmed_is_sent_a_fresh_link_but_not_at_every_try(
    client: Visitor, database: Database, clock: Clock, unconfirmed: str
) -> None:
    _try(client, unconfirmed)
    _try(client, unconfirmed)
    assert [one.kind for one in letters(database, unconfirmed)] == ["confirm_sign_up"]
    clock.advance(timedelta(minutes=16))
    _try(client, unconfirmed)
    assert len(letters(database, unconfirmed)) == 2


def test_a_failed_try_sends_nobody_else_a_letter(
    client: Visitor, database: Database, alice: str
) -> None:
    _try(client, alice, "wrong wrong wrong")
    _try(client, "nobody@example.org")
    assert letters(database, alice) + letters(database, "nobody@example.org") == []


def test_the_right_password_lets_in_however_the_address_is_written(
    client: Visitor, alice: str
) -> None:
    answer = _try(client, f"  {alice.upper()} ")
    assert (answer.status_code, answer.location) == (303, "/library")
    assert _is_in(client)


@pytest.mark.parametrize("wanted", ["/webinars/reading-rooms?t=60", "/account"])
def test_a_person_comes_back_to_where_they_wanted_to_go(
    client: Visitor, alice: str, wanted: str
) -> None:
    assert _try(client, alice, next=wanted).location == wanted


def test_the_page_hands_on_where_to_go(client: Visitor) -> None:
    asked = client.get("/account/password")
    page = client.get(asked.location).text
    assert '<input type="hidden" name="next" value="/account/password">' in page


def test_nobody_is_sent_to_another_house(client: Visitor, alice: str) -> None:
    assert _try(client, alice, next="https://evil.example/").location == "/library"


def test_who_is_signed_in_goes_on_at_once(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.alice.id)
    answer = client.get("/sign-in?next=/account")
    assert (answer.status_code, answer.location) == (303, "/account")


def test_signing_in_gives_a_new_cookie_and_ends_the_one_before(
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


def test_signing_in_changes_the_forms_token(client: Visitor, alice: str) -> None:
    with client.session_transaction() as form:
        form["csrf_token"] = "known to somebody else"  # noqa: S105
    _try(client, alice)
    with client.session_transaction() as form:
        assert form.get("csrf_token") != "known to somebody else"


def test_the_cookie_is_kept_as_its_hash_alone(
    client: Visitor, database: Database, alice: str
) -> None:
    _try(client, alice)
    cookie = client.get_cookie("carrel")
    assert cookie is not None
    assert len(cookie.value) >= 43  # 256 bits
    with database.read_session() as session:
        row = session.execute(select(*SignIn.__table__.columns)).one()
    assert cookie.value not in repr(row)


def test_the_cookie_lasts_as_long_as_the_browser_unless_it_is_remembered(
    client: Visitor, alice: str
) -> None:
    brief = _cookie_header(_try(client, alice))
    assert "Max-Age" not in brief
    assert "Expires" not in brief
    assert f"Max-Age={30 * 24 * 3600}" in _cookie_header(_try(client, alice, remember="y"))


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client: Visitor, alice: str) -> None:
    parts = set(_cookie_header(_try(client, alice)).split("; ")[1:])
    assert parts == {"HttpOnly", "Path=/", "SameSite=Lax"}


def test_a_browser_session_ends_after_twelve_idle_hours(
    client: Visitor, clock: Clock, alice: str
) -> None:
    _try(client, alice)
    for _ in range(3):
        clock.advance(timedelta(hours=11, minutes=59))
        assert _is_in(client)
    clock.advance(timedelta(hours=12))
    assert not _is_in(client)


def test_a_browser_session_ends_after_thirty_days_however_busy(
    client: Visitor, clock: Clock, alice: str
) -> None:
    _try(client, alice)
    for _ in range(59):
        clock.advance(timedelta(hours=12) - timedelta(seconds=1))
        assert _is_in(client)
    clock.advance(timedelta(hours=11))
    clock.advance(timedelta(hours=2))
    assert not _is_in(client)


def test_a_remembered_browser_stays_for_thirty_days(
    client: Visitor, clock: Clock, alice: str
) -> None:
    _try(client, alice, remember="y")
    clock.advance(timedelta(days=30) - timedelta(seconds=1))
    assert _is_in(client)
    clock.advance(timedelta(seconds=1))
    assert not _is_in(client)


@pytest.mark.usefixtures("slow_sign_ins")
def test_a_weaker_hash_is_renewed_at_the_next_sign_in(
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


def test_signing_out_ends_the_sign_in_and_takes_the_cookie_back(
    client: Visitor, alice: str
) -> None:
    _try(client, alice)
    cookie = client.get_cookie("carrel")
    assert cookie is not None
    assert client.post("/sign-out").status_code == 303
    assert client.get_cookie("carrel") is None
    client.set_cookie("carrel", cookie.value)
    assert not _is_in(client)


def test_signing_out_stops_what_is_playing(client: Visitor, database: Database, cast: Cast) -> None:
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


def test_signing_out_twice_is_no_fault(client: Visitor) -> None:
    assert client.post("/sign-out").status_code == 303


def test_signing_out_by_a_link_is_not_possible(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.alice.id)
    assert client.get("/sign-out").status_code == 405
    assert _is_in(client)


def test_a_blocked_login_is_out_at_once(client: Visitor, database: Database, cast: Cast) -> None:
    client.sign_in(cast.alice.id)
    with database.transaction() as session:
        account_blocks.block(
            session, cast.alice.id, reason="Shared it", actor=cast.ada.public_id, now=NOW
        )
    assert not _is_in(client)


def test_a_page_costs_one_statement_for_the_person_and_notes_them_every_five_minutes(
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


def test_the_form_helps_password_managers(client: Visitor) -> None:
    page = client.get("/sign-in").text
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert "onpaste" not in page


def test_nothing_is_lost_but_the_password_when_the_form_has_a_fault(
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
