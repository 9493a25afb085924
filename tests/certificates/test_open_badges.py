"""Badges (Open Badges 3.0): verified by another library, and invalid after any change."""

import base64
import json
from datetime import timedelta

import pytest
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS, InvalidJWSSignature
from openbadgeslib.ob3 import OB3VerificationError, OB3Verifier

from lms.certificates import certificates
from lms.certificates.badge_keys import rotate
from lms.certificates.certificates import Award
from lms.mail.links import Links
from lms.models.certificates import BadgeKeyState, CertificateKind
from lms.people import erasure
from tests.clock import NOW

LINKS = Links("http://localhost")


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def given(database, cast):
    award = Award(cast.webinar_id, CertificateKind.WATCHED, 90, NOW, login_id=cast.alice.id)
    with database.transaction() as session:
        return certificates.issue(session, award, actor=None, links=LINKS, now=NOW)


@pytest.fixture
def badge(client, given):
    answer = client.get(f"/verify/{given}/badge.jwt")
    assert answer.status_code == 200
    assert answer.content_type == "application/vc+jwt"
    return answer.text


def part(token, number):
    text = token.split(".")[number]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def key_of(client, token):
    """Fetch the key that a badge names, as a verifier does."""
    path = part(token, 0)["kid"].removeprefix("http://localhost")
    answer = client.get(path)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return JWK(**answer.json)


def altered(token):
    """Put another name into a badge and keep its signature."""
    head, _, signature = token.split(".")
    payload = json.dumps(part(token, 1)).replace("Alice", "Mallory").encode()
    return ".".join((head, base64.urlsafe_b64encode(payload).rstrip(b"=").decode(), signature))


def test_another_badge_library_verifies_it(client, badge, given):
    credential = OB3Verifier(key_of(client, badge).export_to_pem()).verify(badge)
    assert credential.achievement.name == "Reading rooms"
    assert credential.issuer.id == "http://localhost/badges/issuer"


def test_altered_badge_is_rejected(client, badge):
    key = key_of(client, badge)
    with pytest.raises(OB3VerificationError):
        OB3Verifier(key.export_to_pem()).verify(altered(badge))
    signed = JWS()
    signed.deserialize(altered(badge))
    with pytest.raises(InvalidJWSSignature):
        signed.verify(key)


def test_claims_match_the_credential(client, badge, given):
    header, told = part(badge, 0), part(badge, 1)
    assert set(header) == {"alg", "kid", "typ"}
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")
    assert told["iss"] == told["issuer"]["id"]
    assert told["jti"] == told["id"] == f"http://localhost/verify/{given}"
    assert told["sub"] == told["credentialSubject"]["id"]
    assert told["nbf"] == int(NOW.timestamp())
    assert told["validFrom"] == NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert told["credentialSubject"]["creditsEarned"] == 1.5
    assert told["credentialSubject"]["identifier"][0]["identityHash"] == "Alice"


def test_published_keys_have_no_secret_parts(client, badge):
    for key in client.get("/badges/keys").json["keys"]:
        assert set(key) == {"kty", "n", "e", "kid", "alg", "use"}
    assert client.get("/badges/issuer").json["type"] == ["Profile"]


def test_revoked_badge_is_in_its_status_list_and_is_gone(client, badge, given, database):
    path = part(badge, 1)["credentialStatus"]["id"].removeprefix("http://localhost")
    assert client.get(path).json["revokedCredential"] == []
    with database.transaction() as session:
        certificates.revoke(session, given, "By mistake.", actor=None, links=LINKS, now=NOW)
    assert [one["id"] for one in client.get(path).json["revokedCredential"]] == [
        part(badge, 1)["id"]
    ]
    assert client.get(f"/verify/{given}/badge.jwt").status_code == 410


def test_badge_of_an_erased_person_is_gone(client, given, database, cast):
    with database.transaction() as session:
        erasure.erase(session, cast.alice.id, hooks=(), links=LINKS, actor=None, now=NOW)
    assert client.get(f"/verify/{given}/badge.jwt").status_code == 410


def test_new_key_signs_after_a_year_and_old_badges_still_verify(client, badge, given, clock):
    clock.advance(timedelta(days=366))
    newer = client.get(f"/verify/{given}/badge.jwt").text
    assert part(newer, 0)["kid"] != part(badge, 0)["kid"]
    for token in (badge, newer):
        OB3Verifier(key_of(client, token).export_to_pem()).verify(token)


def test_compromised_key_is_no_longer_published(client, badge, given, database, carrel):
    withdrawn = part(badge, 0)["kid"].removeprefix("http://localhost")
    rotate(
        database,
        carrel.settings.secret_key,
        former=BadgeKeyState.WITHDRAWN,
        actor=None,
        now=NOW,
    )
    assert client.get(withdrawn).status_code == 404
    fresh = client.get(f"/verify/{given}/badge.jwt").text
    OB3Verifier(key_of(client, fresh).export_to_pem()).verify(fresh)


def test_unknown_badges_are_not_found(client):
    for path in ("/verify/x/badge.jwt", "/verify/x/status", "/badges/keys/x"):
        assert client.get(path).status_code == 404
