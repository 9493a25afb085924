"""Changing and restoring an account's email and recovery addresses."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from lms.core.database import Database
from lms.models.accounts import Login
from tests.cast import Cast
from tests.clock import Clock
from tests.factories import make_grant, make_login
from tests.mailbox import PASSWORD, give_password, letters, link_in, newest
from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("clock")
NEW = "alice@new.example"
RECOVERY = "alice@home.example"


@pytest.fixture
def alice(client: Visitor, database: Database, cast: Cast) -> Visitor:
    """Return Alice's browser; she has a password and is signed in."""
    give_password(database, cast.alice.id)
    client.sign_in(cast.alice.id)
    return client


@pytest.fixture
def stranger(app: Flask) -> Visitor:
    """Return another person's browser, which isn't signed in."""
    other = app.test_client()
    assert isinstance(other, Visitor)
    return other


def _ask(
    client: Visitor, email: str = NEW, present: str = PASSWORD, page: str = "email"
) -> TestResponse:
    return client.post(f"/account/{page}", data={"email": email, "present": present})


def _move(alice: Visitor, database: Database, email: str = NEW) -> str:
    """Change the account's email, and return the link that restores the old one."""
    with database.read_session() as session:
        old = session.scalars(select(Login.email).where(Login.name == "Alice")).one() or ""
    _ask(alice, email)
    assert alice.post(link_in(newest(database, email, "change_email"))).status_code == 303
    return link_in(newest(database, old, "restore_email"))


def _keep_recovery(alice: Visitor, database: Database, email: str = RECOVERY) -> None:
    _ask(alice, email, page="recovery")
    assert alice.post(link_in(newest(database, email))).status_code == 303


def _alice(database: Database, cast: Cast) -> Login:
    with database.read_session() as session:
        return session.get_one(Login, cast.alice.id)


def _is_in(client: Visitor) -> bool:
    return client.get("/account").status_code == 200


@pytest.mark.parametrize("page", ["email", "recovery"])
def test_email_changes_require_sign_in(stranger: Visitor, database: Database, page: str) -> None:
    assert _ask(stranger, page=page).status_code == 403
    assert letters(database, NEW) == []


@pytest.mark.parametrize("page", ["email", "recovery"])
@pytest.mark.parametrize("present", ["", "wrong wrong wrong"])
def test_email_changes_require_the_password(
    alice: Visitor, database: Database, page: str, present: str
) -> None:
    answer = _ask(alice, present=present, page=page)
    assert answer.status_code == 400
    assert 'id="present-error"' in answer.text
    assert letters(database, NEW) == []


@pytest.mark.parametrize("page", ["email", "recovery"])
def test_person_without_a_password_must_set_one_first(
    client: Visitor, database: Database, cast: Cast, page: str
) -> None:
    client.sign_in(cast.dan.id)
    assert 'action="/account/password/link"' in client.get(f"/account/{page}").text
    assert _ask(client, present="", page=page).status_code == 400
    assert _ask(client, present="None", page=page).status_code == 400
    assert letters(database, NEW) == []


@pytest.mark.parametrize("kind", ["email/confirm", "email/restore", "recovery/confirm"])
def test_forged_link_is_refused(stranger: Visitor, kind: str) -> None:
    path = f"/account/{kind}/made-up"
    assert [stranger.get(path).status_code, stranger.post(path).status_code] == [410, 410]


def test_used_link_offers_sign_up_only_to_visitors(
    alice: Visitor, stranger: Visitor, database: Database
) -> None:
    _ask(alice)
    link = link_in(newest(database, NEW, "change_email"))
    assert alice.post(link).status_code == 303
    again = alice.get(link).text
    assert 'href="/account">' in again
    assert 'href="/sign-up"' not in again
    assert 'href="/sign-in"' not in again
    others = stranger.get(link).text
    assert 'href="/sign-up"' in others
    assert 'href="/account">' not in others


def test_errors_are_listed_in_the_order_of_the_fields(alice: Visitor) -> None:
    text = _ask(alice, "no address", "").text
    assert text.index('href="#email"') < text.index('href="#present"')


def test_link_works_only_for_its_own_purpose(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    _ask(alice, RECOVERY, page="recovery")
    secret = link_in(newest(database, RECOVERY)).rpartition("/")[2]
    for other in ("email/confirm", "email/restore"):
        assert alice.post(f"/account/{other}/{secret}").status_code == 410
    assert _alice(database, cast).email == cast.alice.email


def test_email_does_not_change_before_it_is_confirmed(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    _ask(alice)
    link = link_in(newest(database, NEW))
    assert alice.get(link).status_code == 200
    assert _alice(database, cast).email == cast.alice.email


def test_confirming_changes_the_email_and_keeps_access(
    alice: Visitor, stranger: Visitor, database: Database, cast: Cast
) -> None:
    _move(alice, database)
    assert _alice(database, cast).email == NEW
    assert "Reading rooms" in alice.get("/library").text
    data = {"email": NEW, "password": PASSWORD}
    assert stranger.post("/sign-in", data=data).status_code == 303


def test_old_address_cannot_sign_in(
    alice: Visitor, stranger: Visitor, database: Database, cast: Cast
) -> None:
    _move(alice, database)
    data = {"email": cast.alice.email, "password": PASSWORD}
    assert stranger.post("/sign-in", data=data).status_code == 400


def test_link_works_without_signing_in(
    alice: Visitor, stranger: Visitor, database: Database, cast: Cast
) -> None:
    _ask(alice)
    answer = stranger.post(link_in(newest(database, NEW)))
    assert answer.location == "/sign-in"
    assert _alice(database, cast).email == NEW


def test_only_the_newest_link_works(alice: Visitor, database: Database, cast: Cast) -> None:
    _ask(alice, "wrong@typo.example")
    _ask(alice)
    assert alice.post(link_in(newest(database, "wrong@typo.example"))).status_code == 410
    assert alice.post(link_in(newest(database, NEW))).status_code == 303


def test_address_with_an_account_gets_the_same_response_and_an_email(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    free, taken = _ask(alice), _ask(alice, cast.bob.email)
    assert (free.status_code, free.location) == (taken.status_code, taken.location)
    assert [one.kind for one in letters(database, cast.bob.email)] == ["account_exists"]


def test_address_taken_in_the_meantime_is_a_conflict(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    _ask(alice)
    with database.transaction() as session:
        make_login(session, NEW)
    assert alice.post(link_in(newest(database, NEW))).status_code == 409
    assert _alice(database, cast).email == cast.alice.email


def test_unconfirmed_account_does_not_block_the_change(
    alice: Visitor, stranger: Visitor, database: Database, cast: Cast
) -> None:
    stranger.post("/sign-up", data={"email": NEW})
    _move(alice, database)
    assert _alice(database, cast).email == NEW


def test_unconfirmed_account_with_access_blocks_the_change(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        begun = make_login(session, NEW)
        begun.confirmed_at = None
        make_grant(session, begun)
    _ask(alice)
    assert alice.post(link_in(newest(database, NEW))).status_code == 409


def test_unchanged_address_is_an_error(alice: Visitor, cast: Cast) -> None:
    answer = _ask(alice, cast.alice.email.upper())
    assert answer.status_code == 400
    assert 'id="email-error"' in answer.text


def test_links_sent_to_the_old_address_stop_working(
    alice: Visitor, stranger: Visitor, database: Database, cast: Cast
) -> None:
    stranger.post("/forgotten-password", data={"email": cast.alice.email})
    old = link_in(newest(database, cast.alice.email, "reset_password"))
    _move(alice, database)
    assert stranger.get(old).status_code == 410


def test_old_address_can_restore_the_account_and_sign_everyone_out(
    alice: Visitor, stranger: Visitor, database: Database, cast: Cast
) -> None:
    back = _move(alice, database)
    assert stranger.get(back).status_code == 200
    answer = stranger.post(back)
    login = _alice(database, cast)
    assert (login.email, login.password_hash) == (cast.alice.email, None)
    assert not _is_in(alice)
    chosen = stranger.post(answer.location, data={"password": "seven lamps by the window"})
    assert chosen.status_code == 303
    assert _is_in(stranger)


def test_restore_link_expires_after_a_week(
    alice: Visitor, stranger: Visitor, database: Database, clock: Clock
) -> None:
    back = _move(alice, database)
    clock.advance(timedelta(days=7) - timedelta(seconds=1))
    assert stranger.get(back).status_code == 200
    clock.advance(timedelta(seconds=1))
    assert stranger.post(back).status_code == 410


def test_restoring_removes_a_recovery_address_set_since_the_change(
    alice: Visitor, stranger: Visitor, database: Database, clock: Clock, cast: Cast
) -> None:
    back = _move(alice, database)
    clock.advance(timedelta(minutes=1))
    _keep_recovery(alice, database, "eve@evil.example")
    stranger.post(back)
    assert _alice(database, cast).recovery_email is None


def test_restoring_keeps_a_recovery_address_set_before_the_change(
    alice: Visitor, stranger: Visitor, database: Database, clock: Clock, cast: Cast
) -> None:
    _keep_recovery(alice, database)
    clock.advance(timedelta(minutes=1))
    stranger.post(_move(alice, database))
    assert _alice(database, cast).recovery_email == RECOVERY


def test_restoring_ends_recovery_links_requested_before_the_change(
    alice: Visitor, stranger: Visitor, database: Database, clock: Clock, cast: Cast
) -> None:
    """A thief could confirm a recovery address before the owner chooses a new password."""
    _ask(alice, "eve@evil.example", page="recovery")
    link = link_in(newest(database, "eve@evil.example"))
    clock.advance(timedelta(minutes=1))
    stranger.post(_move(alice, database))
    assert stranger.post(link).status_code == 410
    assert _alice(database, cast).recovery_email is None


def test_thief_cannot_undo_a_restore_after_changing_the_email_twice(
    alice: Visitor, stranger: Visitor, database: Database, clock: Clock, cast: Cast
) -> None:
    owners = _move(alice, database, "eve@one.example")
    clock.advance(timedelta(minutes=1))
    thiefs = _move(alice, database, "eve@two.example")
    stranger.post(owners)
    assert stranger.post(thiefs).status_code == 410
    assert _alice(database, cast).email == cast.alice.email


def test_owner_can_restore_the_account_after_two_changes_by_a_thief(
    alice: Visitor, stranger: Visitor, database: Database, clock: Clock, cast: Cast
) -> None:
    owners = _move(alice, database, "eve@one.example")
    clock.advance(timedelta(minutes=1))
    stranger.post(_move(alice, database, "eve@two.example"))
    assert stranger.post(owners).status_code == 303
    assert _alice(database, cast).email == cast.alice.email


def test_recovery_address_is_active_once_it_is_confirmed(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    _ask(alice, RECOVERY, page="recovery")
    link = link_in(newest(database, RECOVERY))
    assert alice.get(link).status_code == 200
    assert _alice(database, cast).recovery_confirmed_at is None
    alice.post(link)
    assert RECOVERY in alice.get("/account").text


def test_account_address_is_notified_of_the_recovery_address(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    _keep_recovery(alice, database)
    letter = newest(database, cast.alice.email)
    assert letter.kind == "recovery_changed"
    assert RECOVERY in letter.text


def test_sign_in_address_is_refused_as_recovery_address(alice: Visitor, cast: Cast) -> None:
    answer = _ask(alice, cast.alice.email, page="recovery")
    assert answer.status_code == 400
    assert 'id="email-error"' in answer.text


def test_recovery_address_is_cleared_when_it_becomes_the_email(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    _keep_recovery(alice, database)
    _move(alice, database, RECOVERY)
    login = _alice(database, cast)
    assert (login.email, login.recovery_email) == (RECOVERY, None)


def test_recovery_address_is_removed_and_the_owner_notified(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    _keep_recovery(alice, database)
    alice.post("/account/recovery/remove")
    assert _alice(database, cast).recovery_email is None
    assert "was removed" in newest(database, cast.alice.email).text


@pytest.mark.parametrize("by", [None, "alice@second.example"])
def test_link_sent_to_a_former_recovery_address_is_refused(
    alice: Visitor, stranger: Visitor, database: Database, by: str | None
) -> None:
    _keep_recovery(alice, database)
    stranger.post("/forgotten-password", data={"email": RECOVERY})
    link = link_in(newest(database, RECOVERY, "reset_password"))
    if by is None:
        alice.post("/account/recovery/remove")
    else:
        _keep_recovery(alice, database, by)
    assert stranger.post(link, data={"password": "seven lamps by the window"}).status_code == 410
    assert _is_in(alice)


@pytest.mark.parametrize("page", ["email", "recovery"])
def test_changing_the_password_ends_pending_email_changes(
    alice: Visitor, stranger: Visitor, database: Database, cast: Cast, page: str
) -> None:
    """A person with the old password could still change the email to their own address."""
    thief = "thief@elsewhere.example"
    stranger.sign_in(cast.alice.id)
    _ask(stranger, thief, page=page)
    link = link_in(newest(database, thief))
    new = "a quiet corner by the window"
    form = {"present": PASSWORD, "password": new}
    assert alice.post("/account/password", data=form).status_code == 303
    assert stranger.post(link).status_code == 410
    kept = _alice(database, cast)
    assert (kept.email, kept.recovery_email) == (cast.alice.email, None)


@pytest.mark.parametrize(
    ("page", "kind"), [("email", "change_email"), ("recovery", "recovery_address")]
)
def test_links_are_not_sent_as_referer_or_cached(
    alice: Visitor, database: Database, page: str, kind: str
) -> None:
    _ask(alice, page=page)
    answer = alice.get(link_in(newest(database, NEW, kind)))
    assert answer.headers["Referrer-Policy"] == "strict-origin"
    assert answer.headers["Cache-Control"] == "no-store"
