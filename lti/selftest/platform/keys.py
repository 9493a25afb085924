"""Platform keys: they sign whatever is given, right or wrong, so that the tool can be tested with it."""

import json
import secrets
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from jwt.utils import base64url_encode

from lms.core.encryption import public_jwk


def segment(value: object) -> str:
    """Return a header or payload as it stands in a token (RFC 7515); bytes are taken as they are."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64url_encode(raw).decode()


@dataclass(frozen=True, slots=True)
class Key:
    """A private key, and the ID under which its public half is published."""

    kid: str
    private: rsa.RSAPrivateKey

    @classmethod
    def make(cls, bits: int = 2048) -> "Key":
        """Return a new key; takes a tenth of a second for 2048 bits."""
        private = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        return cls(secrets.token_hex(8), private)

    @property
    def jwk(self) -> dict[str, Any]:
        """Return the public half as a JSON Web Key (RFC 7517)."""
        return {**public_jwk(self.private), "kid": self.kid}

    def sign(self, claims: object, **headers: object) -> str:
        """Sign with RSA and SHA-256 whatever the header says; a header that is None is omitted."""
        said = {"typ": "JWT", "alg": "RS256", "kid": self.kid, **headers}
        header = {name: value for name, value in said.items() if value is not None}
        signed = f"{segment(header)}.{segment(claims)}"
        signature = self.private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{segment(signature)}"
