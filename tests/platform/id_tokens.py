"""Makes id_tokens: valid ones, and forged ones that a tool has to refuse.

Each function takes the claims of a launch (`platform.claims(...)`) and returns a token. `headers`
replace parts of the header; None leaves one out.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lti.selftest.platform.keys import Key, segment
from lti.selftest.platform.platform import Platform

Claims = Mapping[str, Any]


@cache
def _key_of(bits: int) -> rsa.RSAPrivateKey:
    # one key of each size is enough for a run, as it is never the platform's own
    return Key.make(bits).private


@dataclass(frozen=True, slots=True)
class Forge:
    """Signs tokens with the platform's keys or with a stranger's key."""

    platform: Platform
    _weak: list[Key] = field(default_factory=list)

    def sign(self, claims: object, **headers: object) -> str:
        """Sign any claims, or bytes that aren't JSON, with the platform's key."""
        return self.platform.key.sign(claims, **headers)

    def without(self, claims: Claims, *names: str) -> str:
        """Sign without some claims."""
        return self.sign({name: claims[name] for name in claims if name not in names})

    def changed(self, claims: Claims, changes: Claims) -> str:
        """Sign with some claims replaced."""
        return self.sign({**claims, **changes})

    def wrong_key(self, claims: Claims) -> str:
        """Sign with a stranger's key under the platform's key ID."""
        return Key(self.platform.key.kid, _key_of(2048)).sign(claims)

    def unknown_kid(self, claims: Claims) -> str:
        """Sign with a stranger's key under an unpublished key ID."""
        return Key("nobody-published-this", _key_of(2048)).sign(claims)

    def without_kid(self, claims: Claims) -> str:
        """Sign with the platform's key and omit the key ID."""
        return self.sign(claims, kid=None)

    def weak_key(self, claims: Claims) -> str:
        """Sign with a 1024-bit key, which the platform publishes from now on."""
        if not self._weak:
            self._weak.append(Key("weak", _key_of(1024)))
            self.platform.published.append(self._weak[0])
        return self._weak[0].sign(claims)

    def unsigned(self, claims: Claims, *, alg: str = "none") -> str:
        """Leave the signature empty and set the algorithm to none (RFC 8725, section 2.1)."""
        return f"{segment({'typ': 'JWT', 'alg': alg})}.{segment(dict(claims))}."

    def public_key_as_secret(self, claims: Claims) -> str:
        """Sign by HMAC with the public key as the secret (RFC 8725, section 2.1)."""
        key = self.platform.key
        secret = key.private.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )
        header = {"typ": "JWT", "alg": "HS256", "kid": key.kid}
        signed = f"{segment(header)}.{segment(dict(claims))}"
        digest = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{segment(digest)}"

    def altered(self, claims: Claims, changes: Claims) -> str:
        """Sign, then replace the payload under the same signature."""
        header, _, signature = self.sign(claims).split(".")
        return f"{header}.{segment({**claims, **changes})}.{signature}"

    def with_embedded_key(self, claims: Claims) -> str:
        """Sign with a stranger's key that is embedded in the header."""
        key = Key("embedded", _key_of(2048))
        return key.sign(claims, jwk=key.jwk)

    def not_json(self) -> str:
        """Sign a payload that isn't JSON."""
        return self.sign(b"these are no claims")

    def cut(self, claims: Claims) -> str:
        """Return a token without its signature."""
        return self.sign(claims).rsplit(".", 1)[0]
