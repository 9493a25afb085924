"""The self-test of a card provider: tries an operator's test key, call by call.

It contacts only the provider: the database isn't used, and no card is charged.
"""

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from lms.core.errors import N_, Conflict
from lms.core.model_base import new_public_id
from lms.payments.provider import (
    BadSignature,
    KeyReused,
    NewSession,
    Provider,
    ProviderRefused,
    ProviderSession,
    SessionState,
)

LIVE_KEY: Final = N_("This is a live key. Set a test key, sk_test_..., and try again.")
AMOUNT_MINOR: Final = 100
OTHER_MINOR: Final = 200
BEFORE: Final = timedelta(minutes=5)  # allows for different clocks


@dataclass(frozen=True, slots=True)
class Proof:
    """One line: what was tried, the provider's response, and whether that is right."""

    name: str
    got: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """What to test: the provider, the webhook secrets, this site's URL, and the time."""

    provider: Provider
    webhook_secrets: tuple[str, ...]
    base_url: str
    now: datetime


def prove(tried: Tried) -> Iterator[Proof]:
    """Test a provider; if it refuses, the last line says so.

    Raises Conflict for a live key, and Unavailable if the provider can't be reached.
    """
    if tried.provider.livemode:
        raise Conflict(LIVE_KEY)
    try:
        yield from _sessions(tried)
        yield from _webhooks(tried)
        yield from _lists(tried)
    except ProviderRefused as refusal:
        yield Proof("the provider accepts each call", refusal.reason, ok=False)


def _sessions(tried: Tried) -> Iterator[Proof]:
    asked = _asked(tried)
    made = tried.provider.create_session(asked)
    yield same("a checkout page is created", made.state.value, SessionState.OPEN.value)
    here = made.url.startswith(tried.provider.checkout_origin)
    yield Proof("it has the provider's address", made.url.partition("?")[0], here)
    again = tried.provider.create_session(asked)
    yield same("the same key doesn't create a second page", again.id, made.id)
    try:
        tried.provider.create_session(replace(asked, amount_minor=OTHER_MINOR))
    except KeyReused:
        yield Proof("the same key for another amount is refused", "refused", ok=True)
    else:
        yield Proof("the same key for another amount is refused", "accepted", ok=False)
    found = _fetched(tried, made.id)
    yield same("its amount is correct", f"{found.amount_minor} {found.currency.upper()}", "100 USD")
    yield same("it isn't paid", str(found.is_paid), "False")
    tried.provider.expire_session(made.id)
    ended = _fetched(tried, made.id)
    yield same("it can be ended", ended.state.value, SessionState.EXPIRED.value)


def completed_webhook(session_id: str, secret: str, *, now: datetime) -> tuple[bytes, str]:
    """Return a webhook for a completed checkout session, and its signature."""
    payload = json.dumps(
        {
            "id": f"evt_selftest_{session_id}",
            "type": "checkout.session.completed",
            "created": int(now.timestamp()),
            "livemode": False,
            "data": {"object": {"id": session_id, "object": "checkout.session"}},
        }
    ).encode()
    return payload, _sign(payload, secret, now)


def _webhooks(tried: Tried) -> Iterator[Proof]:
    if not tried.webhook_secrets:
        yield Proof("a webhook signing secret is set", "none", ok=False)
        return
    payload, signature = completed_webhook("cs_selftest", tried.webhook_secrets[0], now=tried.now)
    event = tried.provider.read_event(payload, signature, now=tried.now)
    yield same("a webhook signed with the secret is accepted", event.object_id, "cs_selftest")
    try:
        wrong = _sign(payload, "another secret", tried.now)
        tried.provider.read_event(payload, wrong, now=tried.now)
    except BadSignature:
        yield Proof("one signed with another secret is refused", "refused", ok=True)
    else:
        yield Proof("one signed with another secret is refused", "accepted", ok=False)


def _lists(tried: Tried) -> Iterator[Proof]:
    since = tried.now - BEFORE
    events = sum(1 for _ in tried.provider.events(since))
    yield Proof("events are listed", f"{events} events in 5 minutes", ok=True)
    entries = sum(1 for _ in tried.provider.entries(since))
    yield Proof("the balance is listed", f"{entries} entries in 5 minutes", ok=True)


def _asked(tried: Tried) -> NewSession:
    reference = new_public_id()
    return NewSession(
        idempotency_key=reference,
        reference=reference,
        amount_minor=AMOUNT_MINOR,
        currency="USD",
        description="Carrel self-test",
        email="selftest@example.org",
        success_url=tried.base_url,
        cancel_url=tried.base_url,
    )


def _fetched(tried: Tried, session_id: str) -> ProviderSession:
    found = tried.provider.fetch(session_id)
    assert isinstance(found, ProviderSession)  # noqa: S101  (its ID is a session's)
    return found


def _sign(payload: bytes, secret: str, now: datetime) -> str:
    """Return a signature like the provider's: https://docs.stripe.com/webhooks#verify-manually."""
    at = int(now.timestamp())
    digest = hmac.new(secret.encode(), f"{at}.".encode() + payload, sha256).hexdigest()
    return f"t={at},v1={digest}"


def same(name: str, got: str, expected: str) -> Proof:
    """Return the line of a comparison."""
    return Proof(name, got, got == expected)
