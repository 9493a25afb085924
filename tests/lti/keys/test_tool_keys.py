"""Our own keys: created once, published before and after they sign, and stored encrypted."""

from datetime import timedelta

import jwt
import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.errors import Conflict, Unavailable
from lti.keys.tool_keys import list_keys, publish_keys, rotate_keys, signing_key, tend_keys
from lti.models.registrations_and_keys import KeyState, SigningKey
from tests.clock import NOW, Clock
from tests.visitor import Visitor

SECRET = "a secret key for tests of keys, and of nothing else"  # noqa: S105
DAY = timedelta(days=1)


def _states(database: Database) -> list[KeyState]:
    with database.read_session() as session:
        return [key.state for key in list_keys(session)]


def test_keys_are_created_when_first_needed_and_loaded_once(database: Database) -> None:
    key = signing_key(database, SECRET, now=NOW)
    assert key.private_key.key_size == 2048
    assert signing_key(database, SECRET, now=NOW).private_key is key.private_key
    published = publish_keys(database, SECRET, now=NOW)["keys"]
    assert published[0]["kid"] == key.kid
    assert len(published) == 2
    assert all(set(jwk) == {"kty", "n", "e", "kid", "alg", "use"} for jwk in published)
    token = jwt.encode({"a": 1}, key.private_key, algorithm="RS256")
    assert jwt.decode(token, jwt.PyJWK(published[0]).key, algorithms=["RS256"]) == {"a": 1}


def test_private_key_is_encrypted_in_the_database(database: Database) -> None:
    signing_key(database, SECRET, now=NOW)
    with database.read_session() as session:
        for row in session.scalars(select(SigningKey)):
            assert b"PRIVATE" not in row.private_key
    with pytest.raises(Unavailable):
        signing_key(database, SECRET + " changed", now=NOW)


def test_next_key_signs_only_after_being_published_for_a_day(database: Database) -> None:
    first = signing_key(database, SECRET, now=NOW)
    with pytest.raises(Conflict):
        rotate_keys(database, SECRET, at_once=False, actor=None, now=NOW + DAY / 2)
    coming = publish_keys(database, SECRET, now=NOW)["keys"][1]["kid"]
    later = NOW + DAY
    assert rotate_keys(database, SECRET, at_once=False, actor=None, now=later) == coming
    assert signing_key(database, SECRET, now=later).kid == coming
    assert _states(database) == [KeyState.NEXT, KeyState.ACTIVE, KeyState.RETIRED]
    for moment, is_there in ((later + DAY, True), (later + 3 * DAY, False)):
        kids = [key["kid"] for key in publish_keys(database, SECRET, now=moment)["keys"]]
        assert (first.kid in kids) is is_there


def test_compromised_key_is_replaced_at_once(database: Database) -> None:
    before = publish_keys(database, SECRET, now=NOW)["keys"]
    made = rotate_keys(database, SECRET, at_once=True, actor=None, now=NOW)
    after = publish_keys(database, SECRET, now=NOW)["keys"]
    assert made in [key["kid"] for key in after]
    assert [key for key in after if key in before] == []  # so known old keys can't sign
    assert signing_key(database, SECRET, now=NOW).kid == made
    lost = rotate_keys(database, SECRET + " changed", at_once=True, actor=None, now=NOW)
    assert signing_key(database, SECRET + " changed", now=NOW).kid == lost


def test_keys_are_renewed_and_deleted_automatically(database: Database) -> None:
    first = signing_key(database, SECRET, now=NOW).kid
    tend_keys(database, SECRET, now=NOW + 89 * DAY)
    assert signing_key(database, SECRET, now=NOW).kid == first
    tend_keys(database, SECRET, now=NOW + 90 * DAY)
    assert signing_key(database, SECRET, now=NOW).kid != first
    assert len(_states(database)) == 3
    tend_keys(database, SECRET, now=NOW + 93 * DAY)
    assert _states(database) == [KeyState.NEXT, KeyState.ACTIVE]


def test_our_key_set_is_public_and_cacheable_for_five_minutes(
    client: Visitor, clock: Clock
) -> None:
    answer = client.get("/lti/jwks")
    assert answer.status_code == 200
    assert "max-age=300" in answer.headers["Cache-Control"]
    assert len(answer.get_json()["keys"]) == 2
    assert client.get("/lti/jwks").get_json() == answer.get_json()
