"""Authenticator apps: their secrets, and their six-digit codes (TOTP, RFC 6238)."""

from datetime import datetime
from typing import Final

import pyotp
from cryptography.fernet import InvalidToken

from lms.core.encryption import lock_of
from lms.core.errors import N_, Invalid

PURPOSE: Final = "authenticator apps"  # of their encryption
STEP_S: Final = 30
NEARBY: Final = (0, -1, 1)  # tolerates a clock that is half a minute off
DIGITS: Final = 6
SETUP_ENDS_AFTER_S: Final = 1800
SETUP_OVER: Final = N_(
    "This page was open for too long. Scan the new QR code, then enter the 6-digit code."
)


def new_secret() -> str:
    """Return a new secret: 160 random bits in Base32, as apps require."""
    return pyotp.random_base32()


def app_url(secret: str, *, account: str, seller: str) -> str:
    """Return the otpauth: address that an app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=seller)


def seal(secret: str, secret_key: str) -> str:
    """Return a secret encrypted with this installation's secret key."""
    return lock_of(secret_key, PURPOSE).encrypt(secret.encode()).decode()


def seal_for_setup(secret: str, *, owner: str, secret_key: str) -> str:
    """Return an encrypted secret for the page where its owner, by public ID, adds the app."""
    return seal(f"{owner} {secret}", secret_key)


def secret_of_setup(sealed: str, *, owner: str, secret_key: str) -> str:
    """Return the secret of `seal_for_setup`; raises Invalid after 30 minutes or for another owner."""
    try:
        opened = (
            lock_of(secret_key, PURPOSE).decrypt(sealed.encode(), ttl=SETUP_ENDS_AFTER_S).decode()
        )
    except InvalidToken as fault:
        raise Invalid(SETUP_OVER) from fault
    whose, _space, secret = opened.partition(" ")
    if whose != owner:
        raise Invalid(SETUP_OVER)
    return secret


def step_of(sealed: str, code: str, *, secret_key: str, now: datetime) -> int | None:
    """Return the 30-second step (since 1970) that a code belongs to, or None if it is wrong.

    A secret encrypted with another secret key matches no code.
    """
    try:
        secret = lock_of(secret_key, PURPOSE).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None
    return step_of_secret(secret, code, now=now)


def step_of_secret(secret: str, code: str, *, now: datetime) -> int | None:
    """Return the 30-second step (since 1970) that a code of a secret belongs to, or None."""
    if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
        return None
    app, this_step = pyotp.TOTP(secret), int(now.timestamp()) // STEP_S
    for step in (this_step + away for away in NEARBY):
        if pyotp.utils.strings_equal(app.generate_otp(step), code):
            return step
    return None
