"""The card provider as the product sees it: what it is asked, and the objects that it answers with.

One adapter implements it (lms/payments/stripe.py). Each call goes over the network, so none is
made inside a transaction. Amounts are minor units.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from lms.core.errors import N_, Refused

AWAY = N_("The card provider can't be reached. Try again in a few minutes.")
REFUSED = N_("The card provider refused this.")


class ProviderRefused(Refused):
    """The provider refused a request, and will refuse it again; `reason` is its sentence."""

    code = "provider_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(REFUSED)
        self.reason = reason


class KeyReused(ProviderRefused):
    """An idempotency key was used before with other parameters."""


class BadSignature(Refused):
    """A webhook that nobody with our secret signed, or that was signed long ago."""

    code = "bad_signature"


class SessionState(StrEnum):
    """Where a checkout session is at the provider."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


class ProviderRefundState(StrEnum):
    """Where a refund is at the provider."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class ProviderDisputeState(StrEnum):
    """Where a dispute is at the provider; an inquiry takes no money."""

    INQUIRY = "inquiry"
    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class NewSession:
    """A page to be paid on. The same key and parameters return the same session (M8)."""

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
    """A checkout session; `payment` is the reference of what was paid, "" before that."""

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
    """Money that goes back to the card it came from."""

    idempotency_key: str
    reference: str
    payment: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ProviderRefund:
    """A refund; `reference` is ours, "" where it was made in the provider's dashboard."""

    id: str
    reference: str
    payment: str
    amount_minor: int
    state: ProviderRefundState
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ProviderDispute:
    """A payment that is disputed at the payer's bank."""

    id: str
    payment: str
    amount_minor: int
    reason: str
    evidence_due: datetime | None
    state: ProviderDisputeState
    livemode: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Other:
    """An object that changes nothing here, such as a charge or a payout."""

    id: str


Fetched = ProviderSession | ProviderRefund | ProviderDispute | Other


@dataclass(frozen=True, slots=True)
class Event:
    """What happened at the provider: the object that changed, and nothing of its content."""

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

    Raises Unavailable where it can't be reached, has no time, or fails: ask again. Raises
    ProviderRefused where asking again would not help.
    """

    name: str
    livemode: bool
    is_simulated: bool
    checkout_origin: str

    def create_session(self, new: NewSession) -> ProviderSession:
        """Make a checkout session, or return the one that its key made; raises KeyReused."""

    def expire_session(self, session_id: str) -> None:
        """End an open session; one that was paid meanwhile is left as it is."""

    def fetch(self, object_id: str) -> Fetched:
        """Return an object as it is now."""

    def session_of(self, payment: str) -> ProviderSession | None:
        """Return the session by which something was paid; None for what was paid otherwise."""

    def refund(self, new: NewProviderRefund) -> ProviderRefund:
        """Return money to its card; the same key does it once."""

    def read_event(self, payload: bytes, signature: str, *, now: datetime) -> Event:
        """Return the event of a webhook; raises BadSignature."""

    def events(self, since: datetime) -> Iterator[Event]:
        """Return what happened since then, the newest first."""

    def entries(self, since: datetime) -> Iterator[Entry]:
        """Return the balance transactions since then and those of payouts since then."""
