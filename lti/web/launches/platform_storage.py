"""Platform storage: the state between login and launch where cookies don't work.

OIDC Login with LTI Client Side postMessages 1.0: our page stores a value at login, and reads it at
launch. The value is derived from the state, so nothing is stored here, and only a page that we sent to
this browser can have set it.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Final

from cryptography.fernet import InvalidToken

from lms.core.encryption import lock_of
from lms.core.runtime import derived_key

TICKETS: Final = "lti tickets"  # the purpose of their encryption
TICKET_LASTS_S: Final = 120


@dataclass(frozen=True, slots=True)
class Proof:
    """A name and a value in a platform's storage."""

    key: str
    value: str


def proof_of(secret_key: str, state: str) -> Proof:
    """Return what a login stores; the name does not reveal the state."""
    name = hashlib.sha256(state.encode()).hexdigest()[:24]
    digest = hmac.digest(derived_key(secret_key, "lti storage"), state.encode(), hashlib.sha256)
    return Proof(f"carrel-{name}", base64.urlsafe_b64encode(digest).rstrip(b"=").decode())


def seal_ticket(secret_key: str, *, secret: str, proof: Proof) -> str:
    """Return a ticket that opens a framed session for the browser with the proof, within two minutes."""
    return lock_of(secret_key, TICKETS).encrypt(json.dumps([secret, proof.value]).encode()).decode()


def open_ticket(secret_key: str, ticket: str, value: str) -> str | None:
    """Return the secret of the framed session; None for a wrong value, or an invalid or expired ticket."""
    try:
        opened = lock_of(secret_key, TICKETS).decrypt(ticket.encode(), ttl=TICKET_LASTS_S)
    except InvalidToken:
        return None
    secret, wanted = json.loads(opened)
    return str(secret) if hmac.compare_digest(str(wanted).encode(), value.encode()) else None
