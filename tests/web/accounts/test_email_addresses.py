"""The account's addresses: moved by who holds the mailbox and the password, and taken back."""

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
    """Alice's browser; she has a password."""
    give_password(database, cast.alice.id)
    client.sign_in(cast.alice.id)
    return client


@pytest.fixture
def stranger(app: Flask) -> Visitor:
    """Somebody else's browser, not signed in."""
    other = app.test_client()
    assert isinstance(other, Visitor)
    return other


def _ask(
    client: Visitor, email: str = NEW, present: str = PASSWORD, page: str = "email"
) -> TestResponse:
    return client.post(f"/account/{page}", data={"email": email, "present": present})


def _move(alice: Visitor, database: Database, email: str = NEW) -> str:
    """Move the account; returns the link that takes it back."""
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
def test_nothing_is_asked_for_without_signing_in(
    stranger: Visitor, database: Database, page: str
) -> None:
    assert _ask(stranger, page=page).status_code == 403
    assert letters(database, NEW) == []


@pytest.mark.parametrize("page", ["email", "recovery"])
@pytest.mark.parametrize("present", ["", "wrong wrong wrong"])
def test_nothing_is_asked_for_without_the_password(
    alice: Visitor, database: Database, page: str, present: str
) -> None:
    answer = _ask(alice, present=present, page=page)
    assert answer.status_code == 400
    assert 'id="present-error"' in answer.text
    assert letters(database, NEW) == []


@pytest.mark.parametrize("page", ["email", "recovery"])
def test_somebody_without_a_password_gets_one_first(
    client: Visitor, database: Database, cast: Cast, page: str
) -> None:
    client.sign_in(cast.dan.id)
    assert 'action="/account/password/link"' in client.get(f"/account/{page}").text
    assert _ask(client, present="", page=page).status_code == 400
    assert _ask(client, present="None", page=page).status_code == 400
    assert letters(database, NEW) == []


@pytest.mark.parametrize("kind", ["email/confirm", "email/restore", "recovery/confirm"])
def test_a_link_that_was_made_up_opens_nothing(stranger: Visitor, kind: str) -> None:
    path = f"/account/{kind}/made-up"
    assert [stranger.get(path).status_code, stranger.post(path).status_code] == [410, 410]


def test_a_used_link_offers_what_suits_who_opens_it(
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


def test_what_is_wrong_is_listed_in_the_order_of_the_fields(alice: Visitor) -> None:
    text = _ask(alice, "no address", "").text
    assert text.index('href="#email"') < text.index('href="#present"')


def test_a_link_of_one_kind_does_not_do_what_another_does(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    _ask(alice, RECOVERY, page="recovery")
    secret = link_in(newest(database, RECOVERY)).rpartition("/")[2]
    for other in ("email/confirm", "email/restore"):
        assert alice.post(f"/account/{other}/{secret}").status_code == 410
    assert _alice(database, cast).email == cast.alice.email


def test_nothing_changes_before_the_new_mailbox_confirms(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    _ask(alice)
    link = link_in(newest(database, NEW))
    assert alice.get(link).status_code == 200
    assert _alice(database, cast).email == cast.alice.email


def test_confirming_moves_the_account_with_all_it_holds(
    alice: Visitor, stranger: Visitor, database: Database, cast: Cast
) -> None:
    _move(alice, database)
    assert _alice(database, cast).email == NEW
    assert "Reading rooms" in alice.get("/library").text
    data = {"email": NEW, "password": PASSWORD}
    assert stranger.post("/sign-in", data=data).status_code == 303


def test_the_old_address_signs_nobody_in_any_more(
    alice: Visitor, stranger: Visitor, database: Database, cast: Cast
) -> None:
    _move(alice, database)
    data = {"email": cast.alice.email, "password": PASSWORD}
    assert stranger.post("/sign-in", data=data).status_code == 400


def test_the_link_works_where_nobody_is_signed_in(
    alice: Visitor, stranger: Visitor, database: Database, cast: Cast
) -> None:
    _ask(alice)
    answer = stranger.post(link_in(newest(database, NEW)))
    assert answer.location == "/sign-in"
    assert _alice(database, cast).email == NEW


def test_only_the_link_that_was_sent_last_works(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    _ask(alice, "wrong@typo.example")
    _ask(alice)
    assert alice.post(link_in(newest(database, "wrong@typo.example"))).status_code == 410
    assert alice.post(link_in(newest(database, NEW))).status_code == 303


def test_an_address_that_has_an_account_is_answered_alike_and_its_owner_told(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    free, taken = _ask(alice), _ask(alice, cast.bob.email)
    assert (free.status_code, free.location) == (taken.status_code, taken.location)
    assert [one.kind for one in letters(database, cast.bob.email)] == ["account_exists"]


def test_an_address_taken_meanwhile_is_a_conflict(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    _ask(alice)
    with database.transaction() as session:
        make_login(session, NEW)
    assert alice.post(link_in(newest(database, NEW))).status_code == 409
    assert _alice(database, cast).email == cast.alice.email


def test_an_account_that_was_only_begun_makes_way(
    alice: Visitor, stranger: Visitor, database: Database, cast: Cast
) -> None:
    stranger.post("/sign-up", data={"email": NEW})
    _move(alice, database)
    assert _alice(database, cast).email == NEW


def test_an_account_that_was_begun_and_granted_something_stays(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        begun = make_login(session, NEW)
        begun.confirmed_at = None
        make_grant(session, begun)
    _ask(alice)
    assert alice.post(link_in(newest(database, NEW))).status_code == 409


def test_the_same_address_is_no_change(alice: Visitor, cast: Cast) -> None:
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


def test_the_old_address_takes_the_account_back_and_shuts_everybody_out(
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


def test_a_change_is_taken_back_once_and_within_a_week(
    alice: Visitor, stranger: Visitor, database: Database, clock: Clock
) -> None:
    back = _move(alice, database)
    clock.advance(timedelta(days=7) - timedelta(seconds=1))
    assert stranger.get(back).status_code == 200
    clock.advance(timedelta(seconds=1))
    assert stranger.post(back).status_code == 410


def test_taking_back_forgets_the_recovery_address_set_since(
    alice: Visitor, stranger: Visitor, database: Database, clock: Clock, cast: Cast
) -> None:
    back = _move(alice, database)
    clock.advance(timedelta(minutes=1))
    _keep_recovery(alice, database, "eve@evil.example")
    stranger.post(back)
    assert _alice(database, cast).recovery_email is None


def test_taking_back_keeps_the_recovery_address_set_before(
    alice: Visitor, stranger: Visitor, database: Database, clock: Clock, cast: Cast
) -> None:
    _keep_recovery(alice, database)
    clock.advance(timedelta(minutes=1))
    stranger.post(_move(alice, database))
    assert _alice(database, cast).recovery_email == RECOVERY


def test_taking_back_ends_what_a_thief_asked_for_before(
    alice: Visitor, stranger: Visitor, database: Database, clock: Clock, cast: Cast
) -> None:
    """The thief would confirm a recovery address before the owner chooses a new password."""
    _ask(alice, "eve@evil.example", page="recovery")
    link = link_in(newest(database, "eve@evil.example"))
    clock.advance(timedelta(minutes=1))
    stranger.post(_move(alice, database))
    assert stranger.post(link).status_code == 410
    assert _alice(database, cast).recovery_email is None


def test_who_moved_it_twice_can_not_take_back_what_the_owner_took_back(
    alice: Visitor, stranger: Visitor, database: Database, clock: Clock, cast: Cast
) -> None:
    owners = _move(alice, database, "eve@one.example")
    clock.advance(timedelta(minutes=1))
    thiefs = _move(alice, database, "eve@two.example")
    stranger.post(owners)
    assert stranger.post(thiefs).status_code == 410
    assert _alice(database, cast).email == cast.alice.email


def test_the_owner_takes_it_back_even_after_the_thief_took_something_back(
    alice: Visitor, stranger: Visitor, database: Database, clock: Clock, cast: Cast
) -> None:
    owners = _move(alice, database, "eve@one.example")
    clock.advance(timedelta(minutes=1))
    stranger.post(_move(alice, database, "eve@two.example"))
    assert stranger.post(owners).status_code == 303
    assert _alice(database, cast).email == cast.alice.email


def test_a_recovery_address_counts_once_its_mailbox_confirms(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    _ask(alice, RECOVERY, page="recovery")
    link = link_in(newest(database, RECOVERY))
    assert alice.get(link).status_code == 200
    assert _alice(database, cast).recovery_confirmed_at is None
    alice.post(link)
    assert RECOVERY in alice.get("/account").text


def test_the_accounts_own_address_is_told_of_the_recovery_address(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    _keep_recovery(alice, database)
    letter = newest(database, cast.alice.email)
    assert letter.kind == "recovery_changed"
    assert RECOVERY in letter.text


def test_the_address_one_signs_in_with_is_no_recovery_address(alice: Visitor, cast: Cast) -> None:
    answer = _ask(alice, cast.alice.email, page="recovery")
    assert answer.status_code == 400
    assert 'id="email-error"' in answer.text


def test_a_recovery_address_that_becomes_the_address_is_no_recovery_address_any_more(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    _keep_recovery(alice, database)
    _move(alice, database, RECOVERY)
    login = _alice(database, cast)
    assert (login.email, login.recovery_email) == (RECOVERY, None)


def test_a_recovery_address_is_removed_and_the_owner_told(
    alice: Visitor, database: Database, cast: Cast
) -> None:
    _keep_recovery(alice, database)
    alice.post("/account/recovery/remove")
    assert _alice(database, cast).recovery_email is None
    assert "was removed" in newest(database, cast.alice.email).text


@pytest.mark.parametrize("by", [None, "alice@second.example"])
def test_link_emailed_to_a_former_recovery_address_opens_nothing(
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
def test_what_a_thief_asked_for_ends_when_the_owner_changes_the_password(
    alice: Visitor, stranger: Visitor, database: Database, cast: Cast, page: str
) -> None:
    """Who had the old password could still move the account to a mailbox of their own."""
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
def test_each_link_stays_out_of_referer_and_caches(
    alice: Visitor, database: Database, page: str, kind: str
) -> None:
    _ask(alice, page=page)
    answer = alice.get(link_in(newest(database, NEW, kind)))
    assert answer.headers["Referrer-Policy"] == "strict-origin"
    assert answer.headers["Cache-Control"] == "no-store"
