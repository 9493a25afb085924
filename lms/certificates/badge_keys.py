"""Badge signing keys: one new key a year; former public keys stay published.

A badge is saved by its holder and looked at years later, so what signed it stays published. A
key that became known is withdrawn: what it signed is worth nothing, and is signed anew on request.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import RSAAlgorithm
from jwt.utils import base64url_encode
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms import audit
from lms.core.database import Database
from lms.core.errors import N_, NotFound, Unavailable
from lms.core.runtime import derived_key
from lms.models.certificates import BadgeKey, BadgeKeyState

BITS: Final = 2048
SIGNS_FOR: Final = timedelta(days=365)
SEALED_OTHERWISE: Final = N_(
    "The key that signs badges was sealed with another secret key. Bring CARREL_SECRET_KEY back, "
    "or run `carrel badge-keys rotate`."
)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key that signs now, loaded."""

    kid: str
    private_key: RSAPrivateKey


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """One of our keys, without what is secret of it."""

    kid: str
    state: BadgeKeyState
    created_at: datetime
    retired_at: datetime | None


def signing_key(database: Database, secret_key: str, *, now: datetime) -> SigningKey:
    """Return the key that signs now, made when there is none or the last one is a year old.

    Raises Unavailable when it was sealed with another secret key.
    """
    row = _active(database)
    if row is None or row.created_at <= now - SIGNS_FOR:
        _renew(database, secret_key, now=now)
        row = _active(database)
    assert row is not None, "just made"  # noqa: S101  (nothing deletes a key)
    assert row.private_key is not None, "it signs"  # noqa: S101  (a CHECK says so)
    try:
        return SigningKey(row.kid, _opened(row.private_key, secret_key))
    except InvalidToken as fault:
        raise Unavailable(SEALED_OTHERWISE) from fault


def read_public(session: Session, kid: str) -> dict[str, Any]:
    """Return the public key of an id as a JSON Web Key; raises NotFound for one that is withdrawn."""
    found = session.scalar(
        select(BadgeKey.public_jwk).where(
            BadgeKey.kid == kid, BadgeKey.state != BadgeKeyState.WITHDRAWN
        )
    )
    if found is None:
        raise NotFound
    return dict(found)


def list_public(session: Session) -> dict[str, Any]:
    """Return all keys whose badges are good, as a key set (RFC 7517)."""
    rows = session.scalars(
        select(BadgeKey.public_jwk)
        .where(BadgeKey.state != BadgeKeyState.WITHDRAWN)
        .order_by(BadgeKey.id)
    )
    return {"keys": [dict(each) for each in rows]}


def list_keys(session: Session) -> tuple[KeyFacts, ...]:
    """Return our keys, the newest first."""
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
    """Let a new key sign from now on, and return its id; the former one is retired or withdrawn."""
    fresh = _make(secret_key, now)
    with database.transaction() as session:
        row = session.scalar(
            select(BadgeKey).where(BadgeKey.state == BadgeKeyState.ACTIVE).with_for_update()
        )
        if row is not None:
            row.state, row.retired_at, row.private_key = former, now, None
            session.flush()  # one key is active at a time
        session.add(fresh)
        audit.record(session, "badge_key.rotated", fresh.kid[:26], actor=actor, now=now)
    return fresh.kid


def opens_keys(database: Database, secret_key: str) -> bool:
    """Tell whether a secret key opens the key that signs now; True where none was made yet."""
    key = _active(database)
    if key is None or key.private_key is None:
        return True
    try:
        _opened(key.private_key, secret_key)
    except InvalidToken:
        return False
    return True


def _renew(database: Database, secret_key: str, *, now: datetime) -> None:
    """Make a key where none signs, or the one that does is due; whoever is first makes it."""
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
        pass  # somebody else had the same need at this moment


def _active(database: Database) -> BadgeKey | None:
    with database.read_session() as session:
        return session.scalar(select(BadgeKey).where(BadgeKey.state == BadgeKeyState.ACTIVE))


def _make(secret_key: str, now: datetime) -> BadgeKey:
    key = generate_private_key(public_exponent=65537, key_size=BITS)
    made = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    required = {name: made[name] for name in ("e", "kty", "n")}
    canonical = json.dumps(required, separators=(",", ":"))
    kid = base64url_encode(hashlib.sha256(canonical.encode()).digest()).decode()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return BadgeKey(
        kid=kid,
        private_key=_seal(secret_key).encrypt(pem),
        public_jwk={**required, "kid": kid, "alg": "RS256", "use": "sig"},
        state=BadgeKeyState.ACTIVE,
        created_at=now,
    )


@lru_cache(maxsize=8)
def _opened(sealed: bytes, secret_key: str) -> RSAPrivateKey:
    key = load_pem_private_key(_seal(secret_key).decrypt(sealed), password=None)
    assert isinstance(key, RSAPrivateKey), "ours"  # noqa: S101  (_make makes no other kind)
    return key


def _seal(secret_key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derived_key(secret_key, "badge keys")))
