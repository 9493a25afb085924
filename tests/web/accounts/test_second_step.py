"""The second step: every way to sign in needs it, and each code works once."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from lms.accounts import email_aliases
from lms.accounts.mails import SECOND_STEP_SUBJECTS, SecondStepChange
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.settings import Settings
from lms.people import account_blocks, login_merges
from lms.seats import invitations
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.mailbox import PASSWORD, code_in, give_password, letters, link_in, newest
from tests.seat_rows import add_pool, seat
from tests.second_steps import code_of, give_app
from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("clock")
STEP = "/sign-in/second-step"
ALIAS = "alice.lamb@example.org"
ROOT = Path(__file__).parents[3]
Way = Callable[[Visitor, Database, Cast], TestResponse]


def _is_in(client: Visitor) -> bool:
    return client.get("/account").status_code == 200


def _prove(client: Visitor, code: str, **more: str) -> TestResponse:
    return client.post(STEP, data={"code": code, **more})


def _password(client: Visitor, email: str) -> TestResponse:
    return client.post("/sign-in", data={"email": email, "password": PASSWORD})


@pytest.fixture
def app_of_alice(database: Database, cast: Cast, settings: Settings) -> tuple[str, tuple[str, ...]]:
    """Give Alice a password and an app, and return its secret and her recovery codes."""
    give_password(database, cast.alice.id)
    return give_app(database, cast.alice.id, settings.secret_key)


def by_password(client: Visitor, _database: Database, cast: Cast) -> TestResponse:
    return _password(client, cast.alice.email)


def by_password_at_a_further_address(
    client: Visitor, database: Database, cast: Cast
) -> TestResponse:
    with database.transaction() as session:
        email_aliases.add_alias(session, cast.alice.id, read_address(ALIAS), actor=None, now=NOW)
    return _password(client, ALIAS)


def by_mailed_code(client: Visitor, database: Database, cast: Cast) -> TestResponse:
    client.post("/sign-in/code", data={"email": cast.alice.email})
    code = code_in(newest(database, cast.alice.email, "sign_in_code"))
    return client.post("/sign-in/code/enter", data={"code": code})


def by_password_reset(client: Visitor, database: Database, cast: Cast) -> TestResponse:
    client.post("/forgotten-password", data={"email": cast.alice.email})
    link = link_in(newest(database, cast.alice.email, "reset_password"))
    return client.post(link, data={"password": "seven lamps by the window"})


def by_password_of_a_merged_login(client: Visitor, database: Database, cast: Cast) -> TestResponse:
    """Sign in as Dan, whose login without an app was merged into Alice's."""
    give_password(database, cast.dan.id)
    _merge(database, kept=cast.alice.public_id, merged=cast.dan.public_id)
    return _password(client, cast.dan.email)


def by_password_after_hers_was_merged(
    client: Visitor, database: Database, cast: Cast
) -> TestResponse:
    """Sign in as Dan, into whose login Alice's was merged with its app."""
    give_password(database, cast.dan.id)
    _merge(database, kept=cast.dan.public_id, merged=cast.alice.public_id)
    return _password(client, cast.dan.email)


def _merge(database: Database, *, kept: str, merged: str) -> None:
    with database.transaction() as session:
        login_merges.merge(session, kept=kept, merged=merged, hooks=(), actor=None, now=NOW)


WAYS: tuple[Way, ...] = (
    by_password,
    by_password_at_a_further_address,
    by_mailed_code,
    by_password_reset,
    by_password_of_a_merged_login,
    by_password_after_hers_was_merged,
)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_sign_in_needs_the_second_step(
    client: Visitor,
    database: Database,
    cast: Cast,
    app_of_alice: tuple[str, tuple[str, ...]],
    way: Way,
) -> None:
    answer = way(client, database, cast)
    assert answer.status_code == 303
    assert answer.location.startswith(STEP)
    assert not _is_in(client)
    assert "/sign-in" in client.get("/library").location
    assert client.post("/account/details", data={"name": "Eve"}).status_code == 403
    assert _prove(client, code_of(app_of_alice[0])).status_code == 303
    assert _is_in(client)


def test_only_browser_sessions_creates_sign_ins() -> None:
    """A new way to sign in has to call it, and so requires the second step."""
    makers = [
        path.name
        for package in ("lms", "lti")
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"\bSignIn\(", path.read_text(encoding="utf-8")) and path.name != "accounts.py"
    ]
    assert makers == ["browser_sessions.py"]


def test_seat_link_does_not_replace_the_second_step(
    client: Visitor, database: Database, cast: Cast, app_of_alice: tuple[str, tuple[str, ...]]
) -> None:
    with database.transaction() as session:
        pool = add_pool(session, cast.organization_id)
        made = seat(session, pool, email=cast.alice.email)
        token = invitations.fresh_link(session, made.public_id, actor=None, now=NOW)
    _password(client, cast.alice.email)
    assert client.post(f"/claim/{token}").status_code == 403
    assert not _is_in(client)


def test_second_step_needs_the_first_step(client: Visitor, cast: Cast) -> None:
    assert client.get(STEP).location == "/sign-in"
    assert _prove(client, "123456").location == "/sign-in"
    assert client.post(f"{STEP}/passkey").status_code == 403
    client.sign_in(cast.alice.id)
    assert client.get(STEP).status_code == 303


def test_malformed_passkey_response_is_refused(
    client: Visitor, cast: Cast, app_of_alice: tuple[str, tuple[str, ...]]
) -> None:
    _password(client, cast.alice.email)
    assert client.post(f"{STEP}/passkey").status_code == 200
    for made in ("{}", "null", "[" * 5000):
        assert _prove(client, "", passkey=made).status_code == 400
    assert not _is_in(client)


def test_wrong_code_is_refused(
    client: Visitor, cast: Cast, app_of_alice: tuple[str, tuple[str, ...]]
) -> None:
    _password(client, cast.alice.email)
    right = code_of(app_of_alice[0])
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for typed in (
        "",
        wrong,
        right[:5],
        right + "0",
        "abcdef",
        "\N{FULLWIDTH DIGIT ONE}23456",
        "0" * 16,
    ):
        assert _prove(client, typed).status_code == 400
    assert not _is_in(client)


def test_code_of_another_person_is_refused(
    client: Visitor,
    database: Database,
    settings: Settings,
    cast: Cast,
    app_of_alice: tuple[str, tuple[str, ...]],
) -> None:
    secret, codes = give_app(database, cast.bob.id, settings.secret_key)
    _password(client, cast.alice.email)
    for typed in (code_of(secret), codes[0]):
        assert _prove(client, typed).status_code == 400


def test_code_works_one_time_step_off_but_not_two(
    client: Visitor, cast: Cast, app_of_alice: tuple[str, tuple[str, ...]]
) -> None:
    _password(client, cast.alice.email)
    for steps in (-2, 2):
        assert _prove(client, code_of(app_of_alice[0], steps=steps)).status_code == 400
    assert _prove(client, code_of(app_of_alice[0], steps=1)).status_code == 303


def test_used_and_earlier_codes_are_refused(
    client: Visitor, app: Flask, cast: Cast, app_of_alice: tuple[str, tuple[str, ...]]
) -> None:
    _password(client, cast.alice.email)
    assert _prove(client, code_of(app_of_alice[0])).status_code == 303
    other = app.test_client()
    _password(other, cast.alice.email)
    for steps in (0, -1):
        assert _prove(other, code_of(app_of_alice[0], steps=steps)).status_code == 400
    assert _prove(other, code_of(app_of_alice[0], steps=1)).status_code == 303


def test_recovery_code_works_once_and_its_owner_is_notified(
    client: Visitor,
    app: Flask,
    database: Database,
    cast: Cast,
    app_of_alice: tuple[str, tuple[str, ...]],
) -> None:
    code = app_of_alice[1][3]
    _password(client, cast.alice.email)
    assert _prove(client, code.upper().replace("-", " ")).status_code == 303
    assert _is_in(client)
    letter = newest(database, cast.alice.email, "second_step_changed")
    assert letter.subject == SECOND_STEP_SUBJECTS[SecondStepChange.CODE_USED]
    assert code not in letter.text
    other = app.test_client()
    _password(other, cast.alice.email)
    assert _prove(other, code).status_code == 400


def test_second_step_expires_after_15_minutes(
    client: Visitor, clock: Clock, cast: Cast, app_of_alice: tuple[str, tuple[str, ...]]
) -> None:
    _password(client, cast.alice.email)
    later = clock.advance(timedelta(minutes=15))
    assert _prove(client, code_of(app_of_alice[0], at=later.timestamp())).location == "/sign-in"
    assert not _is_in(client)


def test_blocked_person_cannot_finish_the_second_step(
    client: Visitor, database: Database, cast: Cast, app_of_alice: tuple[str, tuple[str, ...]]
) -> None:
    _password(client, cast.alice.email)
    with database.transaction() as session:
        account_blocks.block(session, cast.alice.id, reason="x", actor=None, now=NOW)
    assert _prove(client, code_of(app_of_alice[0])).location == "/sign-in"


def test_eleventh_code_is_rate_limited(
    client: Visitor, cast: Cast, app_of_alice: tuple[str, tuple[str, ...]]
) -> None:
    _password(client, cast.alice.email)
    assert [_prove(client, "000000").status_code for _ in range(11)] == [400] * 10 + [429]


def test_first_step_cookie_does_not_sign_in_after_the_second_step(
    client: Visitor, app: Flask, cast: Cast, app_of_alice: tuple[str, tuple[str, ...]]
) -> None:
    _password(client, cast.alice.email)
    cookie = client.get_cookie("carrel")
    assert cookie is not None
    _prove(client, code_of(app_of_alice[0]))
    other = app.test_client()
    other.set_cookie("carrel", cookie.value)
    assert not _is_in(other)


def test_second_step_redirects_to_the_requested_page(
    client: Visitor, cast: Cast, app_of_alice: tuple[str, tuple[str, ...]]
) -> None:
    data = {"email": cast.alice.email, "password": PASSWORD, "next": "/account/browsers"}
    step = client.post("/sign-in", data=data).location
    assert step == f"{STEP}?next=/account/browsers"
    assert 'name="next" value="/account/browsers"' in client.get(step).text
    answer = _prove(client, code_of(app_of_alice[0]), next="/account/browsers")
    assert answer.location == "/account/browsers"


def test_redirect_to_another_site_is_refused(
    client: Visitor, cast: Cast, app_of_alice: tuple[str, tuple[str, ...]]
) -> None:
    _password(client, cast.alice.email)
    answer = _prove(client, code_of(app_of_alice[0]), next="https://elsewhere.example/")
    assert answer.location == "/library"


def test_adding_the_first_app_ends_sign_ins_without_it(
    client: Visitor, database: Database, settings: Settings, cast: Cast
) -> None:
    client.sign_in(cast.alice.id)
    assert _is_in(client)
    give_app(database, cast.alice.id, settings.secret_key)
    assert not _is_in(client)
    assert [one.kind for one in letters(database, cast.alice.email)] == ["second_step_changed"]


def test_merging_ends_sign_ins_without_a_second_step(
    client: Visitor, database: Database, cast: Cast, app_of_alice: tuple[str, tuple[str, ...]]
) -> None:
    client.sign_in(cast.dan.id)
    _merge(database, kept=cast.dan.public_id, merged=cast.alice.public_id)
    assert not _is_in(client)
