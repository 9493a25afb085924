"""The card provider's protocol: its requests and the objects that it returns.

One adapter implements it (lms/payments/stripe.py). Each call uses the network, so none is made
inside a transaction. Amounts are minor units.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from lms.core.errors import N_, Refused

AWAY = N_("The card provider can't be reached. Try again in a few minutes.")
REFUSED = N_("The card provider refused this. Choose another way to pay, or contact us.")
UNREADABLE = "unreadable"


class ProviderRefused(Refused):
    """The provider refused a request, and would refuse it again; `reason` is its message."""

    code = "provider_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(REFUSED)
        self.reason = reason


class KeyReused(ProviderRefused):
    """An idempotency key was reused with other parameters."""


class BadSignature(Refused):
    """A webhook without a valid signature, or signed too long ago."""

    code = "bad_signature"


class SessionState(StrEnum):
    """The state of a checkout session at the provider."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


class ProviderRefundState(StrEnum):
    """The state of a refund at the provider."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class ProviderDisputeState(StrEnum):
    """The state of a dispute at the provider; an inquiry takes no money."""

    INQUIRY = "inquiry"
    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class NewSession:
    """A payment page to create. The same key and parameters return the same session (M8)."""

    idempotency_key: str
    reference: str
    amount_minor: int
    currency: str
    description: str
    email: str
    success_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True)
class ProviderSession:
    """A checkout session; `payment` is the reference of its payment, "" before that."""

    id: str
    reference: str
    state: SessionState
    is_paid: bool
    payment: str
    amount_minor: int
    currency: str
    livemode: bool
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewProviderRefund:
    """Money to return to the card it came from."""

    idempotency_key: str
    reference: str
    payment: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ProviderRefund:
    """A refund; `reference` is ours, "" if it was made in the provider's dashboard."""

    id: str
    reference: str
    payment: str
    amount_minor: int
    state: ProviderRefundState


@dataclass(frozen=True, slots=True)
class ProviderDispute:
    """A payment that its payer disputes at their bank."""

    id: str
    payment: str
    amount_minor: int
    reason: str
    evidence_due: datetime | None
    state: ProviderDisputeState
    livemode: bool


@dataclass(frozen=True, slots=True)
class Other:
    """An object without effect here, such as a charge or a payout."""

    id: str


Fetched = ProviderSession | ProviderRefund | ProviderDispute | Other


@dataclass(frozen=True, slots=True)
class Event:
    """An event at the provider: the ID of the object that changed, without its content.

    One that can't be read has the kind and the object UNREADABLE.
    """

    id: str
    kind: str
    object_id: str
    livemode: bool
    account: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """A balance transaction; `payout` is the payout it is part of, "" before there is one."""

    id: str
    kind: str
    source: str
    currency: str
    amount_minor: int
    fee_minor: int
    net_minor: int
    payout: str
    created_at: datetime


class Provider(Protocol):
    """A card provider.

    Raises Unavailable if it can't be reached, times out, or fails: try again. Raises
    ProviderRefused if trying again wouldn't help.
    """

    name: str
    livemode: bool
    is_simulated: bool
    checkout_origin: str

    def create_session(self, new: NewSession) -> ProviderSession:
        """Create a checkout session, or return the one created with its key; raises KeyReused."""

    def expire_session(self, session_id: str) -> None:
        """End an open session; one that was paid in the meantime is left as it is."""

    def fetch(self, object_id: str) -> Fetched:
        """Return an object in its current state."""

    def session_of(self, payment: str) -> ProviderSession | None:
        """Return the session of a payment; None if it was paid another way."""

    def refund(self, new: NewProviderRefund) -> ProviderRefund:
        """Return money to its card; the same key refunds only once."""

    def read_event(self, payload: bytes, signature: str, *, now: datetime) -> Event:
        """Return the event of a webhook; raises BadSignature."""

    def events(self, since: datetime) -> Iterator[Event]:
        """Return the events since then, the newest first."""

    def entries(self, since: datetime) -> Iterator[Entry]:
        """Return the balance transactions since then and those of payouts since then."""
