"""Platforms' key sets: which keys are usable, what is stored, and when they are fetched again."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from lms.core.clock import now
from lms.core.database import Database
from lti.keys.platform_keys import (
    KeyPlace,
    KeySets,
    KeysUnavailable,
    KeyUnusable,
    fetch_keys,
    places_to_refresh,
    read_keys,
)
from lti.models.registrations_and_keys import PlatformKeys
from lti.registrations.registrations import disable_registration
from lti.selftest.platform.keys import Key
from tests.cast import Cast
from tests.lti.factories import make_registration
from tests.lti.http.misbehaving_server import says, strange_server
from tests.platform.platform import Platform

GOOD = Key.make().jwk


@pytest.mark.parametrize(
    "changes",
    [
        {"kty": "EC"},
        {"alg": "RS384"},
        {"use": "enc"},
        {"e": 65537},
        {"n": None},
        {"n": ""},
        {"e": "AA"},
        {"n": "ü"},
    ],
)
def test_key_unsuitable_for_rs256_is_unusable(changes: dict[str, object]) -> None:
    key = read_keys({"keys": [{**GOOD, **changes}]})[GOOD["kid"]]
    assert isinstance(key, KeyUnusable)
    assert key.code == "wrong_key"


def test_first_of_two_keys_with_one_id_is_used() -> None:
    other = {**Key.make().jwk, "kid": GOOD["kid"]}
    first = read_keys({"keys": [GOOD]})[GOOD["kid"]]
    assert read_keys({"keys": [GOOD, other]})[GOOD["kid"]] == first


@pytest.mark.parametrize(
    "document",
    [[], {}, {"keys": None}, {"keys": {}}, {"keys": []}, {"keys": ["key"]}, {"keys": [{"kid": 7}]}],
)
def test_document_without_keys_is_rejected(document: object) -> None:
    with strange_server(says(body=json.dumps(document))) as server:
        assert fetch_keys(KeyPlace(server.url, allows_loopback=True)) is None


def test_private_key_parts_are_not_stored() -> None:
    shown = {**GOOD, "d": "secret", "p": "secret"}
    with strange_server(says(body=json.dumps({"keys": [shown, "no key"]}))) as server:
        kept = fetch_keys(KeyPlace(server.url, allows_loopback=True))
    assert kept == {"keys": [GOOD]}


def _kid(platform: Platform) -> str:
    return platform.key.kid


def _asked(platform: Platform) -> int:
    return len(platform.calls("jwks"))


def test_key_set_is_refreshed_each_hour(database: Database, platform: Platform) -> None:
    place, moment = KeyPlace(platform.addresses.jwks, allows_loopback=True), now()
    keysets = KeySets(database)
    for minutes, times in ((0, 1), (30, 1), (61, 2), (70, 2)):
        keysets.refresh(place, now=moment + timedelta(minutes=minutes))
        assert _asked(platform) == times


def test_only_active_platforms_are_refreshed(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        make_registration(session, client_id="one")
        made = make_registration(session, client_id="two")
        other = make_registration(session, issuer="https://b.example.edu", organization=None)
        disable_registration(session, other.public_id, actor=None, now=now())
    assert places_to_refresh(database) == (
        KeyPlace(made.details.jwks_url, made.details.allows_loopback),
    )


class _Blind(KeySets):
    """Finds no row at first, as if another process stores it a moment later."""

    looks = 0

    def _row(self, jwks_url: str) -> Any:
        self.looks += 1
        return None if self.looks <= 2 else super()._row(jwks_url)


def test_two_simultaneous_first_requests_fetch_once(database: Database, platform: Platform) -> None:
    place, moment = KeyPlace(platform.addresses.jwks, allows_loopback=True), now()
    assert KeySets(database).find(place, _kid(platform), now=moment)
    assert _Blind(database).find(place, _kid(platform), now=moment)
    assert _asked(platform) == 1
    with database.read_session() as session:
        assert len(session.scalars(select(PlatformKeys)).all()) == 1


def test_waiting_for_another_fetch_ends_after_the_longest_fetch(
    database: Database, platform: Platform
) -> None:
    """The other process died during its fetch."""
    place, moment = KeyPlace(platform.addresses.jwks, allows_loopback=True), now()
    with database.transaction() as session:
        session.add(PlatformKeys(jwks_url=place.jwks_url, asked_at=moment))
    seconds = iter(float(n) for n in range(100))
    keysets = KeySets(database, seconds=lambda: next(seconds))
    with pytest.raises(KeysUnavailable):
        keysets.find(place, _kid(platform), now=moment)
    assert _asked(platform) == 0


def _later(moment: datetime) -> datetime:
    return moment + timedelta(seconds=11)


def test_fetch_that_died_does_not_block_later_fetches(
    database: Database, platform: Platform
) -> None:
    place, moment = KeyPlace(platform.addresses.jwks, allows_loopback=True), now()
    with database.transaction() as session:
        session.add(PlatformKeys(jwks_url=place.jwks_url, asked_at=moment))
    assert KeySets(database).find(place, _kid(platform), now=_later(moment))
