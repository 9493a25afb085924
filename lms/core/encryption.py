"""Encryption with the secret key, a key for each purpose, and RSA keys for signing, kept encrypted."""

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import RSAAlgorithm
from jwt.utils import base64url_encode

from lms.core.runtime import derived_key

BITS: Final = 2048


@dataclass(frozen=True, slots=True)
class LoadedKey:
    """A signing key: the ID under which it is published, and the private key."""

    kid: str
    private_key: RSAPrivateKey


def lock_of(secret_key: str, purpose: str) -> Fernet:
    """Return what encrypts and decrypts for one purpose; `decrypt` raises InvalidToken."""
    return Fernet(base64.urlsafe_b64encode(derived_key(secret_key, purpose)))


def new_signing_key(secret_key: str, purpose: str) -> tuple[bytes, dict[str, Any]]:
    """Return a new private key, encrypted, and its public JSON Web Key."""
    key = generate_private_key(public_exponent=65537, key_size=BITS)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return lock_of(secret_key, purpose).encrypt(pem), public_jwk(key)


def public_jwk(key: RSAPrivateKey) -> dict[str, Any]:
    """Return the public key as a JSON Web Key, with its thumbprint as ID (RFC 7638)."""
    made = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    required = {name: made[name] for name in ("e", "kty", "n")}
    canonical = json.dumps(required, separators=(",", ":"))
    kid = base64url_encode(hashlib.sha256(canonical.encode()).digest()).decode()
    return {**required, "kid": kid, "alg": "RS256", "use": "sig"}


@lru_cache(maxsize=16)  # parsing takes a hundred times as long as signing
def opened_signing_key(sealed: bytes, secret_key: str, purpose: str) -> RSAPrivateKey:
    """Return an encrypted private key; raises InvalidToken for another secret key."""
    pem = lock_of(secret_key, purpose).decrypt(sealed)
    key = load_pem_private_key(pem, password=None)
    assert isinstance(key, RSAPrivateKey), "ours"  # noqa: S101  (no other kind is made)
    return key
