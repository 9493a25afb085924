"""Tool keys: our signing keys, published a day before use and two days after, auto-renewed.

Security Framework 1.0, section 6 (key management): private keys never leave the installation. They are
encrypted with a key that is derived from its secret key.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.fernet import InvalidToken
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms import audit
from lms.core.database import Database
from lms.core.encryption import LoadedKey, new_signing_key, opened_signing_key
from lms.core.errors import N_, Conflict, Unavailable
from lti.models.registrations_and_keys import KeyState, SigningKey

PURPOSE: Final = "lti signing keys"
SIGNS_FOR: Final = timedelta(days=90)
PUBLISHED_AHEAD: Final = timedelta(hours=24)  # platforms cache our key set for hours
PUBLISHED_AFTER: Final = timedelta(hours=48)
TOO_SOON: Final = N_(
    "The next key was published less than 24 hours ago, so LMSs may not have it yet. Wait, or "
    "replace the key now if it was compromised."
)
SEALED_OTHERWISE: Final = N_(
    "The signing key was encrypted with a different secret key. Restore CARREL_SECRET_KEY, or "
    "run `carrel lti keys rotate --at-once`."
)


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """One of our keys, without its private part."""

    kid: str
    state: KeyState
    created_at: datetime
    active_since: datetime | None
    retired_at: datetime | None


def signing_key(database: Database, secret_key: str, *, now: datetime) -> LoadedKey:
    """Return the active signing key, parsed once per process; creates the first one.

    Raises Unavailable if it was encrypted with another secret key.
    """
    row = _active(database)
    if row is None:
        publish_keys(database, secret_key, now=now)
        row = _active(database)
        assert row is not None, "just made"  # noqa: S101  (nothing deletes an active key)
    kid, sealed = row
    try:
        return LoadedKey(kid, opened_signing_key(sealed, secret_key, PURPOSE))
    except InvalidToken as fault:
        raise Unavailable(SEALED_OTHERWISE) from fault


def publish_keys(database: Database, secret_key: str, *, now: datetime) -> dict[str, Any]:
    """Return our key set (RFC 7517): next, active and recently retired keys; creates the first ones."""
    with database.read_session() as session:
        published = _published(session, now)
    if published["keys"]:
        return published
    made = _make(secret_key, KeyState.ACTIVE, now), _make(secret_key, KeyState.NEXT, now)
    try:
        with database.transaction() as session:
            session.add_all(made)
    except IntegrityError:
        pass  # another process created them at the same time
    with database.read_session() as session:
        return _published(session, now)


def list_keys(session: Session) -> tuple[KeyFacts, ...]:
    """Return our keys, newest first."""
    rows = session.scalars(select(SigningKey).order_by(SigningKey.id.desc()))
    return tuple(
        KeyFacts(row.kid, row.state, row.created_at, row.active_since, row.retired_at)
        for row in rows
    )


def rotate_keys(
    database: Database, secret_key: str, *, at_once: bool, actor: str | None, now: datetime
) -> str:
    """Activate the next key, publish another one as next, and return the ID of the active one.

    Raises Conflict while the next key has been published for less than 24 hours. `at_once`, for a
    compromised key, activates a fresh key and removes the old one from the key set.
    """
    publish_keys(database, secret_key, now=now)
    fresh = _make(secret_key, KeyState.NEXT, now)
    following = _make(secret_key, KeyState.NEXT, now)
    with database.transaction() as session:
        coming = _in_state(session, KeyState.NEXT)
        if at_once:
            _drop(session, coming)
            session.add(fresh)
            coming = fresh
        elif coming is None or coming.created_at > now - PUBLISHED_AHEAD:
            raise Conflict(TOO_SOON, code="too_soon")
        retiring = _in_state(session, KeyState.ACTIVE)
        if at_once:
            _drop(session, retiring)
        elif retiring is not None:
            retiring.state, retiring.retired_at = KeyState.RETIRED, now
        session.flush()  # one key is active at a time, by a unique index
        coming.state, coming.active_since = KeyState.ACTIVE, now
        session.add(following)
        session.flush()
        audit.record(session, "signing_key.rotated", coming.kid[:26], actor=actor, now=now)
        return coming.kid


def tend_keys(database: Database, secret_key: str, *, now: datetime) -> None:
    """Rotate a key that has signed for 90 days, and delete retired keys after 48 hours."""
    with database.read_session() as session:
        active = _in_state(session, KeyState.ACTIVE)
        coming = _in_state(session, KeyState.NEXT)
        is_due = (
            active is not None
            and active.active_since is not None
            and active.active_since <= now - SIGNS_FOR
            and coming is not None
            and coming.created_at <= now - PUBLISHED_AHEAD
        )
    if is_due:
        rotate_keys(database, secret_key, at_once=False, actor=None, now=now)
    with database.transaction() as session:
        session.execute(delete(SigningKey).where(SigningKey.retired_at < now - PUBLISHED_AFTER))


def _active(database: Database) -> tuple[str, bytes] | None:
    with database.read_session() as session:
        row = session.execute(
            select(SigningKey.kid, SigningKey.private_key).where(
                SigningKey.state == KeyState.ACTIVE
            )
        ).one_or_none()
        return None if row is None else (row.kid, row.private_key)


def _published(session: Session, now: datetime) -> dict[str, Any]:
    rows = session.execute(
        select(SigningKey.public_jwk)
        .where(SigningKey.retired_at.is_(None) | (SigningKey.retired_at > now - PUBLISHED_AFTER))
        .order_by(SigningKey.id)
    )
    return {"keys": [dict(row.public_jwk) for row in rows]}


def _in_state(session: Session, state: KeyState) -> SigningKey | None:
    return session.scalars(
        select(SigningKey).where(SigningKey.state == state).order_by(SigningKey.id)
    ).first()


def _drop(session: Session, key: SigningKey | None) -> None:
    if key is not None:
        session.delete(key)


def _make(secret_key: str, state: KeyState, now: datetime) -> SigningKey:
    sealed, jwk = new_signing_key(secret_key, PURPOSE)
    return SigningKey(
        kid=jwk["kid"],
        private_key=sealed,
        public_jwk=jwk,
        state=state,
        created_at=now,
        active_since=now if state is KeyState.ACTIVE else None,
    )
