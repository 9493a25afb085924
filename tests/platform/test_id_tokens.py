"""Forged tokens have exactly the fault that they are named after."""

import jwt
import pytest

from tests.platform.platform import Platform

CLAIMS = {"sub": "u-1", "aud": "c", "iss": "https://lms.example"}


@pytest.fixture(scope="module")
def platform() -> Platform:
    return Platform("https://lms.example")


def accepted(platform: Platform, token: str) -> dict:
    keys = jwt.PyJWKSet.from_dict(platform.jwks())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key.key, algorithms=["RS256"], options={"verify_aud": False})


def test_signed_token_is_accepted(platform: Platform) -> None:
    assert accepted(platform, platform.forge.sign(CLAIMS)) == CLAIMS


def test_claims_can_be_left_out_and_replaced(platform: Platform) -> None:
    assert "sub" not in accepted(platform, platform.forge.without(CLAIMS, "sub"))
    assert accepted(platform, platform.forge.changed(CLAIMS, {"aud": ["d"]}))["aud"] == ["d"]


@pytest.mark.parametrize("fault", ["wrong_key", "unsigned", "public_key_as_secret", "cut"])
def test_forged_token_is_refused(platform: Platform, fault: str) -> None:
    token = getattr(platform.forge, fault)(CLAIMS)
    with pytest.raises((jwt.PyJWTError, KeyError)):
        accepted(platform, token)


def test_altered_payload_is_refused(platform: Platform) -> None:
    token = platform.forge.altered(CLAIMS, {"sub": "u-2"})
    assert jwt.decode(token, options={"verify_signature": False})["sub"] == "u-2"
    with pytest.raises(jwt.InvalidSignatureError):
        accepted(platform, token)


def test_key_ids_can_be_unknown_or_missing(platform: Platform) -> None:
    published = {key["kid"] for key in platform.jwks()["keys"]}
    unknown = jwt.get_unverified_header(platform.forge.unknown_kid(CLAIMS))
    assert unknown["kid"] not in published
    assert "kid" not in jwt.get_unverified_header(platform.forge.without_kid(CLAIMS))


def test_weak_key_is_published_and_has_1024_bits(platform: Platform) -> None:
    token = platform.forge.weak_key(CLAIMS)
    kid = jwt.get_unverified_header(token)["kid"]
    (key,) = (one for one in platform.jwks()["keys"] if one["kid"] == kid)
    assert jwt.PyJWK(key, algorithm="RS256").key.key_size == 1024


def test_payload_that_is_not_json_is_signed(platform: Platform) -> None:
    with pytest.raises(jwt.DecodeError):
        accepted(platform, platform.forge.not_json())
