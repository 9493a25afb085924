"""The platform's signing keys, and compact signatures made by hand so that they can be made wrong."""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from threading import RLock
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def encoded(raw: bytes) -> str:
    """Return bytes as base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def segment(value: object) -> str:
    """Return a header or payload as it stands in a token; bytes are taken as they are."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return encoded(raw)


def compact(header: Mapping[str, Any], payload: object, key: rsa.RSAPrivateKey) -> str:
    """Return a token signed with RSASSA-PKCS1-v1_5 and SHA-256, whatever its header says."""
    signed = f"{segment(dict(header))}.{segment(payload)}"
    signature = key.sign(signed.encode("ascii"), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{encoded(signature)}"


@dataclass(frozen=True, slots=True)
class Key:
    """A private key and the name under which its public half is published."""

    kid: str
    private: rsa.RSAPrivateKey

    @classmethod
    def make(cls, bits: int = 2048, kid: str | None = None) -> "Key":
        """Make a key; takes a tenth of a second for 2048 bits."""
        private = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        return cls(kid or secrets.token_hex(8), private)

    @property
    def jwk(self) -> dict[str, str]:
        """Return the public half as a JSON Web Key (RFC 7517)."""
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.kid,
            "n": encoded(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
            "e": encoded(numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8, "big")),
        }

    def sign(self, payload: object, *, header: Mapping[str, Any] | None = None) -> str:
        """Sign a payload; `header` replaces what the header would say by itself."""
        given = {"typ": "JWT", "alg": "RS256", "kid": self.kid} if header is None else header
        return compact(given, payload, self.private)


@cache
def _first_of_this_process() -> rsa.RSAPrivateKey:
    # platforms start many times in a test run, and their first key need not differ
    return Key.make().private


@dataclass(slots=True)
class KeyRing:
    """The key that signs now, and all that are published."""

    current: Key = field(
        default_factory=lambda: Key(secrets.token_hex(8), _first_of_this_process())
    )
    published: list[Key] = field(default_factory=list)
    _lock: RLock = field(default_factory=RLock)

    def __post_init__(self) -> None:
        self.published.append(self.current)

    def rotate(self, *, keeps_old: bool = True) -> Key:
        """Sign with a new key from now on; the old one stays published unless told otherwise."""
        made = Key.make()
        with self._lock:
            self.published = [*(self.published if keeps_old else ()), made]
            self.current = made
        return made

    def publish(self, key: Key) -> None:
        """Publish a further key, as a platform with weak keys would."""
        with self._lock:
            self.published.append(key)

    def jwks(self) -> dict[str, Any]:
        """Return the published key set."""
        with self._lock:
            return {"keys": [key.jwk for key in self.published]}
