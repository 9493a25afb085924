"""The simulated LMS issues access tokens only for valid assertions."""

import time

import jwt
import pytest
import requests

from lti.selftest.platform.keys import Key
from lti.selftest.platform.records import Tool
from lti.selftest.platform.vocabulary import ASSERTION_TYPE, Scope
from tests.platform.platform import Platform

KEY = Key.make()


@pytest.fixture
def tool(platform: Platform) -> Tool:
    return platform.register(
        login_url="https://tool.example/login",
        redirect_uris=["https://tool.example/launch"],
        launch_url="https://tool.example/launch",
        jwks={"keys": [KEY.jwk]},
        scopes=(Scope.SCORE, Scope.MEMBERS_READ),
    )


def assertion(platform: Platform, tool: Tool, **changes: object) -> dict:
    now = int(time.time())
    claims = {
        "iss": tool.client_id,
        "sub": tool.client_id,
        "aud": platform.addresses.token,
        "iat": now - 5,
        "exp": now + 60,
        "jti": str(time.monotonic_ns()),
    } | changes
    return {name: value for name, value in claims.items() if value is not None}


def ask(platform: Platform, signed: str, **changes: str) -> requests.Response:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": signed,
        "scope": Scope.SCORE.value,
    } | changes
    return requests.post(platform.addresses.token, data=form, timeout=60)


def test_valid_assertion_gets_a_token_for_the_allowed_scopes(platform, tool) -> None:
    scopes = f"{Scope.SCORE} {Scope.LINE_ITEM}"
    answer = ask(platform, KEY.sign(assertion(platform, tool)), scope=scopes)
    assert answer.status_code == 200, answer.text
    assert answer.json()["scope"] == Scope.SCORE
    access = platform.tokens.access(answer.json()["access_token"])
    assert access.client_id == tool.client_id


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "nobody"},
        {"sub": "other"},
        {"aud": "https://elsewhere.example/token"},
        {"aud": None},
        {"exp": None},
        {"exp": 1_700_000_000},
        {"iat": None},
        {"iat": 4_000_000_000},
        {"jti": None},
        {"exp": 4_000_000_000},
    ],
    ids=str,
)
def test_wrong_claim_is_refused(platform, tool, changes) -> None:
    answer = ask(platform, KEY.sign(assertion(platform, tool, **changes)))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


def test_assertion_five_seconds_ahead_is_refused(platform, tool) -> None:
    answer = ask(platform, KEY.sign(assertion(platform, tool, iat=int(time.time()) + 5)))
    assert "ahead" in answer.json()["error_description"]


def test_assertion_works_once(platform, tool) -> None:
    signed = KEY.sign(assertion(platform, tool))
    assert ask(platform, signed).status_code == 200
    assert "jti" in ask(platform, signed).json()["error_description"]


def test_signature_with_a_strangers_key_is_refused(platform, tool) -> None:
    signed = Key(KEY.kid, Key.make().private).sign(assertion(platform, tool))
    assert ask(platform, signed).json()["error"] == "invalid_client"


def test_hmac_signature_is_refused(platform, tool) -> None:
    signed = jwt.encode(assertion(platform, tool), "s" * 40, headers={"kid": KEY.kid})
    assert "alg" in ask(platform, signed).json()["error_description"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_assertion_type": "x"}, "invalid_request"),
        ({"scope": Scope.LINE_ITEM.value}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
    ],
)
def test_wrong_form_is_refused(platform, tool, changes, error) -> None:
    answer = ask(platform, KEY.sign(assertion(platform, tool)), **changes)
    assert answer.json()["error"] == error


def test_token_expires(platform, tool) -> None:
    platform.tokens.lives_s = 0
    given = ask(platform, KEY.sign(assertion(platform, tool))).json()["access_token"]
    assert platform.tokens.access(given) is None


def test_faults_start_and_end_on_request(platform, tool) -> None:
    platform.trouble("jwks", status=503, retry_after=3, times=1)
    first, second = (requests.get(platform.addresses.jwks, timeout=60) for _ in range(2))
    assert (first.status_code, first.headers["Retry-After"]) == (503, "3")
    assert second.status_code == 200
    platform.trouble("jwks", html=True)
    assert "html" in requests.get(platform.addresses.jwks, timeout=60).headers["Content-Type"]
    platform.lift()
    assert requests.get(platform.addresses.jwks, timeout=60).json()["keys"]
    assert [call.status for call in platform.calls("jwks")] == [503, 200, 200, 200]


def test_waiting_requests_are_released_when_a_fault_ends(platform) -> None:
    platform.trouble("jwks", hang_s=60, then_works=True)
    with pytest.raises(requests.Timeout):
        requests.get(platform.addresses.jwks, timeout=0.3)
    platform.lift()
    assert requests.get(platform.addresses.jwks, timeout=60).status_code == 200
