"""Opening a checkout: an order is paid by card, on the provider's page.

The price is locked while the checkout is open, for 24 hours. Its idempotency key is stored before
the request, so that a lost response can be requested again without charging twice (MONEY.md, M8).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lms.checkouts.amounts import OTHER_MODE, PAID, amount_of
from lms.checkouts.settling import settle_provider_object
from lms.core.errors import N_, Conflict
from lms.core.model_base import new_public_id
from lms.core.runtime import Carrel
from lms.models.documents import Document
from lms.models.orders import Order
from lms.models.payments import Checkout, CheckoutState
from lms.payments.provider import NewSession, Provider, ProviderSession, SessionState
from lms.sales import billing, invoices, orders

LOCKED_FOR: Final = timedelta(hours=24)
OTHER_TOTAL: Final = N_("The total changed. Check it, then press the button again.")


@dataclass(frozen=True, slots=True)
class NewCheckout:
    """The order to pay, by its public ID: a draft, or a placed one and its invoice.

    The browser returns to `success_url` after payment, and to `cancel_url` otherwise. `seen_minor` is
    the amount that the person was shown, if it is to be charged and no other.
    """

    order_id: str
    success_url: str
    cancel_url: str
    seen_minor: int | None = None


@dataclass(frozen=True, slots=True)
class OpenCheckout:
    """A checkout that can be paid: send the browser to `url`."""

    id: str
    url: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    checkout: Checkout
    asked: NewSession
    ended: Sequence[str]


def open_checkout(
    carrel: Carrel, provider: Provider, new: NewCheckout, *, now: datetime
) -> OpenCheckout:
    """Return the provider's page on which an order is paid.

    Call it outside a transaction, with `open_provider(carrel.settings)`. Two clicks open one
    checkout; if the order changed, its former checkout is ended. When the browser returns, call
    `settle_order` and read the order, which may not be paid yet. A free order needs no checkout:
    place it with `orders.agree`.

    Raises NotFound; Conflict if it is paid, canceled, free or not the amount that was shown; Invalid
    if it can't be delivered; and Unavailable if the provider can't be reached: nothing is charged, and trying again is safe.
    """
    zone = carrel.settings.zone
    with carrel.database.transaction() as session:
        wanted = _write_down(session, provider, new, zone=zone, now=now)
    for session_id in wanted.ended:
        provider.expire_session(session_id)
    made = provider.create_session(wanted.asked)
    with carrel.database.transaction() as session:
        checkout = session.get_one(Checkout, wanted.checkout.id, with_for_update=True)
        checkout.provider_session, checkout.expires_at = made.id, made.expires_at
    # A repeated key returns the original response, so fetch the session's current state.
    found = provider.fetch(made.id)
    if isinstance(found, ProviderSession) and found.state is not SessionState.OPEN:
        settle_provider_object(carrel, provider, made.id, now=now)
        raise Conflict(PAID)
    return OpenCheckout(
        id=checkout.public_id,
        url=made.url,
        amount_minor=checkout.amount_minor,
        currency=checkout.currency,
    )


def end_checkouts(carrel: Carrel, provider: Provider, order_id: str) -> None:
    """End the open checkouts of an order that isn't placed, by its public ID; raises Unavailable."""
    with carrel.database.read_session() as session:
        open_now = _open_of(session, orders.find_order(session, order_id), None)
    for checkout in open_now:
        if checkout.provider_session is not None:
            provider.expire_session(checkout.provider_session)


def _write_down(
    session: Session,
    provider: Provider,
    new: NewCheckout,
    *,
    zone: ZoneInfo,
    now: datetime,
) -> _Wanted:
    """Store a checkout, or find the open one for the same amount and invoice.

    Returns the request for the provider, and the sessions to end because the order changed.
    """
    order = orders.find_order(session, new.order_id, lock=True)
    invoice = invoices.live_invoice(session, order.id, lock=True)
    is_other_mode = order.livemode is not provider.livemode and not provider.is_simulated
    if order.placed_at is not None and is_other_mode:
        raise Conflict(OTHER_MODE)
    amount = amount_of(session, order, invoice, zone=zone, now=now)
    if new.seen_minor is not None and new.seen_minor != amount:
        raise Conflict(OTHER_TOTAL)
    asked = NewSession(
        idempotency_key="",
        reference="",
        amount_minor=amount,
        currency=order.currency,
        description=_describe(order, invoice),
        email=billing.billing_of(session, order).to.email or order.contact_email,
        success_url=new.success_url,
        cancel_url=new.cancel_url,
    )
    digest = sha256(repr(asked).encode()).hexdigest()[:32]
    open_before = _open_of(session, order, invoice)
    same = [
        one for one in open_before if one.idempotency_key.endswith(digest) and one.expires_at > now
    ]
    checkout = same[0] if same else _add(session, order, invoice, asked, digest, now=now)
    # a draft that isn't paid by this card stays a real order
    checkout.livemode = provider.livemode if order.placed_at is None else order.livemode
    asked = replace(asked, idempotency_key=checkout.idempotency_key, reference=checkout.public_id)
    ended = [one.provider_session for one in open_before if one is not checkout]
    return _Wanted(checkout, asked, [one for one in ended if one is not None])


def _open_of(session: Session, order: Order, invoice: Document | None) -> Sequence[Checkout]:
    of_invoice = Checkout.invoice_id == (invoice.id if invoice else 0)
    return session.scalars(
        select(Checkout)
        .where(Checkout.state == CheckoutState.OPEN, or_(Checkout.order_id == order.id, of_invoice))
        .order_by(Checkout.id)
    ).all()


def _add(
    session: Session,
    order: Order,
    invoice: Document | None,
    asked: NewSession,
    digest: str,
    *,
    now: datetime,
) -> Checkout:
    public_id = new_public_id()
    checkout = Checkout(
        public_id=public_id,
        order_id=None if invoice else order.id,
        invoice_id=invoice.id if invoice else None,
        amount_minor=asked.amount_minor,
        currency=asked.currency,
        idempotency_key=f"{public_id}-{digest}",
        created_at=now,
        expires_at=now + LOCKED_FOR,
    )
    session.add(checkout)
    session.flush()
    return checkout


def _describe(order: Order, invoice: Document | None) -> str:
    """Return the description on the provider's page, in English like documents."""
    if invoice is not None:
        return f"Invoice {invoice.label}"
    return f"Order {billing.order_number(order)}"
