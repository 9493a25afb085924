"""The platform's signing keys: one signs now, and several may be published."""

import secrets
from dataclasses import dataclass, field
from functools import cache
from threading import RLock
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from lti.selftest.platform_keys import Key


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
