"""Sign-in with an emailed code: it works once, in the browser that requested it."""

from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from lms.core.database import Database
from lms.people import account_blocks
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_login
from tests.mailbox import code_in, letters, newest, without_form_token
from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("clock")


def _ask(client: Visitor, email: str, **more: str) -> TestResponse:
    return client.post("/sign-in/code", data={"email": email, **more})


def _enter(client: Visitor, code: str) -> TestResponse:
    return client.post("/sign-in/code/enter", data={"code": code})


def _is_in(client: Visitor) -> bool:
    return client.get("/account").status_code == 200


def _other(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08d}"


def test_browser_without_a_code_is_redirected_to_request_one(client: Visitor) -> None:
    for answer in (client.get("/sign-in/code/enter"), _enter(client, "12345678")):
        assert (answer.status_code, answer.location) == (303, "/sign-in/code")


def test_code_is_refused_in_another_browser(
    client: Visitor, app: Flask, database: Database, cast: Cast
) -> None:
    _ask(client, cast.alice.email)
    code = code_in(newest(database, cast.alice.email))
    other = app.test_client()
    assert isinstance(other, Visitor)
    other.post("/sign-in/code", data={"email": cast.alice.email})
    assert _enter(other, code).status_code == 400
    assert not _is_in(other)


def test_wrong_code_is_refused(client: Visitor, database: Database, cast: Cast) -> None:
    _ask(client, cast.alice.email)
    code = code_in(newest(database, cast.alice.email))
    assert _enter(client, _other(code)).status_code == 400
    assert not _is_in(client)


def test_code_is_refused_after_five_wrong_attempts(
    client: Visitor, database: Database, cast: Cast
) -> None:
    _ask(client, cast.alice.email)
    code = code_in(newest(database, cast.alice.email))
    for _ in range(5):
        _enter(client, _other(code))
    assert _enter(client, code).status_code == 400
    assert not _is_in(client)


def test_code_expires_after_ten_minutes(
    client: Visitor, database: Database, clock: Clock, cast: Cast
) -> None:
    _ask(client, cast.alice.email)
    code = code_in(newest(database, cast.alice.email))
    clock.advance(timedelta(minutes=10))
    assert _enter(client, code).status_code == 400


def test_a_code_works_once(client: Visitor, database: Database, cast: Cast) -> None:
    _ask(client, cast.alice.email)
    code = code_in(newest(database, cast.alice.email))
    with client.session_transaction() as form:
        kept = dict(form)
    assert _enter(client, code).status_code == 303
    client.post("/sign-out")
    with client.session_transaction() as form:
        form.update(kept)
    assert _enter(client, code).status_code == 400


def test_only_the_newest_code_works(client: Visitor, database: Database, cast: Cast) -> None:
    _ask(client, cast.alice.email)
    _ask(client, cast.alice.email)
    older, newer = (code_in(letter) for letter in letters(database, cast.alice.email))
    assert _enter(client, older).status_code == 400
    assert _enter(client, newer).status_code == 303


def test_blocked_person_is_refused(client: Visitor, database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        account_blocks.block(session, cast.alice.id, reason="Shared it", actor=None, now=NOW)
    _ask(client, cast.alice.email)
    answer = _enter(client, code_in(newest(database, cast.alice.email)))
    assert answer.status_code == 403
    assert "mailto:" in answer.text
    assert not _is_in(client)


def test_pages_are_the_same_with_and_without_an_account(
    app: Flask, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        make_login(session, "una@example.org").confirmed_at = None
    seen = set()
    for email in (cast.alice.email, "una@example.org", "nobody@example.org"):
        visitor = app.test_client()
        assert isinstance(visitor, Visitor)
        asked = _ask(visitor, email)
        pages = [visitor.get(asked.location).text]
        pages += [_enter(visitor, "00000000").text for _ in range(7)]
        seen.add(without_form_token("".join(pages)).replace(email, "ADDRESS"))
    assert len(seen) == 1


def test_email_depends_on_the_account_of_the_address(
    client: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        make_login(session, "una@example.org").confirmed_at = None
    kinds = {}
    for email in (cast.alice.email, "una@example.org", "nobody@example.org"):
        _ask(client, email)
        kinds[email] = [letter.kind for letter in letters(database, email)]
    assert kinds == {
        cast.alice.email: ["sign_in_code"],
        "una@example.org": ["confirm_sign_up"],
        "nobody@example.org": ["no_account"],
    }


def test_email_subject_does_not_include_the_code(
    client: Visitor, database: Database, cast: Cast
) -> None:
    _ask(client, cast.alice.email)
    letter = newest(database, cast.alice.email)
    assert not any(sign.isdigit() for sign in letter.subject)


@pytest.mark.parametrize("written", ["{0}", " {0} ", "{1} {2}", "{1}-{2}", "{3}"])
def test_correct_code_is_accepted_in_any_format(
    client: Visitor, database: Database, cast: Cast, written: str
) -> None:
    _ask(client, cast.alice.email)
    code = code_in(newest(database, cast.alice.email))
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    typed = written.format(code, code[:4], code[4:], wide)
    assert _enter(client, typed).location == "/library"
    assert _is_in(client)


def test_sign_in_redirects_to_the_requested_page(
    client: Visitor, database: Database, cast: Cast
) -> None:
    _ask(client, cast.alice.email, next="/webinars/reading-rooms")
    code = code_in(newest(database, cast.alice.email))
    assert _enter(client, code).location == "/webinars/reading-rooms"


def test_redirect_to_another_site_is_refused(
    client: Visitor, database: Database, cast: Cast
) -> None:
    _ask(client, cast.alice.email, next="//evil.example")
    assert _enter(client, code_in(newest(database, cast.alice.email))).location == "/library"


def test_browser_is_remembered_on_request(
    client: Visitor, database: Database, clock: Clock, cast: Cast
) -> None:
    _ask(client, cast.alice.email, remember="y")
    _enter(client, code_in(newest(database, cast.alice.email)))
    clock.advance(timedelta(days=29))
    assert _is_in(client)


def test_field_has_autocomplete_for_phones(client: Visitor, cast: Cast) -> None:
    _ask(client, cast.alice.email)
    page = client.get("/sign-in/code/enter").text
    assert 'autocomplete="one-time-code"' in page
    assert 'inputmode="numeric"' in page


def test_invalid_address_shows_an_error_at_its_field(client: Visitor) -> None:
    answer = _ask(client, "alice")
    assert answer.status_code == 400
    assert 'id="email-error"' in answer.text
