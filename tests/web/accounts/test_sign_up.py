"""Signing up: nothing takes effect before the email address is confirmed."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lms.accounts.accounts import NewLogin, add_login, forget_unconfirmed
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.languages import Language, set_default
from lms.core.password_hashing_and_rules import Right, check_password
from lms.models.accounts import Login
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_grant
from tests.mailbox import PASSWORD, letters, link_in, newest, without_form_token
from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("clock")
NORA = "Nora@Example.org"
SHOWN = "Nora@example.org"
ZONE = "America/Chicago"


def _ask(client: Visitor, email: str = NORA, **more: str) -> TestResponse:
    return client.post("/sign-up", data={"email": email, **more})


def _link(client: Visitor, database: Database, **more: str) -> str:
    _ask(client, **more)
    return link_in(newest(database, SHOWN, "confirm_sign_up"))


def _confirm(client: Visitor, link: str, **values: str) -> TestResponse:
    data = {"name": "Nora Vex", "password": PASSWORD, "zone": ZONE, **values}
    return client.post(link, data=data)


def _nora(database: Database) -> Login:
    with database.read_session() as session:
        return session.scalars(select(Login).where(Login.email_key == "nora@example.org")).one()


def _is_in(client: Visitor) -> bool:
    return client.get("/account").status_code == 200


def test_forged_link_is_refused(client: Visitor) -> None:
    assert client.get("/sign-up/confirm/made-up").status_code == 410
    assert _confirm(client, "/sign-up/confirm/made-up").status_code == 410


def test_unconfirmed_account_cannot_sign_in(client: Visitor, database: Database) -> None:
    _ask(client)
    login = _nora(database)
    assert (login.confirmed_at, login.password_hash) == (None, None)
    assert not _is_in(client)


def test_link_expires_after_two_days(client: Visitor, database: Database, clock: Clock) -> None:
    link = _link(client, database)
    clock.advance(timedelta(days=2))
    assert _confirm(client, link).status_code == 410


def test_link_works_once_and_ends_earlier_links(client: Visitor, database: Database) -> None:
    first, second = _link(client, database), _link(client, database)
    _confirm(client, first)
    for link in (first, second):
        assert _confirm(client, link, name="Eve").status_code == 410
    assert _nora(database).name == "Nora Vex"


def test_response_is_the_same_with_and_without_an_account(
    client: Visitor, database: Database, cast: Cast
) -> None:
    _ask(client, "una@example.org")
    seen = set()
    for email in (cast.alice.email, "una@example.org", "nobody@example.org"):
        answer = _ask(client, email)
        page = client.get(answer.location).text
        seen.add((answer.status_code, without_form_token(page).replace(email, "ADDRESS")))
    assert len(seen) == 1


def test_existing_account_is_mentioned_only_by_email(
    client: Visitor, database: Database, cast: Cast
) -> None:
    _ask(client, cast.alice.email, next="/webinars/reading-rooms")
    letter = newest(database, cast.alice.email)
    assert letter.kind == "account_exists"
    assert client.get(link_in(letter)).status_code == 200
    assert "/forgotten-password" in letter.text


def test_request_changes_nothing_in_an_existing_account(
    client: Visitor, database: Database, cast: Cast
) -> None:
    _ask(client, "ALICE@EXAMPLE.ORG")
    with database.read_session() as session:
        login = session.get_one(Login, cast.alice.id)
        assert (login.email, login.name) == (cast.alice.email, "Alice")


def test_opening_the_link_does_not_consume_it(client: Visitor, database: Database) -> None:
    link = _link(client, database)
    assert [client.get(link).status_code for _ in range(3)] == [200] * 3
    assert _confirm(client, link).status_code == 303


def test_link_is_not_sent_as_referer_or_cached(client: Visitor, database: Database) -> None:
    answer = client.get(_link(client, database))
    assert answer.headers["Referrer-Policy"] == "strict-origin"
    assert answer.headers["Cache-Control"] == "no-store"


def test_confirming_creates_the_account_and_signs_in(client: Visitor, database: Database) -> None:
    assert _confirm(client, _link(client, database)).location == "/library"
    login = _nora(database)
    assert (login.email, login.name, login.zone) == (SHOWN, "Nora Vex", ZONE)
    assert login.confirmed_at == NOW
    assert check_password(login.password_hash, PASSWORD) == Right(outdated=False)
    assert _is_in(client)


def test_account_starts_in_the_language_chosen_last(client: Visitor, database: Database) -> None:
    client.get("/language/es-US")
    link = _link(client, database)
    client.get("/language/en-US")
    _confirm(client, link)
    assert _nora(database).language == "en-US"


def test_english_choice_is_kept_if_the_setting_is_spanish(
    client: Visitor, database: Database
) -> None:
    set_default(Language.SPANISH)
    try:
        client.get("/language/en-US")
        _confirm(client, _link(client, database))
    finally:
        set_default(Language.ENGLISH)
    assert _nora(database).language == "en-US"


def test_language_chosen_at_sign_up_counts_where_the_link_is_opened(
    client: Visitor, app: Flask, database: Database
) -> None:
    client.get("/language/es-US")
    link = _link(client, database)
    telephone = app.test_client()
    assert isinstance(telephone, Visitor)
    _confirm(telephone, link)
    assert _nora(database).language == "es-US"


def test_the_link_works_in_another_browser(client: Visitor, app: Flask, database: Database) -> None:
    link = _link(client, database)
    telephone = app.test_client()
    assert isinstance(telephone, Visitor)
    assert _confirm(telephone, link).status_code == 303
    assert _is_in(telephone)


def test_confirming_redirects_to_the_page_they_wanted(client: Visitor, database: Database) -> None:
    link = _link(client, database, next="/webinars/reading-rooms?t=60")
    page = client.get(link).text
    assert 'value="/webinars/reading-rooms?t=60"' in page
    assert _confirm(client, link).location == "/webinars/reading-rooms?t=60"


def test_redirect_to_another_site_is_refused(client: Visitor, database: Database) -> None:
    link = _link(client, database, next="https://evil.example")
    assert _confirm(client, f"{link}?next=//evil.example").location == "/library"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", "n" * 201),
        ("password", ""),
        ("password", "short"),
        ("password", "Password123!"),
        ("zone", "Mars/Olympus_Mons"),
        ("zone", ""),
    ],
)
def test_error_is_shown_at_its_field_and_the_link_still_works(
    client: Visitor, database: Database, field: str, value: str
) -> None:
    link = _link(client, database)
    answer = _confirm(client, link, **{field: value})
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert _confirm(client, link).status_code == 303


def test_stranger_cannot_preset_a_name_or_password(client: Visitor, database: Database) -> None:
    _ask(client, name="Buy pills at evil.example", password="known to eve")
    login = _nora(database)
    assert login.password_hash is None
    assert "evil" not in login.name + newest(database, SHOWN).text


def test_two_simultaneous_requests_create_one_account(client: Visitor, database: Database) -> None:
    _ask(client)
    _ask(client, "nora@EXAMPLE.org")
    with database.read_session() as session:
        assert session.scalar(select(func.count(Login.id))) == 1


def test_invalid_address_shows_an_error_at_its_field(client: Visitor) -> None:
    answer = _ask(client, "nora@example")
    assert answer.status_code == 400
    assert 'id="email-error"' in answer.text
    assert 'value="nora@example"' in answer.text


def test_unconfirmed_sign_up_is_deleted_after_a_week(
    client: Visitor, database: Database, cast: Cast
) -> None:
    _ask(client)
    with database.transaction() as session:
        forget_unconfirmed(session, now=NOW + timedelta(days=7))
        assert session.scalar(select(func.count(Login.id))) == 7
        forget_unconfirmed(session, now=NOW + timedelta(days=7, seconds=1))
        assert session.scalar(select(func.count(Login.id))) == 6
    assert letters(database, SHOWN)[0].login_id is None


def test_unconfirmed_account_with_access_is_not_deleted(
    client: Visitor, database: Database, cast: Cast
) -> None:
    _ask(client)
    with database.transaction() as session:
        login = session.scalars(select(Login).where(Login.email == SHOWN)).one()
        make_grant(session, login)
        forget_unconfirmed(session, now=NOW + timedelta(days=30))
    assert _nora(database).confirmed_at is None


def test_account_created_by_staff_replaces_a_started_sign_up(
    client: Visitor, database: Database
) -> None:
    link = _link(client, database)
    with database.transaction() as session:
        new = NewLogin(read_address(NORA), "Nora Vex")
        add_login(session, new, actor=None, now=NOW)
    assert _confirm(client, link, name="Eve").status_code == 410
    assert _nora(database).confirmed_at == NOW


def test_form_suggests_the_sellers_time_zone(client: Visitor, database: Database) -> None:
    page = client.get(_link(client, database)).text
    assert '<option selected value="America/New_York">' in page
    assert 'autocomplete="new-password"' in page
