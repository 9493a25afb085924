"""The login that a platform starts, and the state and nonce that it gets."""

import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from sqlalchemy import select, update

from lms.core.clock import now
from lms.core.database import Database
from lms.core.runtime import Carrel
from lti.models.launches import LaunchEntry, PendingLogin
from lti.models.registrations_and_keys import (
    Deployment,
    DeploymentState,
    Registration,
    RegistrationState,
)
from lti.registrations.registrations import disable_registration
from tests.cast import Cast
from tests.clock import NOW
from tests.lti.factories import make_registration
from tests.lti.tool_server import Browser, Connection, connected, is_open, onward
from tests.platform.app import running_platform
from tests.platform.platform import FormPost, Platform
from tests.platform.product_quirks import BY_NAME


def _ask(connection: Connection, method: str, changes: Mapping[str, str | None]) -> str:
    begun = connection.platform.begin(connection.learner, connection.link)
    fields = {**begun.fields, **changes}
    given = {name: value for name, value in fields.items() if value is not None}
    kind = "params" if method == "GET" else "data"
    answer = connection.browser.request(method, begun.url, **{kind: given})
    return f"{answer.status_code}"


FAULTS: Final[Mapping[str, tuple[Mapping[str, str | None], str]]] = {
    "no issuer": ({"iss": None}, "400"),
    "an empty issuer": ({"iss": ""}, "400"),
    "no login hint": ({"login_hint": None}, "400"),
    "no link": ({"target_link_uri": None}, "400"),
    "an unknown issuer": ({"iss": "https://elsewhere.example"}, "401"),
    "an unknown client": ({"client_id": "another"}, "401"),
    "an issuer with a NUL": ({"iss": "a\x00b"}, "400"),
    "an issuer with a control character": ({"iss": "https://elsewhere.example\x1d"}, "401"),
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", FAULTS)
def test_login_with_missing_or_unknown_values_is_refused(
    connection: Connection, database: Database, name: str, method: str
) -> None:
    changes, status = FAULTS[name]
    assert _ask(connection, method, changes) == status
    with database.read_session() as session:
        assert session.scalars(select(PendingLogin)).all() == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_hints_are_returned_unchanged_with_the_registered_redirect_uri(
    connection: Connection, method: str
) -> None:
    begun = connection.platform.begin(connection.learner, connection.link)
    kind = "params" if method == "GET" else "data"
    fields = {**begun.fields, "lti_storage_target": ""}
    answer = connection.browser.request(method, begun.url, **{kind: fields})
    assert answer.status_code == 303
    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert asked["lti_message_hint"] == [begun.fields["lti_message_hint"]]
    assert asked["login_hint"] == [begun.fields["login_hint"]]
    assert asked["redirect_uri"] == [f"{connection.url}/lti/launch"]
    assert len(asked["state"][0]) >= 22  # 128 bits
    assert len(asked["nonce"][0]) >= 22
    assert is_open(connection.post(connection.platform.answer(answer.headers["Location"])))


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("length", [6_000, 100_000])
def test_hint_too_long_for_a_url_is_forwarded_by_post(
    connection: Connection, method: str, length: int
) -> None:
    if method == "GET" and length > 50_000:
        pytest.skip("no server reads such a line")
    begun = connection.platform.begin(connection.learner, connection.link)
    hint = '"<&+ü%2F' * (length // 8)
    fields = {**begun.fields, "lti_message_hint": hint}
    kind = "params" if method == "GET" else "data"
    answer = connection.browser.request(method, begun.url, **{kind: fields})
    assert answer.status_code == 200
    assert max(len(value) for value in answer.headers.values()) < 2_000
    form = re.search(r'<form method="post" action="([^"]+)" data-send-at-once>', answer.text)
    assert form is not None
    assert unescape(form[1]) == connection.platform.addresses.auth
    assert f"form-action {connection.platform.url};" in answer.headers["Content-Security-Policy"]
    sent = {
        name: unescape(value)
        for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', answer.text)
    }
    assert sent.pop("lti_message_hint") == hint
    query = urlencode({**sent, "lti_message_hint": begun.fields["lti_message_hint"]})
    assert is_open(connection.post(connection.platform.answer(f"{form[1]}?{query}")))


def test_query_of_the_authentication_url_is_preserved(
    carrel: Carrel, cast: Cast, platform: Platform
) -> None:
    with connected(carrel, platform, auth_url=f"{platform.addresses.auth}?tenant=1") as connection:
        begun = connection.platform.begin(connection.learner, connection.link)
        onwards = urlsplit(onward(connection.login(begun)))
    assert onwards.query.startswith("tenant=1&scope=openid")


def test_issuer_with_several_clients_requires_a_client_id(
    connection: Connection, database: Database
) -> None:
    assert _ask(connection, "POST", {"client_id": None, "lti_storage_target": None}) == "303"
    with database.transaction() as session:
        make_registration(session, issuer=connection.platform.issuer, client_id="another")
    assert _ask(connection, "POST", {"client_id": None}) == "400"
    assert _ask(connection, "POST", {}) in ("200", "303")


@pytest.mark.parametrize("state", [RegistrationState.PENDING, RegistrationState.DISABLED])
def test_unapproved_registrations_of_an_issuer_do_not_block_launches(
    carrel: Carrel, cast: Cast, platform: Platform, state: RegistrationState
) -> None:
    """Customers can enter any LMS; an entry has no effect until staff approve it."""

    def enter(client_id: str) -> None:
        with carrel.database.transaction() as session:
            made = make_registration(
                session, issuer=platform.issuer, client_id=client_id, organization=None
            )
            session.get_one(Registration, made.id).state = state

    enter("one")
    enter("two")
    with connected(carrel, platform) as connection:
        enter("three")
        assert _ask(connection, "POST", {"client_id": None, "lti_storage_target": None}) == "303"
        assert _ask(connection, "POST", {"client_id": "three"}) == "403"


@pytest.mark.parametrize("state", [RegistrationState.PENDING, RegistrationState.DISABLED])
def test_pending_or_disabled_platform_is_refused(
    connection: Connection, database: Database, state: RegistrationState
) -> None:
    posted = connection.answered(connection.platform.begin(connection.learner, connection.link))
    with database.transaction() as session:
        session.execute(update(Registration).values(state=state))
    assert _ask(connection, "POST", {}) == "403"
    assert connection.post(posted).status_code == 403


def test_state_works_once(connection: Connection) -> None:
    posted = connection.answered(connection.platform.begin(connection.learner, connection.link))
    assert is_open(connection.post(posted))
    assert connection.post(posted).status_code == 401


def test_state_is_used_up_by_a_failed_launch(connection: Connection) -> None:
    posted = connection.answered(connection.platform.begin(connection.learner, connection.link))
    wrong = FormPost(posted.url, {**posted.fields, "id_token": "nonsense"})
    assert connection.post(wrong).status_code == 400
    assert connection.post(posted).status_code == 401


def test_state_expires_after_ten_minutes(connection: Connection, database: Database) -> None:
    posted = connection.answered(connection.platform.begin(connection.learner, connection.link))
    with database.transaction() as session:
        row = session.scalars(select(PendingLogin)).one()
        assert row.expires_at - row.created_at == timedelta(minutes=10)
        row.created_at -= timedelta(minutes=11)
        row.expires_at -= timedelta(minutes=11)
    assert connection.post(posted).status_code == 401


def test_state_and_nonce_of_different_logins_are_refused(
    connection: Connection, database: Database
) -> None:
    first = connection.answered(connection.platform.begin(connection.learner, connection.link))
    second = connection.answered(connection.platform.begin(connection.learner, connection.link))
    crossed = FormPost(first.url, {**first.fields, "state": second.state})
    assert connection.post(crossed).status_code == 401
    with database.read_session() as session:
        assert session.scalars(select(LaunchEntry)).one().code == "nonce_wrong"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 400),
        ({"state": "never-given"}, 401),
        ({"state": "s" * 5000}, 401),
        ({"id_token": "a.b.c"}, 400),
        ({"error": "login_required"}, 400),
        ({"state": "never-given", "error": "login_required"}, 401),
    ],
    ids=["nothing", "an unknown state", "a long state", "no state", "an error", "both"],
)
def test_post_without_a_login_is_refused(
    connection: Connection, fields: dict[str, str], status: int
) -> None:
    assert connection.post(FormPost(f"{connection.url}/lti/launch", fields)).status_code == status


def test_error_from_the_platform_is_logged(connection: Connection, database: Database) -> None:
    posted = connection.answered(connection.platform.begin(connection.learner, connection.link))
    said = {"state": posted.state, "error": "login_required", "error_description": "sign in"}
    assert connection.post(FormPost(posted.url, said)).status_code == 400
    with database.read_session() as session:
        line = session.scalars(select(LaunchEntry)).one()
        assert (line.code, line.registration_id) == (
            "platform_declined",
            connection.registration.id,
        )


def test_launch_from_another_browser_is_refused(connection: Connection) -> None:
    posted = connection.answered(connection.platform.begin(connection.learner, connection.link))
    connection.browser = Browser()
    connection.answered(connection.platform.begin(connection.teacher, connection.link))
    assert connection.post(posted).status_code == 401


def test_two_launches_in_one_browser_both_open(connection: Connection) -> None:
    one = connection.answered(connection.platform.begin(connection.learner, connection.link))
    two = connection.answered(connection.platform.begin(connection.learner, connection.link))
    assert is_open(connection.post(two))
    assert is_open(connection.post(one))


def test_unknown_deployment_is_pending_and_refused_with_its_id(
    connection: Connection, database: Database
) -> None:
    deployment = connection.platform.deploy(connection.tool)
    for _twice in range(2):
        answer = connection.launch(deployment_id=deployment)
        assert answer.status_code == 403
        assert f"<code>{deployment}</code>" in answer.text
        assert "lti_errormsg=" in answer.text
    with database.read_session() as session:
        row = session.scalars(
            select(Deployment).where(Deployment.state == DeploymentState.PENDING)
        ).one()
        assert row.deployment_id == deployment
        assert {line.deployment_id for line in session.scalars(select(LaunchEntry))} == {row.id}
    with database.transaction() as session:
        session.get_one(Deployment, row.id).state = DeploymentState.REFUSED
    assert connection.launch(deployment_id=deployment).status_code == 403


def test_return_url_is_used_only_from_a_verified_message(connection: Connection) -> None:
    back = connection.platform.addresses.course(connection.platform.course)
    assert back not in connection.forged(lambda forge, claims: forge.wrong_key(claims)).text
    answer = connection.forged(lambda forge, claims: forge.without(claims, "sub"))
    assert f"{back}?lti_errormsg=" in answer.text
    assert "lti_errorlog=person_missing" in answer.text
    assert "lti_log=" not in answer.text  # platforms log this for a success


def test_registration_can_admit_people_without_a_user_id(
    carrel: Carrel, cast: Cast, platform: Platform
) -> None:
    with connected(carrel, platform, admits_anonymous=True) as connection:
        assert is_open(connection.launch(without=("sub",)))


@pytest.mark.parametrize("name", BY_NAME)
def test_each_product_can_launch(carrel: Carrel, cast: Cast, name: str) -> None:
    with (
        running_platform(habits=BY_NAME[name]) as platform,
        connected(carrel, platform) as connection,
    ):
        for person in (connection.learner, connection.teacher):
            assert is_open(connection.launch(person))


def test_disabled_platform_can_frame_its_refusal(
    connection: Connection, database: Database
) -> None:
    with database.transaction() as session:
        disable_registration(session, connection.registration.public_id, actor=None, now=NOW)
    begun = connection.platform.begin(connection.learner, connection.link)
    policy = connection.login(begun).headers["Content-Security-Policy"]
    assert f"frame-ancestors {connection.platform.url}" in policy


@pytest.mark.parametrize(
    ("issuer", "framed_by"),
    [
        ("https://elsewhere.example/lms", "https://elsewhere.example"),
        ("https://*", "'none'"),
        ("https://*.example", "'none'"),
        ("urn:elsewhere", "'none'"),
    ],
)
def test_refusal_of_an_unknown_issuer_is_framed_by_at_most_one_site(
    connection: Connection, issuer: str, framed_by: str
) -> None:
    begun = connection.platform.begin(connection.learner, connection.link)
    begun.fields["iss"] = issuer
    policy = connection.login(begun).headers["Content-Security-Policy"]
    assert f"frame-ancestors {framed_by}" in policy.split("; ")


def test_unknown_issuers_are_logged_up_to_an_hourly_limit(
    connection: Connection, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lti.launches.launch_log.STRANGERS_AN_HOUR", 3)
    for _ in range(5):
        assert _ask(connection, "POST", {"iss": "https://elsewhere.example"}) == "401"
    assert connection.launch().status_code == 303
    assert connection.forged(lambda forge, claims: forge.wrong_key(claims)).status_code == 401
    with database.read_session() as session:
        lines = session.scalars(select(LaunchEntry).order_by(LaunchEntry.id)).all()
        strangers = [line for line in lines if line.registration_id is None]
        assert (len(strangers), [line.code for line in lines[3:]]) == (3, ["ok", "signature_wrong"])
    with database.transaction() as session:
        session.execute(update(LaunchEntry).values(at=now() - timedelta(minutes=61)))
    assert _ask(connection, "POST", {"iss": "https://elsewhere.example"}) == "401"
    with database.read_session() as session:
        known = LaunchEntry.registration_id
        assert len(session.scalars(select(LaunchEntry).where(known.is_(None))).all()) == 4
