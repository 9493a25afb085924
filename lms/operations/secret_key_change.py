"""The secret key change: re-encrypts what the old key encrypted in the database."""

import base64
from dataclasses import dataclass
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import column, select, table, update
from sqlalchemy.orm import Session

from lms.core.errors import N_, Invalid
from lms.core.runtime import derived_key
from lms.core.settings import Settings

# Table, column, and the purpose of the key that encrypts the column.
SEALED: Final = (
    ("badge_key", "private_key", "badge keys"),
    ("lti_signing_key", "private_key", "lti signing keys"),
    ("second_factor", "sealed_secret", "authenticator apps"),
)
NO_OLD_KEY: Final = N_("Set CARREL_SECRET_KEY_OLD to the previous secret key.")


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many secrets were re-encrypted, were already, and can't be decrypted with either key."""

    resealed: int
    sealed_before: int
    lost: int


def reseal(session: Session, settings: Settings) -> Resealed:
    """Re-encrypt with the secret key what the old one encrypted; repeating it changes nothing.

    Raises Invalid if no old key is set.
    """
    if settings.secret_key_old is None:
        raise Invalid(NO_OLD_KEY)
    counts = {"resealed": 0, "sealed_before": 0, "lost": 0}
    for name, sealed, purpose in SEALED:
        new = _lock(settings.secret_key, purpose)
        old = _lock(settings.secret_key_old, purpose)
        rows = table(name, column("id"), column(sealed))
        for row_id, kept in session.execute(
            select(rows.c.id, rows.c[sealed]).where(rows.c[sealed].is_not(None))
        ).all():
            if _opened(new, kept) is not None:
                counts["sealed_before"] += 1
                continue
            secret = _opened(old, kept)
            if secret is None:
                counts["lost"] += 1
                continue
            token = new.encrypt(secret)
            values = {sealed: token if isinstance(kept, bytes) else token.decode()}
            session.execute(update(rows).where(rows.c.id == row_id).values(values))
            counts["resealed"] += 1
    return Resealed(**counts)


def _lock(secret_key: str, purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derived_key(secret_key, purpose)))


def _opened(lock: Fernet, kept: Any) -> bytes | None:  # noqa: ANN401  (text or bytes)
    try:
        return lock.decrypt(kept)
    except InvalidToken:
        return None
