"""Password reset by an emailed link that works once, within an hour."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from lms.accounts import accounts, email_and_recovery_email_changes
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.password_hashing_and_rules import Right, check_password
from lms.mail.links import Links
from lms.models.accounts import EmailPurpose, Login
from lms.people import account_blocks, login_merges
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_login
from tests.mailbox import (
    BASE,
    PASSWORD,
    give_password,
    letters,
    link_in,
    newest,
    without_form_token,
)
from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("clock")
NEW = "seven lamps by the window"


def _ask(client: Visitor, email: str) -> TestResponse:
    return client.post("/forgotten-password", data={"email": email})


def _link(client: Visitor, database: Database, email: str) -> str:
    _ask(client, email)
    return link_in(newest(database, email, "reset_password"))


def _choose(client: Visitor, link: str, password: str = NEW) -> TestResponse:
    return client.post(link, data={"password": password})


def _is_in(client: Visitor) -> bool:
    return client.get("/account").status_code == 200


def _give_recovery(database: Database, login_id: int, email: str) -> None:
    with database.transaction() as session:
        account = accounts.read_account(session, login_id)
        email_and_recovery_email_changes.ask_recovery(
            session, account, read_address(email), links=Links(BASE), now=NOW
        )
    secret = link_in(newest(database, email, "recovery_address")).rpartition("/")[2]
    with database.transaction() as session:
        email_and_recovery_email_changes.confirm_recovery(
            session, secret, links=Links(BASE), now=NOW
        )


def _password_is(database: Database, login_id: int, password: str) -> bool:
    with database.read_session() as session:
        login = session.get_one(Login, login_id)
        return isinstance(check_password(login.password_hash, password), Right)


def test_forged_link_is_refused(client: Visitor) -> None:
    assert client.get("/reset-password/made-up").status_code == 410
    assert _choose(client, "/reset-password/made-up").status_code == 410


def test_sign_up_link_cannot_reset_a_password(
    client: Visitor, database: Database, cast: Cast
) -> None:
    client.post("/sign-up", data={"email": "una@example.org"})
    secret = link_in(newest(database, "una@example.org")).rpartition("/")[2]
    assert _choose(client, f"/reset-password/{secret}").status_code == 410


def test_link_expires_after_an_hour(
    client: Visitor, database: Database, clock: Clock, cast: Cast
) -> None:
    link = _link(client, database, cast.alice.email)
    clock.advance(timedelta(hours=1))
    assert client.get(link).status_code == 410
    assert _choose(client, link).status_code == 410


def test_a_link_works_once(client: Visitor, database: Database, cast: Cast) -> None:
    link = _link(client, database, cast.alice.email)
    assert _choose(client, link).status_code == 303
    assert _choose(client, link, "another fine password").status_code == 410
    assert _password_is(database, cast.alice.id, NEW)


def test_new_password_redirects_only_to_pages_of_this_site(
    client: Visitor, database: Database, cast: Cast
) -> None:
    link = _link(client, database, cast.alice.email)
    assert _choose(client, f"{link}?next=//elsewhere.example").headers["Location"] == "/library"
    link = _link(client, database, cast.alice.email)
    assert _choose(client, f"{link}?next=/account").headers["Location"] == "/account"


def test_new_password_ends_all_other_links(client: Visitor, database: Database, cast: Cast) -> None:
    first, second = (_link(client, database, cast.alice.email) for _ in range(2))
    _choose(client, first)
    assert client.get(second).status_code == 410


def test_opening_the_link_does_not_consume_it(
    client: Visitor, database: Database, cast: Cast
) -> None:
    link = _link(client, database, cast.alice.email)
    for _ in range(3):
        assert client.get(link).status_code == 200
    assert _choose(client, link).status_code == 303


def test_link_is_not_sent_as_referer_or_cached(
    client: Visitor, database: Database, cast: Cast
) -> None:
    link = _link(client, database, cast.alice.email)
    for answer in (client.get(link), _choose(client, link, "short")):
        assert answer.headers["Referrer-Policy"] == "strict-origin"
        assert answer.headers["Cache-Control"] == "no-store"


def test_link_still_works_after_a_weak_password(
    client: Visitor, database: Database, cast: Cast
) -> None:
    link = _link(client, database, cast.alice.email)
    for poor in ("", "short", "Password123!", "alice@example.org"):
        answer = _choose(client, link, poor)
        assert answer.status_code == 400
        assert 'id="password-error"' in answer.text
    assert _choose(client, link).status_code == 303


def test_new_password_replaces_the_old_one(client: Visitor, database: Database, cast: Cast) -> None:
    give_password(database, cast.alice.id)
    _choose(client, _link(client, database, cast.alice.email))
    assert _password_is(database, cast.alice.id, NEW)
    assert not _password_is(database, cast.alice.id, PASSWORD)


def test_new_password_signs_in_here_and_out_everywhere_else(
    client: Visitor, app: Flask, database: Database, cast: Cast
) -> None:
    other = app.test_client()
    assert isinstance(other, Visitor)
    other.sign_in(cast.alice.id)
    _choose(client, _link(client, database, cast.alice.email))
    assert _is_in(client)
    assert not _is_in(other)


def test_owner_is_notified_of_the_new_password(
    client: Visitor, database: Database, cast: Cast
) -> None:
    _choose(client, _link(client, database, cast.alice.email))
    letter = newest(database, cast.alice.email)
    assert letter.kind == "password_changed"
    assert client.get(link_in(letter)).status_code == 200


def test_blocked_person_can_set_a_password_but_not_sign_in(
    client: Visitor, database: Database, cast: Cast
) -> None:
    link = _link(client, database, cast.alice.email)
    with database.transaction() as session:
        account_blocks.block(session, cast.alice.id, reason="Shared it", actor=None, now=NOW)
    assert _choose(client, link).status_code == 403
    assert not _is_in(client)
    assert _password_is(database, cast.alice.id, NEW)


def test_response_is_the_same_with_and_without_an_account(
    client: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        make_login(session, "una@example.org").confirmed_at = None
    _give_recovery(database, cast.bob.id, "bob@home.example")
    seen = set()
    for email in (
        cast.alice.email,
        cast.bob.email,
        "bob@home.example",
        "una@example.org",
        "nobody@example.org",
    ):
        answer = _ask(client, email)
        page = client.get(answer.location).text
        seen.add((answer.status_code, without_form_token(page).replace(email, "ADDRESS")))
    assert len(seen) == 1


def test_email_depends_on_the_account_of_the_address(
    client: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        make_login(session, "una@example.org").confirmed_at = None
    kinds = []
    for email in (cast.alice.email, "una@example.org", "nobody@example.org"):
        _ask(client, email)
        kinds.append([letter.kind for letter in letters(database, email)])
    assert kinds == [["reset_password"], ["confirm_sign_up"], ["no_account"]]


@pytest.mark.parametrize("path", ["/forgotten-password", "/sign-in/code", "/sign-up"])
def test_cpu_time_is_similar_with_and_without_an_account(
    client: Visitor, cast: Cast, path: str
) -> None:
    costs = [
        min(_cpu(lambda to=email: client.post(path, data={"email": to})) for _ in range(4))
        for email in (cast.alice.email, "nobody@example.org")
    ]
    assert max(costs) / min(costs) < 2.5


@pytest.mark.parametrize("given", ["bob@example.org", "BOB@home.example"])
def test_recovery_address_receives_a_working_reset_link(
    client: Visitor, database: Database, cast: Cast, given: str
) -> None:
    _give_recovery(database, cast.bob.id, "bob@home.example")
    _ask(client, given)
    letter = newest(database, "bob@home.example", "reset_password")
    assert cast.bob.email in letter.text
    _choose(client, link_in(letter))
    assert cast.bob.email in client.get("/account").text


def test_unconfirmed_recovery_address_receives_no_reset_link(
    client: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        account = accounts.read_account(session, cast.bob.id)
        address = read_address("bob@home.example")
        email_and_recovery_email_changes.ask_recovery(
            session, account, address, links=Links(BASE), now=NOW
        )
    _ask(client, "bob@home.example")
    assert newest(database, "bob@home.example").kind == "no_account"


def test_recovery_address_of_two_accounts_gets_one_email_for_each(
    client: Visitor, database: Database, cast: Cast
) -> None:
    for person in (cast.bob, cast.carol):
        _give_recovery(database, person.id, "family@home.example")
    _ask(client, "family@home.example")
    texts = [
        letter.text
        for letter in letters(database, "family@home.example")
        if letter.kind == EmailPurpose.RESET_PASSWORD.value
    ]
    assert [cast.bob.email in text for text in texts] == [True, False]
    assert [cast.carol.email in text for text in texts] == [False, True]


def test_recovery_address_of_a_merged_account_receives_no_reset_link(
    client: Visitor, database: Database, cast: Cast
) -> None:
    """The person can neither see nor remove that address in the remaining account."""
    _give_recovery(database, cast.bob.id, "bob@home.example")
    with database.transaction() as session:
        login_merges.merge(
            session,
            kept=cast.alice.public_id,
            merged=cast.bob.public_id,
            hooks=(),
            actor=None,
            now=NOW,
        )
    _ask(client, "bob@home.example")
    assert newest(database, "bob@home.example").kind == "no_account"
    _ask(client, cast.bob.email)
    assert newest(database, cast.bob.email).kind == "reset_password"
    assert newest(database, cast.alice.email).kind == "reset_password"


def test_invited_person_can_set_a_password_after_13_days(
    client: Visitor, database: Database, clock: Clock, cast: Cast
) -> None:
    with database.transaction() as session:
        account = accounts.read_account(session, cast.dan.id)
        accounts.invite_to_set_password(session, account, links=Links(BASE), now=NOW)
    link = link_in(newest(database, cast.dan.email, "set_password"))
    clock.advance(timedelta(days=13))
    assert _choose(client, link).status_code == 303
    assert _is_in(client)


def test_form_has_autocomplete_for_password_managers(
    client: Visitor, database: Database, cast: Cast
) -> None:
    page = client.get(_link(client, database, cast.alice.email)).text
    assert 'autocomplete="username"' in page
    assert 'autocomplete="new-password"' in page


def _cpu(act: Callable[[], object]) -> float:
    before = time.process_time()
    act()
    return time.process_time() - before
