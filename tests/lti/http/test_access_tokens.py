"""Access tokens: how they are requested, cached, and renewed."""

import json
from dataclasses import replace
from datetime import timedelta
from functools import cache

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from lms.core.encryption import LoadedKey
from lti.http import access_tokens, platform_calls_and_outcomes
from lti.http.access_tokens import Platform, Token, Tokens
from lti.http.authorized_platform_calls import Services
from lti.http.platform_calls_and_outcomes import Answered, Call, Denied, Later
from lti.protocol.spec_vocabulary import DEPLOYMENT_ID
from tests.clock import NOW
from tests.lti.http.misbehaving_server import Answer, says, strange_server

SCOPES = ("https://purl.imsglobal.org/spec/lti-ags/scope/score",)


@cache
def our_key() -> LoadedKey:
    """Return one key for all tests, as generating a key is slow."""
    return LoadedKey("key-1", rsa.generate_private_key(65537, 2048))


def platform_at(url: str, **values: object) -> Platform:
    """Return a platform at this URL."""
    plain = Platform(1, "client", url + "/token", url + "/token", allows_loopback=True)
    return replace(plain, **values)  # type: ignore[arg-type]


def granted(said: str = "token-1", **more: object) -> Answer:
    """Return an answer with an access token."""
    token = {"access_token": said, "token_type": "Bearer", "expires_in": 3600, **more}
    return says(200, json.dumps(token))


def _get(kept: Tokens, platform: Platform, *scopes: str, at: object = NOW) -> object:
    return kept.get(platform, scopes or SCOPES, key=our_key(), now=at)  # type: ignore[arg-type]


def test_assertion_is_signed_short_lived_and_dated_a_few_seconds_back() -> None:
    with strange_server(granted()) as server:
        platform = platform_at(server.url, audience="https://api.example.com/auth/token")
        got = _get(Tokens(), platform)
        form = server.asked[0].form
    assert isinstance(got, Token)
    assert form["grant_type"] == "client_credentials"
    assert form["scope"] == SCOPES[0]
    assert form["client_assertion_type"] == access_tokens.ASSERTION_TYPE
    assertion = form["client_assertion"]
    assert jwt.get_unverified_header(assertion)["kid"] == "key-1"
    said = jwt.decode(
        assertion,
        our_key().private_key.public_key(),
        algorithms=["RS256"],
        audience="https://api.example.com/auth/token",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert (said["iss"], said["sub"]) == ("client", "client")
    assert said["iat"] == NOW.timestamp() - 5
    assert said["exp"] == NOW.timestamp() + 60
    assert len(said["jti"]) == 26
    assert DEPLOYMENT_ID not in said  # no deployment was named


def test_token_is_cached_by_registration_and_scopes_until_it_expires() -> None:
    with strange_server(granted()) as server:
        kept, platform = Tokens(), platform_at(server.url)
        for _ in range(3):
            _get(kept, platform)
        assert len(server.asked) == 1
        _get(kept, platform, "another-scope")
        assert len(server.asked) == 2
        _get(kept, platform, at=NOW + timedelta(minutes=58))
        assert len(server.asked) == 2
        _get(kept, platform, at=NOW + timedelta(hours=1))
        assert len(server.asked) == 3


def test_registrations_at_one_url_never_share_a_token() -> None:
    with strange_server(granted("for-elm"), granted("for-oak"), granted("changed")) as server:
        kept, elm = Tokens(), platform_at(server.url)
        oak = replace(elm, registration_id=2)
        assert [_secret(_get(kept, one)) for one in (elm, oak, elm, oak)] == [
            "for-elm",
            "for-oak",
            "for-elm",
            "for-oak",
        ]
        assert _secret(_get(kept, replace(elm, client_id="another"))) == "changed"


def test_each_deployment_has_its_own_token_and_is_named_in_the_assertion() -> None:
    """LTI 1.3 Core, 6.2.1: some platforms issue tokens for one deployment only."""
    with strange_server(granted("for-elm"), granted("for-oak")) as server:
        kept, elm = Tokens(), platform_at(server.url, deployment_id="elm")
        oak = replace(elm, deployment_id="oak")
        assert [_secret(_get(kept, one)) for one in (elm, oak, elm)] == [
            "for-elm",
            "for-oak",
            "for-elm",
        ]
        named = [
            jwt.decode(asked.form["client_assertion"], options={"verify_signature": False})[
                DEPLOYMENT_ID
            ]
            for asked in server.asked
        ]
    assert named == ["elm", "oak"]


def test_jti_is_never_reused() -> None:
    with strange_server(granted(expires_in=0)) as server:
        kept = Tokens()
        for _ in range(2):
            _get(kept, platform_at(server.url))
        first, second = (
            jwt.decode(asked.form["client_assertion"], options={"verify_signature": False})["jti"]
            for asked in server.asked
        )
    assert first != second


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (says(500), Later(platform_calls_and_outcomes.FAILED, None, 500)),
        (
            says(429, headers={"Retry-After": "7"}),
            Later(platform_calls_and_outcomes.WAIT, timedelta(seconds=7), 429),
        ),
        (
            says(200, "<html>Sign in</html>"),
            Later(platform_calls_and_outcomes.NOT_UNDERSTOOD, status=200),
        ),
        (says(200, "[]"), Later(platform_calls_and_outcomes.NOT_UNDERSTOOD, status=200)),
        (
            says(200, '{"access_token": 5}'),
            Later(platform_calls_and_outcomes.NOT_UNDERSTOOD, status=200),
        ),
        (
            says(200, '{"access_token": "a\\nb"}'),
            Later(platform_calls_and_outcomes.NOT_UNDERSTOOD, status=200),
        ),
        (granted(token_type="mac"), Later(platform_calls_and_outcomes.NOT_UNDERSTOOD, status=200)),
        (granted(token_type=None), Later(platform_calls_and_outcomes.NOT_UNDERSTOOD, status=200)),
        (says(400, '{"error": "invalid_client"}'), Later(access_tokens.NO_TOKEN, status=400)),
        (says(401, "who?"), Later(access_tokens.NO_TOKEN, status=401)),
        (says(403, "[]"), Later(access_tokens.NO_TOKEN, status=403)),
        (says(400, '{"error": "invalid_scope"}'), Denied(access_tokens.NO_SERVICE, 400)),
        # a wrong URL doesn't mean that a score was refused
        (
            says(302, headers={"Location": "https://lms.example.org/token"}),
            Later(platform_calls_and_outcomes.MOVED),
        ),
        (says(301), Later(platform_calls_and_outcomes.MOVED, status=301)),
    ],
)
def test_token_response_becomes_an_outcome(
    answer: Answer, outcome: platform_calls_and_outcomes.Outcome
) -> None:
    with strange_server(answer) as server:
        assert _get(Tokens(), platform_at(server.url)) == outcome


def test_blocked_token_url_is_retried_later() -> None:
    inside = replace(platform_at("https://127.0.0.1:1"), allows_loopback=False)
    assert _get(Tokens(), inside) == Later(platform_calls_and_outcomes.NOT_PERMITTED)


@pytest.mark.parametrize("lasts", [None, "soon", float("nan"), -5, [1]])
def test_invalid_token_lifetime_is_accepted(lasts: object) -> None:
    with strange_server(granted(expires_in=lasts)) as server:
        assert _secret(_get(Tokens(), platform_at(server.url))) == "token-1"


@pytest.mark.parametrize(
    "answer", [granted(token_type="BEARER"), says(200, '{"access_token": "token-1"}')]
)
def test_token_type_is_case_insensitive_and_optional(answer: Answer) -> None:
    with strange_server(answer) as server:
        assert _secret(_get(Tokens(), platform_at(server.url))) == "token-1"


def test_refused_token_is_renewed_once() -> None:
    with strange_server(
        granted("old"), says(401), granted("new"), says(200, "{}"), says(200, "{}")
    ) as server:
        services, platform = Services(our_key), platform_at(server.url)
        call = Call("GET", server.url + "/members", {"Accept": "application/json"})
        for _ in range(2):
            assert isinstance(services.call(platform, SCOPES, call, now=NOW), Answered)
        sent = [one.headers.get("Authorization") for one in server.asked]
    assert sent == [None, "Bearer old", None, "Bearer new", "Bearer new"]


def test_second_refusal_is_retried_later() -> None:
    with strange_server(granted("old"), says(401), granted("new"), says(401)) as server:
        call = Call("GET", server.url + "/members")
        outcome = Services(our_key).call(platform_at(server.url), SCOPES, call, now=NOW)
        assert outcome == Later(platform_calls_and_outcomes.DENIED, status=401)
        assert len(server.asked) == 4


def _secret(got: object) -> str:
    assert isinstance(got, Token)
    return got.secret
