"""A new password by a mailed link: once, within the hour, for its owner alone."""

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


def test_a_link_that_was_made_up_opens_nothing(client: Visitor) -> None:
    assert client.get("/reset-password/made-up").status_code == 410
    assert _choose(client, "/reset-password/made-up").status_code == 410


def test_a_link_for_something_else_does_not_choose_a_password(
    client: Visitor, database: Database, cast: Cast
) -> None:
    client.post("/sign-up", data={"email": "una@example.org"})
    secret = link_in(newest(database, "una@example.org")).rpartition("/")[2]
    assert _choose(client, f"/reset-password/{secret}").status_code == 410


def test_a_link_is_over_after_an_hour(
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


def test_choosing_leads_on_to_the_page_of_the_link(
    client: Visitor, database: Database, cast: Cast
) -> None:
    link = _link(client, database, cast.alice.email)
    assert _choose(client, f"{link}?next=//elsewhere.example").headers["Location"] == "/library"
    link = _link(client, database, cast.alice.email)
    assert _choose(client, f"{link}?next=/account").headers["Location"] == "/account"


def test_choosing_ends_all_other_links(client: Visitor, database: Database, cast: Cast) -> None:
    first, second = (_link(client, database, cast.alice.email) for _ in range(2))
    _choose(client, first)
    assert client.get(second).status_code == 410


def test_opening_the_link_does_not_use_it_up(
    client: Visitor, database: Database, cast: Cast
) -> None:
    link = _link(client, database, cast.alice.email)
    for _ in range(3):
        assert client.get(link).status_code == 200
    assert _choose(client, link).status_code == 303


def test_the_link_stays_out_of_referer_and_caches(
    client: Visitor, database: Database, cast: Cast
) -> None:
    link = _link(client, database, cast.alice.email)
    for answer in (client.get(link), _choose(client, link, "short")):
        assert answer.headers["Referrer-Policy"] == "strict-origin"
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_poor_password_leaves_the_link_usable(
    client: Visitor, database: Database, cast: Cast
) -> None:
    link = _link(client, database, cast.alice.email)
    for poor in ("", "short", "Password123!", "alice@example.org"):
        answer = _choose(client, link, poor)
        assert answer.status_code == 400
        assert 'id="password-error"' in answer.text
    assert _choose(client, link).status_code == 303


def test_the_new_password_counts_and_the_old_one_does_not(
    client: Visitor, database: Database, cast: Cast
) -> None:
    give_password(database, cast.alice.id)
    _choose(client, _link(client, database, cast.alice.email))
    assert _password_is(database, cast.alice.id, NEW)
    assert not _password_is(database, cast.alice.id, PASSWORD)


def test_choosing_signs_all_other_browsers_out_and_this_one_in(
    client: Visitor, app: Flask, database: Database, cast: Cast
) -> None:
    other = app.test_client()
    assert isinstance(other, Visitor)
    other.sign_in(cast.alice.id)
    _choose(client, _link(client, database, cast.alice.email))
    assert _is_in(client)
    assert not _is_in(other)


def test_the_owner_is_told_that_the_password_was_changed(
    client: Visitor, database: Database, cast: Cast
) -> None:
    _choose(client, _link(client, database, cast.alice.email))
    letter = newest(database, cast.alice.email)
    assert letter.kind == "password_changed"
    assert client.get(link_in(letter)).status_code == 200


def test_a_blocked_login_chooses_and_stays_out(
    client: Visitor, database: Database, cast: Cast
) -> None:
    link = _link(client, database, cast.alice.email)
    with database.transaction() as session:
        account_blocks.block(session, cast.alice.id, reason="Shared it", actor=None, now=NOW)
    assert _choose(client, link).status_code == 403
    assert not _is_in(client)
    assert _password_is(database, cast.alice.id, NEW)


def test_the_answer_is_the_same_whether_or_not_there_is_an_account(
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


def test_each_address_gets_a_letter_that_only_its_owner_reads(
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
def test_the_work_is_the_same_whether_or_not_there_is_an_account(
    client: Visitor, cast: Cast, path: str
) -> None:
    costs = [
        min(_cpu(lambda to=email: client.post(path, data={"email": to})) for _ in range(4))
        for email in (cast.alice.email, "nobody@example.org")
    ]
    assert max(costs) / min(costs) < 2.5


@pytest.mark.parametrize("given", ["bob@example.org", "BOB@home.example"])
def test_the_recovery_address_opens_the_account_when_the_mailbox_is_dead(
    client: Visitor, database: Database, cast: Cast, given: str
) -> None:
    _give_recovery(database, cast.bob.id, "bob@home.example")
    _ask(client, given)
    letter = newest(database, "bob@home.example", "reset_password")
    assert cast.bob.email in letter.text
    _choose(client, link_in(letter))
    assert cast.bob.email in client.get("/account").text


def test_an_unconfirmed_recovery_address_opens_nothing(
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


def test_a_recovery_address_of_two_accounts_gets_a_letter_for_each(
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


def test_recovery_address_of_a_merged_account_opens_nothing(
    client: Visitor, database: Database, cast: Cast
) -> None:
    """The person could neither see nor remove it in the account that it would open."""
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


def test_a_login_made_by_staff_chooses_its_first_password_within_two_weeks(
    client: Visitor, database: Database, clock: Clock, cast: Cast
) -> None:
    with database.transaction() as session:
        account = accounts.read_account(session, cast.dan.id)
        accounts.invite_to_set_password(session, account, links=Links(BASE), now=NOW)
    link = link_in(newest(database, cast.dan.email, "set_password"))
    clock.advance(timedelta(days=13))
    assert _choose(client, link).status_code == 303
    assert _is_in(client)


def test_password_managers_see_the_account_and_a_new_password(
    client: Visitor, database: Database, cast: Cast
) -> None:
    page = client.get(_link(client, database, cast.alice.email)).text
    assert 'autocomplete="username"' in page
    assert 'autocomplete="new-password"' in page


def _cpu(act: Callable[[], object]) -> float:
    before = time.process_time()
    act()
    return time.process_time() - before
