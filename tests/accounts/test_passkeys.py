"""Passkeys: data that no browser produces is rejected."""

import base64
import hashlib
import json

import cbor2
import pytest

from lms.accounts.passkeys import LONGEST_ID, Site, read_new
from lms.core.errors import Invalid

SITE = Site("localhost", "http://localhost:8000")
CHALLENGE = b"c" * 32
KEY = {1: 2, 3: -7, -1: 1, -2: b"x" * 32, -3: b"y" * 32}


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _made(credential_id: bytes, *, form: str = "none", statement: object = None) -> str:
    """Return a browser's answer after creating a passkey with this ID."""
    host = hashlib.sha256(SITE.host.encode()).digest()
    length = len(credential_id).to_bytes(2, "big")
    signed = host + b"\x45" + bytes(20) + length + credential_id + cbor2.dumps(KEY)
    attestation = {"fmt": form, "attStmt": statement or {}, "authData": signed}
    client = {
        "type": "webauthn.create",
        "challenge": _encoded(CHALLENGE),
        "origin": SITE.origin,
    }
    response = {
        "clientDataJSON": _encoded(json.dumps(client).encode()),
        "attestationObject": _encoded(cbor2.dumps(attestation)),
    }
    name = _encoded(credential_id)
    return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})


def test_passkey_is_read_up_to_the_longest_id() -> None:
    made = read_new(_made(b"i" * LONGEST_ID), challenge=CHALLENGE, site=SITE)
    assert made.credential_id == b"i" * LONGEST_ID
    with pytest.raises(Invalid):
        read_new(_made(b"i" * (LONGEST_ID + 1)), challenge=CHALLENGE, site=SITE)


def test_malformed_attestation_is_rejected() -> None:
    for statement in ({"ver": "1", "response": 5}, {"ver": "1", "response": b""}):
        made = _made(b"id", form="android-safetynet", statement=statement)
        with pytest.raises(Invalid):
            read_new(made, challenge=CHALLENGE, site=SITE)
