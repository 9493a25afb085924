"""Sealed secrets: the secret key in a backup, encrypted with its passphrase."""

import base64
import secrets
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from lms.core.errors import N_, Conflict

SALT_BYTES: Final = 16
WRONG: Final = N_("CARREL_BACKUP_PASSPHRASE doesn't decrypt the secret key in this backup.")


def seal(secret: str, passphrase: str) -> str:
    """Return a secret encrypted with a passphrase: a salt in hex, a dot, and a token."""
    salt = secrets.token_bytes(SALT_BYTES)
    return f"{salt.hex()}.{_lock(passphrase, salt).encrypt(secret.encode()).decode()}"


def unseal(sealed: str, passphrase: str) -> str:
    """Return the secret; raises Conflict for another passphrase."""
    salt, _dot, token = sealed.partition(".")
    try:
        return _lock(passphrase, bytes.fromhex(salt)).decrypt(token.encode()).decode()
    except InvalidToken:
        raise Conflict(WRONG, code="wrong_passphrase") from None


def _lock(passphrase: str, salt: bytes) -> Fernet:
    key = Scrypt(salt=salt, length=32, n=1 << 15, r=8, p=1).derive(passphrase.encode())
    return Fernet(base64.urlsafe_b64encode(key))
