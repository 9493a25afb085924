"""Badge signing keys: one new key a year; former public keys stay published.

Badges are verified years after they were issued, so retired public keys stay published. A
compromised key is withdrawn: badges it signed are invalid, and can be downloaded again with a
new signature.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.fernet import InvalidToken
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms import audit
from lms.core.database import Database
from lms.core.encryption import LoadedKey, new_signing_key, opened_signing_key
from lms.core.errors import N_, Unavailable, or_not_found
from lms.models.certificates import BadgeKey, BadgeKeyState

PURPOSE: Final = "badge keys"
SIGNS_FOR: Final = timedelta(days=365)
SEALED_OTHERWISE: Final = N_(
    "The badge signing key was encrypted with another secret key. Restore the earlier"
    " CARREL_SECRET_KEY, or run `carrel badge-keys rotate`."
)


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """One signing key, without its secret part."""

    kid: str
    state: BadgeKeyState
    created_at: datetime
    retired_at: datetime | None


def signing_key(database: Database, secret_key: str, *, now: datetime) -> LoadedKey:
    """Return the active signing key; creates one if there is none or the last is a year old.

    Raises Unavailable if it was encrypted with another secret key.
    """
    row = _active(database)
    if row is None or row.created_at <= now - SIGNS_FOR:
        _renew(database, secret_key, now=now)
        row = _active(database)
    assert row is not None, "just made"  # noqa: S101  (nothing deletes a key)
    assert row.private_key is not None, "it signs"  # noqa: S101  (required by a CHECK)
    try:
        return LoadedKey(row.kid, opened_signing_key(row.private_key, secret_key, PURPOSE))
    except InvalidToken as fault:
        raise Unavailable(SEALED_OTHERWISE) from fault


def read_public(session: Session, kid: str) -> dict[str, Any]:
    """Return the public key with an ID as a JSON Web Key; raises NotFound if unknown or withdrawn."""
    found = session.scalar(
        select(BadgeKey.public_jwk).where(
            BadgeKey.kid == kid, BadgeKey.state != BadgeKeyState.WITHDRAWN
        )
    )
    return dict(or_not_found(found))


def list_public(session: Session) -> dict[str, Any]:
    """Return all public keys that aren't withdrawn, as a key set (RFC 7517)."""
    rows = session.scalars(
        select(BadgeKey.public_jwk)
        .where(BadgeKey.state != BadgeKeyState.WITHDRAWN)
        .order_by(BadgeKey.id)
    )
    return {"keys": [dict(each) for each in rows]}


def list_keys(session: Session) -> tuple[KeyFacts, ...]:
    """Return all signing keys, the newest first."""
    rows = session.scalars(select(BadgeKey).order_by(BadgeKey.id.desc()))
    return tuple(KeyFacts(row.kid, row.state, row.created_at, row.retired_at) for row in rows)


def rotate(
    database: Database,
    secret_key: str,
    *,
    former: BadgeKeyState,
    actor: str | None,
    now: datetime,
) -> str:
    """Create a new signing key and return its ID; the active one is retired or withdrawn."""
    fresh = _make(secret_key, now)
    with database.transaction() as session:
        row = session.scalar(
            select(BadgeKey).where(BadgeKey.state == BadgeKeyState.ACTIVE).with_for_update()
        )
        if row is not None:
            row.state, row.retired_at, row.private_key = former, now, None
            session.flush()  # a unique index allows one active key
        session.add(fresh)
        audit.record(session, "badge_key.rotated", fresh.kid[:26], actor=actor, now=now)
    return fresh.kid


def opens_keys(database: Database, secret_key: str) -> bool:
    """Return whether a secret key decrypts the active key; True if there is none yet."""
    key = _active(database)
    if key is None or key.private_key is None:
        return True
    try:
        opened_signing_key(key.private_key, secret_key, PURPOSE)
    except InvalidToken:
        return False
    return True


def _renew(database: Database, secret_key: str, *, now: datetime) -> None:
    """Create a key if there is none or it is a year old; only one of several callers succeeds."""
    fresh = _make(secret_key, now)
    try:
        with database.transaction() as session:
            row = session.scalar(
                select(BadgeKey).where(BadgeKey.state == BadgeKeyState.ACTIVE).with_for_update()
            )
            if row is not None and row.created_at > now - SIGNS_FOR:
                return
            if row is not None:
                row.state, row.retired_at, row.private_key = BadgeKeyState.RETIRED, now, None
                session.flush()
            session.add(fresh)
    except IntegrityError:
        pass  # another process created one at the same moment


def _active(database: Database) -> BadgeKey | None:
    with database.read_session() as session:
        return session.scalar(select(BadgeKey).where(BadgeKey.state == BadgeKeyState.ACTIVE))


def _make(secret_key: str, now: datetime) -> BadgeKey:
    sealed, jwk = new_signing_key(secret_key, PURPOSE)
    return BadgeKey(
        kid=jwk["kid"],
        private_key=sealed,
        public_jwk=jwk,
        state=BadgeKeyState.ACTIVE,
        created_at=now,
    )
