"""Passkeys (WebAuthn): requests to create one or to sign, and checks of the answers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import webauthn
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from lms.core.errors import N_, Invalid

LONGEST_ID: Final = 1023  # WebAuthn, section 4: "Credential ID"
# Exceptions of the library for malformed answers; RecursionError for deep nesting.
_UNREADABLE: Final = (
    WebAuthnException,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
)
NOT_MADE: Final = N_("We couldn't add that passkey. Try again, or use an authenticator app.")


@dataclass(frozen=True, slots=True)
class Site:
    """Where passkeys are used: their host name, and the page's origin."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """The stored data of a passkey, to check answers against."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


def ask_to_make(
    site: Site, *, seller: str, account: str, user_id: bytes, known: Sequence[bytes]
) -> tuple[str, bytes]:
    """Return the creation options, as JSON, and the challenge; passkeys in `known` are excluded."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=seller,
        user_name=account,
        user_id=user_id,
        exclude_credentials=_described(known),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )
    return webauthn.options_to_json(options), options.challenge


def read_new(answer: str, *, challenge: bytes, site: Site) -> Passkey:
    """Return the passkey that a browser created; raises Invalid if it doesn't match the request."""
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
        )
    except _UNREADABLE as fault:
        raise Invalid(NOT_MADE) from fault
    if len(made.credential_id) > LONGEST_ID:
        raise Invalid(NOT_MADE)
    return Passkey(made.credential_id, made.credential_public_key, made.sign_count)


def ask_to_sign(site: Site, known: Collection[bytes]) -> tuple[str, bytes]:
    """Return the request options, as JSON, and the challenge for one of `known` to sign."""
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        allow_credentials=_described(known),
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return webauthn.options_to_json(options), options.challenge


def credential_of(answer: str) -> bytes:
    """Return the credential ID in an answer; b"" if it isn't an answer."""
    try:
        return parse_authentication_credential_json(answer).raw_id
    except _UNREADABLE:
        return b""


def new_sign_count(answer: str, stored: Passkey, *, challenge: bytes, site: Site) -> int | None:
    """Return the passkey's new signature count, or None if the answer is wrong.

    A count that doesn't increase is wrong too, because it means a copied passkey.
    """
    try:
        signed = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=stored.public_key,
            credential_current_sign_count=stored.sign_count,
        )
    except _UNREADABLE:
        return None
    return signed.new_sign_count


def _described(known: Collection[bytes]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=each) for each in known]
