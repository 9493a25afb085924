"""Platform keys: public keys that platforms sign with, fetched once and cached.

An unknown key is fetched at once, but each URL at most once in ten seconds for all processes together.
The last good answer is used during an outage; errors are not stored.
"""

import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from threading import Lock
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from lms.core.database import Database
from lms.core.errors import N_
from lti.http.platform_calls_and_outcomes import Answered, Call, make_call, read_json
from lti.models.registrations_and_keys import PlatformKeys, Registration, RegistrationState

ASKED_EVERY: Final = timedelta(seconds=10)
READ_EVERY_S: Final = 60.0  # how long this process uses its cache before it reads the table again
FRESH_FOR: Final = timedelta(hours=1)
LONGEST_S: Final = 5.0  # a person waits in front of a blank page
ANSWERS_WITHIN: Final = timedelta(seconds=5.5)  # the longest wait for another process's fetch
LOOK_AGAIN_S: Final = 0.05
LARGEST: Final = 500_000
MOST_KEYS: Final = 100
FEWEST_BITS: Final = 2048

NEVER_HAD: Final = N_("We can't read the keys of your LMS right now. Try again in a minute.")
UNKNOWN_KEY: Final = N_("This launch was signed with a key that your LMS doesn't publish.")
WEAK_KEY: Final = N_("The key that signed this launch is shorter than 2048 bits.")
WRONG_KEY: Final = N_("This launch was signed with a key that isn't for RS256 signatures.")


class KeysUnavailable(Exception):
    """The platform's keys can't be fetched now, and the stored ones don't include the key."""


class KeyUnusable(Exception):
    """The platform does not publish this key, or it is not trustworthy; `code` and `message` say why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Where a platform publishes its keys; `allows_loopback` is the registration's setting."""

    jwks_url: str
    allows_loopback: bool


class _Asked(Enum):
    CAME = auto()
    FAILED = auto()
    BY_ANOTHER = auto()  # within the last ten seconds


@dataclass(frozen=True, slots=True)
class _Kept:
    keys: Mapping[str, RSAPublicKey | KeyUnusable]
    read_at: float


@dataclass(frozen=True, slots=True)
class _Row:
    document: Mapping[str, Any] | None
    fetched_at: datetime | None
    asked_at: datetime

    @property
    def is_asked(self) -> bool:
        """Return whether the last request has succeeded."""
        return self.fetched_at is not None and self.fetched_at >= self.asked_at


class KeySets:
    """The key sets of all platforms, cached in this process."""

    def __init__(
        self, database: Database, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._seconds = seconds
        self._kept: dict[str, _Kept] = {}
        self._lock = Lock()

    def find(self, place: KeyPlace, kid: str, *, now: datetime) -> RSAPublicKey:
        """Return the key with an ID.

        Raises KeyUnusable if the platform does not publish it or it is weak, KeysUnavailable if the
        platform can't be reached and the stored keys don't include it.
        """
        kept = self._held(place.jwks_url)
        if kid not in kept.keys:
            kept = self._asked(place, kid, now)
        key = kept.keys[kid]
        if isinstance(key, KeyUnusable):
            raise KeyUnusable(key.code, key.message)
        return key

    def refresh(self, place: KeyPlace, *, now: datetime) -> None:
        """Fetch a key set that is more than an hour old, so that no launch has to wait for it."""
        row = self._row(place.jwks_url)
        if row is None or row.fetched_at is None or row.fetched_at <= now - FRESH_FOR:
            self._ask(place, now)

    def _held(self, jwks_url: str) -> _Kept:
        kept = self._kept.get(jwks_url)
        if kept is not None and self._seconds() - kept.read_at < READ_EVERY_S:
            return kept
        row = self._row(jwks_url)
        return self._keep(jwks_url, None if row is None else row.document)

    def _asked(self, place: KeyPlace, kid: str, now: datetime) -> _Kept:
        asked = self._ask(place, now)
        if asked is _Asked.FAILED:
            raise KeysUnavailable(NEVER_HAD)
        if asked is _Asked.BY_ANOTHER:
            row = self._settled(place.jwks_url, now)
            self._keep(place.jwks_url, row.document)
            if not row.is_asked and kid not in self._held(place.jwks_url).keys:
                raise KeysUnavailable(NEVER_HAD)
        kept = self._held(place.jwks_url)
        if kid not in kept.keys:
            raise KeyUnusable("unknown_key", UNKNOWN_KEY)
        return kept

    def _settled(self, jwks_url: str, now: datetime) -> _Row:
        """Wait for the outcome of another process's request, and return the row."""
        deadline = self._seconds() + ANSWERS_WITHIN.total_seconds()
        row = self._sure_row(jwks_url)
        while not row.is_asked and now < row.asked_at + ANSWERS_WITHIN:
            if self._seconds() >= deadline:
                break
            time.sleep(LOOK_AGAIN_S)
            now += timedelta(seconds=LOOK_AGAIN_S)
            row = self._sure_row(jwks_url)
        return row

    def _ask(self, place: KeyPlace, now: datetime) -> _Asked:
        """Fetch the key set, unless it was requested in the last ten seconds."""
        if not self._may_ask(place.jwks_url, now):
            return _Asked.BY_ANOTHER
        document = fetch_keys(place)
        if document is None:
            return _Asked.FAILED
        with self._database.transaction() as session:
            session.execute(
                update(PlatformKeys)
                .where(PlatformKeys.jwks_url == place.jwks_url)
                .values(document=document, fetched_at=now)
            )
        self._keep(place.jwks_url, document)
        return _Asked.CAME

    def _may_ask(self, jwks_url: str, now: datetime) -> bool:
        claimed = (
            update(PlatformKeys)
            .where(PlatformKeys.jwks_url == jwks_url, PlatformKeys.asked_at <= now - ASKED_EVERY)
            .values(asked_at=now)
            .returning(PlatformKeys.id)
        )
        row = self._row(jwks_url)
        if row is not None and row.asked_at > now - ASKED_EVERY:
            return False
        try:
            with self._database.transaction() as session:
                if row is not None:
                    return session.execute(claimed).first() is not None
                session.add(PlatformKeys(jwks_url=jwks_url, asked_at=now))
                session.flush()
        except IntegrityError:  # a simultaneous launch requests it
            return False
        return True

    def _row(self, jwks_url: str) -> _Row | None:
        with self._database.read_session() as session:
            row = session.execute(
                select(PlatformKeys.document, PlatformKeys.fetched_at, PlatformKeys.asked_at).where(
                    PlatformKeys.jwks_url == jwks_url
                )
            ).one_or_none()
        return None if row is None else _Row(row.document, row.fetched_at, row.asked_at)

    def _sure_row(self, jwks_url: str) -> _Row:
        row = self._row(jwks_url)
        assert row is not None, "nothing deletes these"  # noqa: S101  (a request was recorded before)
        return row

    def _keep(self, jwks_url: str, document: Mapping[str, Any] | None) -> _Kept:
        kept = _Kept({} if document is None else read_keys(document), self._seconds())
        with self._lock:
            self._kept = {**self._kept, jwks_url: kept}
        return kept


def fetch_keys(place: KeyPlace) -> dict[str, Any] | None:
    """Return the key set that a platform publishes now; None for an outage, an error or an invalid answer."""
    outcome = make_call(
        Call(
            "GET",
            place.jwks_url,
            {"Accept": "application/json"},
            allows_loopback=place.allows_loopback,
            largest=LARGEST,
            longest_s=LONGEST_S,
        )
    )
    if not isinstance(outcome, Answered):
        return None
    try:
        document = read_json(outcome)
    except (ValueError, RecursionError):
        return None
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        return None
    kept = [_public_part(key) for key in keys[:MOST_KEYS] if _is_named(key)]
    return {"keys": kept} if kept else None


def read_keys(document: Mapping[str, Any]) -> dict[str, RSAPublicKey | KeyUnusable]:
    """Return the keys of a stored key set by ID: each a key, or why it can't be used."""
    # Reversed, so that the first of several keys with one ID wins.
    return {key["kid"]: _read(key) for key in reversed(document["keys"])}


def places_to_refresh(database: Database) -> tuple[KeyPlace, ...]:
    """Return where the active platforms publish their keys."""
    with database.read_session() as session:
        rows = session.execute(
            select(Registration.jwks_url, Registration.allows_loopback)
            .where(Registration.state == RegistrationState.ACTIVE)
            .distinct()
        )
        return tuple(KeyPlace(row.jwks_url, row.allows_loopback) for row in rows)


def _is_named(key: object) -> bool:
    return isinstance(key, dict) and isinstance(key.get("kid"), str)


def _public_part(key: Mapping[str, Any]) -> dict[str, Any]:
    # a platform may publish private keys by mistake; they must not be stored
    return {name: key[name] for name in ("kty", "use", "alg", "kid", "n", "e") if name in key}


def _read(key: Mapping[str, Any]) -> RSAPublicKey | KeyUnusable:
    if (
        key.get("kty") != "RSA"
        or key.get("alg", "RS256") != "RS256"
        or key.get("use", "sig") != "sig"
    ):
        return KeyUnusable("wrong_key", WRONG_KEY)
    try:
        public = RSAPublicNumbers(e=_number(key.get("e")), n=_number(key.get("n"))).public_key()
    except (ValueError, TypeError):
        return KeyUnusable("wrong_key", WRONG_KEY)
    return KeyUnusable("weak_key", WEAK_KEY) if public.key_size < FEWEST_BITS else public


def _number(text: object) -> int:
    if not isinstance(text, str):
        raise TypeError("a number of a key is text")
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")
