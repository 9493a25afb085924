"""Sign-in and security pages: a person's own apps, passkeys, and recovery codes."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lms.accounts import email_and_recovery_email_changes, second_factors
from lms.accounts.mails import SECOND_STEP_SUBJECTS, SecondStepChange
from lms.app import create_app
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.core.settings import Settings
from lms.mail import link_tokens_and_codes
from lms.mail.links import Links
from lms.models.accounts import EmailPurpose, Login, SecondFactor
from tests.cast import Cast, Roles
from tests.clock import NOW, Clock
from tests.mailbox import BASE, PASSWORD, give_password, letters, newest
from tests.second_steps import code_of, give_app
from tests.visitor import Visitor
from wsgi import COMPONENTS

pytestmark = pytest.mark.usefixtures("clock")
PAGE = "/account/security"
HOUR = timedelta(hours=1)


def _own(database: Database, login_id: int) -> list[tuple[str, str]]:
    with database.read_session() as session:
        return [(one.id, one.name) for one in second_factors.list_factors(session, login_id)]


def _setup(client: Visitor) -> tuple[str, str]:
    """Return the secret that the page shows, and its encrypted form."""
    page = client.get(f"{PAGE}/app").text
    sealed = re.search(r'name="sealed"[^>]*value="([^"]+)"', page)
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert sealed
    assert secret
    return secret[1].replace(" ", ""), sealed[1]


def _add_app(client: Visitor, **more: str) -> tuple[int, str, str]:
    secret, sealed = _setup(client)
    data = {"sealed": sealed, "code": code_of(secret), "name": "My phone", **more}
    answer = client.post(f"{PAGE}/app", data=data)
    return answer.status_code, answer.text, secret


def test_pages_require_sign_in(client: Visitor) -> None:
    for path in (PAGE, f"{PAGE}/app", f"{PAGE}/passkey", f"{PAGE}/whatever"):
        assert "/sign-in" in client.get(path).location


def test_actions_require_sign_in_and_a_csrf_token(client: Visitor, cast: Cast) -> None:
    acts = ("app", "passkey", "passkey/make", "passkey/prove", "x", "x/remove", "codes")
    assert [client.post(f"{PAGE}/{act}").status_code for act in acts] == [403] * len(acts)
    client.sign_in(cast.dan.id)
    for act in acts:
        assert client.post(f"{PAGE}/{act}", headers={"X-CSRFToken": ""}).status_code == 400


def test_factor_of_another_person_is_not_found(
    client: Visitor, database: Database, settings: Settings, cast: Cast
) -> None:
    give_app(database, cast.alice.id, settings.secret_key)
    ((factor, _name),) = _own(database, cast.alice.id)
    client.sign_in(cast.dan.id)
    assert client.get(f"{PAGE}/{factor}").status_code == 404
    assert client.post(f"{PAGE}/{factor}", data={"name": "Mine"}).status_code == 404
    assert client.post(f"{PAGE}/{factor}/remove").status_code == 404
    assert _own(database, cast.alice.id) == [(factor, "My phone")]


def test_app_is_added_with_its_first_code(client: Visitor, database: Database, cast: Cast) -> None:
    client.sign_in(cast.dan.id)
    status, page, secret = _add_app(client)
    assert status == 200
    assert len(re.findall(r"<code>[0-9a-z-]{19}</code>", page)) == 10
    assert [name for _id, name in _own(database, cast.dan.id)] == ["My phone"]
    assert "My phone" in client.get(PAGE).text
    told = newest(database, cast.dan.email)
    assert told.subject == SECOND_STEP_SUBJECTS[SecondStepChange.APP_ADDED]
    with database.read_session() as session:
        assert secret not in str(session.scalar(select(SecondFactor.sealed_secret)))


def test_code_that_added_an_app_cannot_sign_in(
    client: Visitor, app: Flask, database: Database, cast: Cast
) -> None:
    give_password(database, cast.dan.id)
    client.sign_in(cast.dan.id)
    secret = _add_app(client)[2]
    other = app.test_client()
    other.post("/sign-in", data={"email": cast.dan.email, "password": PASSWORD})
    assert other.post("/sign-in/second-step", data={"code": code_of(secret)}).status_code == 400


def test_wrong_code_adds_no_app_and_keeps_the_form(
    client: Visitor, database: Database, cast: Cast
) -> None:
    client.sign_in(cast.dan.id)
    secret, sealed = _setup(client)
    data = {"sealed": sealed, "code": "000000", "name": "Desk phone"}
    answer = client.post(f"{PAGE}/app", data=data)
    assert answer.status_code == 400
    assert 'value="Desk phone"' in answer.text
    assert secret[:4] in answer.text
    assert _own(database, cast.dan.id) == []


def test_secret_of_another_person_or_malformed_secret_is_refused(
    client: Visitor, database: Database, cast: Cast
) -> None:
    client.sign_in(cast.alice.id)
    secret, sealed = _setup(client)
    client.sign_in(cast.dan.id)
    for given in (sealed, "", "gAAAA"):
        data = {"sealed": given, "code": code_of(secret), "name": "x"}
        assert client.post(f"{PAGE}/app", data=data).status_code == 400
    assert _own(database, cast.dan.id) == []


def test_app_needs_a_name(client: Visitor, database: Database, cast: Cast) -> None:
    client.sign_in(cast.dan.id)
    for name in ("", "x" * 61):
        assert _add_app(client, name=name)[0] == 400
    assert _own(database, cast.dan.id) == []


def test_app_is_renamed_and_removed(client: Visitor, database: Database, cast: Cast) -> None:
    client.sign_in(cast.dan.id)
    _add_app(client)
    ((factor, _name),) = _own(database, cast.dan.id)
    assert client.post(f"{PAGE}/{factor}", data={"name": ""}).status_code == 400
    assert client.post(f"{PAGE}/{factor}", data={"name": "Old phone"}).status_code == 303
    assert _own(database, cast.dan.id) == [(factor, "Old phone")]
    assert client.post(f"{PAGE}/{factor}/remove").status_code == 303
    assert _own(database, cast.dan.id) == []
    told = newest(database, cast.dan.email)
    assert told.subject == SECOND_STEP_SUBJECTS[SecondStepChange.REMOVED]
    with database.read_session() as session:
        assert second_factors.codes_left(session, cast.dan.id) == 0


def test_new_recovery_codes_replace_the_old_ones(
    client: Visitor, app: Flask, database: Database, cast: Cast
) -> None:
    give_password(database, cast.dan.id)
    client.sign_in(cast.dan.id)
    assert client.post(f"{PAGE}/codes").status_code == 409
    first = re.findall(r"<code>([0-9a-z-]{19})</code>", _add_app(client)[1])
    second = re.findall(r"<code>([0-9a-z-]{19})</code>", client.post(f"{PAGE}/codes").text)
    other = app.test_client()
    other.post("/sign-in", data={"email": cast.dan.email, "password": PASSWORD})
    answers = [
        other.post("/sign-in/second-step", data={"code": code}).status_code
        for code in (first[0], second[0])
    ]
    assert answers == [400, 303]


def test_changing_factors_requires_a_recent_sign_in(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    client.sign_in(cast.dan.id)
    _add_app(client)
    ((factor, _name),) = _own(database, cast.dan.id)
    clock.advance(timedelta(minutes=15))
    for act in ("app", "passkey", f"{factor}/remove", "codes"):
        assert client.post(f"{PAGE}/{act}").status_code == 403
    assert _own(database, cast.dan.id) == [(factor, "My phone")]


def test_malformed_passkey_is_refused(client: Visitor, database: Database, cast: Cast) -> None:
    client.sign_in(cast.dan.id)
    for made in ("", "{}", "[]", "null", '{"id": 1}', "x" * 5000, "[" * 5000):
        answer = client.post(f"{PAGE}/passkey", data={"name": "Key", "passkey": made})
        assert answer.status_code == 400
    asked = client.post(f"{PAGE}/passkey/make")
    assert asked.json is not None
    assert asked.json["rp"]["id"] == "localhost"
    answer = client.post(f"{PAGE}/passkey", data={"name": "Key", "passkey": "{}"})
    assert answer.status_code == 400
    assert _own(database, cast.dan.id) == []


@pytest.fixture
def strict(carrel: Carrel) -> Flask:
    """Return a Flask app where staff must use two-step sign-in."""
    settings = replace(carrel.settings, staff_two_step=True)
    made = create_app(replace(carrel, settings=settings), COMPONENTS)
    made.testing = True
    made.test_client_class = Visitor
    return made


def test_staff_without_a_second_step_must_set_one_up(
    strict: Flask, database: Database, cast: Cast, roles: Roles
) -> None:
    for login_id in (cast.ada.id, roles.owen.id, roles.beth.id):
        client = strict.test_client()
        assert isinstance(client, Visitor)
        client.sign_in(login_id)
        for path in ("/staff", "/library", "/account", f"/webinars/{cast.slug}/watch"):
            assert client.get(path).location == PAGE
        assert client.post("/account/details", data={"name": "x"}).status_code == 403
        page = client.get(PAGE).text
        assert page.count("notice-attention") == 1
        assert "/staff" not in page
        assert _add_app(client)[0] == 200
        assert client.get("/staff").status_code == 200


def test_customer_can_skip_the_second_step(strict: Flask, cast: Cast) -> None:
    client = strict.test_client()
    assert isinstance(client, Visitor)
    client.sign_in(cast.dan.id)
    assert client.get("/account").status_code == 200


def test_staff_cannot_remove_a_required_last_factor(
    strict: Flask, database: Database, cast: Cast
) -> None:
    client = strict.test_client()
    assert isinstance(client, Visitor)
    client.sign_in(cast.ada.id)
    _add_app(client)
    ((factor, _name),) = _own(database, cast.ada.id)
    assert client.post(f"{PAGE}/{factor}/remove").status_code == 409
    assert _own(database, cast.ada.id) != []


def test_recovery_address_is_notified_of_a_new_app(
    client: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        login = session.get_one(Login, cast.dan.id)
        login.recovery_email, login.recovery_key = "dan@home.example", "dan@home.example"
        login.recovery_confirmed_at = NOW
    client.sign_in(cast.dan.id)
    _add_app(client)
    assert len(letters(database, "dan@home.example")) == 1


@pytest.mark.parametrize(("renewed_at", "left"), [(NOW, 10), (NOW + 2 * HOUR, 0)])
def test_restoring_the_email_deletes_recovery_codes_made_since_the_change(
    database: Database, settings: Settings, cast: Cast, renewed_at: datetime, left: int
) -> None:
    alice = cast.alice
    give_app(database, alice.id, settings.secret_key)
    with database.transaction() as session:
        second_factors.renew_codes(session, alice.id, links=Links(BASE), now=renewed_at)
        purpose = EmailPurpose.RESTORE_EMAIL
        moved_at = NOW + HOUR
        link = link_tokens_and_codes.issue(
            session, alice.id, purpose, email=alice.email, now=moved_at
        )
        email_and_recovery_email_changes.restore(session, link, now=NOW + 3 * HOUR)
        assert second_factors.codes_left(session, alice.id) == left
