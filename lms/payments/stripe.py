"""Stripe: the one place that calls it, with its hosted checkout page (MONEY.md, The card provider)."""

import hmac
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Final

import stripe
from stripe.params.checkout import SessionCreateParams

from lms.core.errors import Unavailable
from lms.core.stripe_settings import StripeSettings
from lms.payments.provider import (
    AWAY,
    UNREADABLE,
    BadSignature,
    Entry,
    Event,
    Fetched,
    KeyReused,
    NewProviderRefund,
    NewSession,
    Other,
    ProviderDispute,
    ProviderDisputeState,
    ProviderRefund,
    ProviderRefundState,
    ProviderRefused,
    ProviderSession,
    SessionState,
)

TIMEOUT_S: Final = 15
RETRIES: Final = 2
SIGNED_FOR: Final = timedelta(minutes=5)
PAGE: Final = 100
_SECONDS: Final = re.compile(r"[0-9]{1,12}")  # strangers can send any other
_WORD: Final = re.compile(r"[!-~]{1,80}")  # an ID or a kind
NOT_SIGNED: Final = "This webhook has no valid signature."
_REFUND_STATES: Final = {
    "succeeded": ProviderRefundState.SUCCEEDED,
    "failed": ProviderRefundState.FAILED,
    "canceled": ProviderRefundState.FAILED,
}
_DISPUTE_STATES: Final = {
    "won": ProviderDisputeState.WON,
    "lost": ProviderDisputeState.LOST,
    "prevented": ProviderDisputeState.INQUIRY,
}


@cache
def open_stripe(settings: StripeSettings) -> "Stripe":
    """Return the Stripe adapter for the settings; one client per process."""
    return Stripe(settings)


class Stripe:
    """Stripe as the protocol in lms/payments/provider.py."""

    name = "stripe"

    def __init__(self, settings: StripeSettings) -> None:
        self.livemode = settings.livemode
        self.is_simulated = settings.is_simulated
        self.checkout_origin = (
            settings.api_base if settings.is_simulated else "https://checkout.stripe.com"
        )
        self._secrets = settings.webhook_secrets
        self._client = stripe.StripeClient(
            settings.secret_key,
            base_addresses={"api": settings.api_base},
            max_network_retries=RETRIES,
            http_client=stripe.RequestsClient(timeout=TIMEOUT_S),
        ).v1

    def create_session(self, new: NewSession) -> ProviderSession:
        about = {"reference": new.reference}
        params: SessionCreateParams = {
            "mode": "payment",
            "allowed_payment_method_types": ["card"],
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": new.currency.lower(),
                        "unit_amount": new.amount_minor,
                        "product_data": {"name": new.description},
                    },
                }
            ],
            "client_reference_id": new.reference,
            "customer_email": new.email,
            "success_url": new.success_url,
            "cancel_url": new.cancel_url,
            "metadata": about,
            "payment_intent_data": {"metadata": about, "description": new.description},
        }
        with _faults():
            made = self._client.checkout.sessions.create(
                params, {"idempotency_key": new.idempotency_key}
            )
        return _session(made)

    def expire_session(self, session_id: str) -> None:
        with _faults():
            try:
                self._client.checkout.sessions.expire(session_id)
            except stripe.InvalidRequestError:  # it was paid or has expired
                return

    def fetch(self, object_id: str) -> Fetched:
        read = self._reader(object_id)
        if read is None:
            return Other(object_id)
        with _faults():
            return read()

    def session_of(self, payment: str) -> ProviderSession | None:
        with _faults():
            found = self._client.checkout.sessions.list({"payment_intent": payment, "limit": 1})
        return _session(found.data[0]) if found.data else None

    def refund(self, new: NewProviderRefund) -> ProviderRefund:
        with _faults():
            return _refund(
                self._client.refunds.create(
                    {
                        "payment_intent": new.payment,
                        "amount": new.amount_minor,
                        "metadata": {"reference": new.reference},
                    },
                    {"idempotency_key": new.idempotency_key},
                )
            )

    def read_event(self, payload: bytes, signature: str, *, now: datetime) -> Event:
        if not any(is_signed(payload, signature, one, now=now) for one in self._secrets):
            raise BadSignature(NOT_SIGNED)
        return _event(payload, livemode=self.livemode)

    def events(self, since: datetime) -> Iterator[Event]:
        with _faults():
            found = self._client.events.list(
                {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
            )
            for one in found.auto_paging_iter():
                yield _event(
                    json.dumps(one.to_dict(), default=str).encode(), livemode=self.livemode
                )

    def entries(self, since: datetime) -> Iterator[Entry]:
        start = int(since.timestamp())
        with _faults():
            found = self._client.balance_transactions.list(
                {"created": {"gte": start}, "limit": PAGE}
            )
            for one in found.auto_paging_iter():
                yield _entry(one, "")
            payouts = self._client.payouts.list({"created": {"gte": start}, "limit": PAGE})
            for payout in payouts.auto_paging_iter():
                inside = self._client.balance_transactions.list(
                    {"payout": payout.id, "limit": PAGE}
                )
                for one in inside.auto_paging_iter():
                    yield _entry(one, payout.id)

    def _reader(self, object_id: str) -> Callable[[], Fetched] | None:
        client = self._client
        match object_id.partition("_")[0]:
            case "cs":
                return lambda: _session(client.checkout.sessions.retrieve(object_id))
            case "re" | "pyr":
                return lambda: _refund(client.refunds.retrieve(object_id))
            case "dp" | "du":
                return lambda: _dispute(client.disputes.retrieve(object_id))
            case _:
                return None


def is_signed(payload: bytes, header: str, secret: str, *, now: datetime) -> bool:
    """Return whether a `Stripe-Signature` matches a payload and secret, within five minutes."""
    # Stripe's own check takes the time from the system, where nothing can set it.
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t" and _SECONDS.fullmatch(value)]
    if not times or abs(now.timestamp() - int(times[0])) > SIGNED_FOR.total_seconds():
        return False
    right = sign(payload, times[0], secret)
    given = [value for name, _, value in parts if name == "v1"]
    return any(hmac.compare_digest(right.encode(), one.encode()) for one in given)


def sign(payload: bytes, at: str, secret: str) -> str:
    """Return Stripe's signature of a payload at a time in seconds: HMAC-SHA256 in hexadecimal."""
    return hmac.new(secret.encode(), at.encode() + b"." + payload, sha256).hexdigest()


@contextmanager
def _faults() -> Iterator[None]:
    """Convert Stripe's exceptions to those of the protocol."""
    try:
        yield
    except stripe.IdempotencyError as error:
        raise KeyReused(str(error.user_message)) from error
    except (stripe.InvalidRequestError, stripe.CardError) as error:
        raise ProviderRefused(str(error.user_message)) from error
    except stripe.StripeError as error:
        raise Unavailable(AWAY) from error


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _id(value: object) -> str:
    """Return the ID of an object that Stripe gives as an ID or expanded."""
    return value if isinstance(value, str) else str(getattr(value, "id", ""))


def _reference(metadata: object) -> str:
    """Return our reference; metadata of objects created elsewhere may have none."""
    return str(getattr(metadata, "reference", ""))


def _session(made: stripe.checkout.Session) -> ProviderSession:
    return ProviderSession(
        id=made.id,
        reference=made.client_reference_id or "",
        state=SessionState(made.status or "open"),
        is_paid=made.payment_status == "paid",
        payment=_id(made.payment_intent),
        amount_minor=made.amount_total or 0,
        currency=(made.currency or "").upper(),
        livemode=made.livemode,
        url=made.url or "",
        expires_at=_time(made.expires_at),
    )


def _refund(made: stripe.Refund) -> ProviderRefund:
    return ProviderRefund(
        id=made.id,
        reference=_reference(made.metadata),
        payment=_id(made.payment_intent),
        amount_minor=made.amount,
        state=_REFUND_STATES.get(made.status or "", ProviderRefundState.PENDING),
    )


def _dispute(made: stripe.Dispute) -> ProviderDispute:
    due = made.evidence_details.due_by
    state = _DISPUTE_STATES.get(made.status, ProviderDisputeState.OPEN)
    if made.status.startswith("warning_"):
        state = ProviderDisputeState.INQUIRY
    return ProviderDispute(
        id=made.id,
        payment=_id(made.payment_intent),
        amount_minor=made.amount,
        reason=made.reason,
        evidence_due=_time(due) if due else None,
        state=state,
        livemode=made.livemode,
    )


def _event(payload: bytes, *, livemode: bool) -> Event:
    """Return an event; one that can't be read is named by its hash, and is of this account and mode."""
    try:
        made = json.loads(payload)
        words = (made["id"], made["type"], made["data"]["object"].get("id") or "-")
        if not all(_WORD.fullmatch(one) for one in words):
            raise ValueError  # noqa: TRY301  (one way out for every fault)
        return Event(
            id=made["id"],
            kind=made["type"],
            object_id="" if words[2] == "-" else words[2],
            livemode=bool(made["livemode"]),
            account=str(made.get("account") or ""),
            created_at=_time(made["created"]),
        )
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        OSError,
        RecursionError,
        TypeError,
        ValueError,
    ):
        named = sha256(payload).hexdigest()
        return Event(f"{UNREADABLE}_{named}", UNREADABLE, UNREADABLE, livemode, "", _time(0))


def _entry(made: stripe.BalanceTransaction, payout: str) -> Entry:
    return Entry(
        id=made.id,
        kind=made.type,
        source=_id(made.source),
        currency=made.currency.upper(),
        amount_minor=made.amount,
        fee_minor=made.fee,
        net_minor=made.net,
        payout=payout,
        created_at=_time(made.created),
    )
