"""The self-test of buying: one purchase with a test card, from the cart to the refund, step by step.

It runs in an empty installation of its own, in the card provider's test mode.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Code, decide
from lms.accounts import accounts
from lms.accounts.accounts import NewLogin
from lms.buying import carts, checkout
from lms.buying.carts import Item
from lms.buying.checkout import Buyer, Details, Payment
from lms.checkouts import rounds
from lms.checkouts.opening import NewCheckout, OpenCheckout, open_checkout
from lms.checkouts.settling import settle_provider_object
from lms.core.email_addresses import read_address
from lms.core.runtime import Carrel
from lms.mail.links import mail_context_of
from lms.models.accounts import SellerRole
from lms.models.catalog import Webinar, WebinarState
from lms.models.documents import CreditReason
from lms.models.grants import OfferKind
from lms.models.payments import Checkout, Refund, RefundState
from lms.models.payments import Payment as PaymentRow
from lms.payments import card_refunds, provider_events, refunds
from lms.payments.balance_check import differences
from lms.payments.provider import NewProviderRefund, Provider, ProviderRefused
from lms.payments.provider_selftest import AMOUNT_MINOR, Proof, Tried, completed_webhook, same
from lms.payments.refunds import NewRefund
from lms.pricing.price_list import Price, say_money, set_prices
from lms.sales import credit_notes, orders
from lms.sales.credit_notes import NewCreditNote
from lms.sales.read_models import Standing, find_order_facts

NAME: Final = "Self-test"
EMAIL: Final = "selftest@example.org"
SLUG: Final = "self-test"


def prove_purchase(carrel: Carrel, tried: Tried, pay: Callable[[str], object]) -> Iterator[Proof]:
    """Buy a webinar in an empty installation, pay, watch, and get a refund; yield a line per step.

    `pay` is called with the address of the card page, and returns once it was paid. If the provider
    refuses, the last line says so. Raises Unavailable if it can't be reached.
    """
    try:
        yield from _Purchase(carrel, tried, pay).lines()
    except ProviderRefused as refusal:
        yield Proof("the provider accepts each call of a purchase", refusal.reason, ok=False)


class _Purchase:
    """A purchase in progress; its buyer is staff, because test orders give access only to staff."""

    def __init__(self, carrel: Carrel, tried: Tried, pay: Callable[[str], object]) -> None:
        self.carrel, self.tried, self.pay = carrel, tried, pay
        self.provider: Provider = tried.provider
        self.now = tried.now
        self.context = mail_context_of(carrel.settings)

    def lines(self) -> Iterator[Proof]:
        """Yield what was done and the result."""
        self.buyer, self.webinar_id = self._open_shop()
        yield same("before it is bought, access is refused", self._access(), Code.NO_GRANT)
        opened = self._buy()
        amount = say_money(opened.amount_minor, opened.currency)
        yield same("the order costs what the cart said", amount, say_money(AMOUNT_MINOR, "USD"))
        self.pay(opened.url)
        yield from self._hear(opened)
        if self._standing() is not Standing.PAID:
            return
        yield same("access is allowed", self._access(), Code.OK_PERMANENT)
        yield from self._refund()
        yield same("access is gone", self._access(), Code.REFUNDED)
        with self.carrel.database.read_session() as session:
            found = len(differences(session))
        yield same("every balance adds up", f"{found} differences", "0 differences")

    def _open_shop(self) -> tuple[Buyer, int]:
        """Put a webinar on sale, and add the buyer."""
        held = self.now - timedelta(days=1)
        with self.carrel.database.transaction() as session:
            price = Price(OfferKind.SINGLE, 1, AMOUNT_MINOR, "USD")
            set_prices(session, [price], actor=None, now=held)
            webinar = Webinar(
                slug=SLUG,
                title="Self-test of buying",
                held_at=held,
                zone=self.carrel.settings.time_zone,
                minutes=60,
                state=WebinarState.ANNOUNCED,
                created_at=held,
                updated_at=held,
                announced_at=held,
            )
            session.add(webinar)
            session.flush()
            new = NewLogin(read_address(EMAIL), NAME, seller_role=SellerRole.STAFF)
            account = accounts.add_login(session, new, actor=None, now=held)
            return Buyer(account.id, account.public_id, EMAIL), webinar.id

    def _buy(self) -> OpenCheckout:
        """Fill a cart, check out, and open the card page."""
        details = Details(NAME, EMAIL, Payment.CARD, is_for_organization=False, has_agreed=True)
        with self.carrel.database.transaction() as session:
            cart, token = carts.start(session, now=self.now)
            carts.add(session, cart, Item(OfferKind.SINGLE, f"webinar:{SLUG}"))
            checkout.write_details(session, cart, details, buyer=self.buyer, now=self.now)
            checkout.begin(session, cart, token=token, buyer=self.buyer, now=self.now)
            self.order_id = cart.public_id
        url = self.carrel.settings.base_url
        new = NewCheckout(self.order_id, success_url=url, cancel_url=url)
        return open_checkout(self.carrel, self.provider, new, now=self.now)

    def _hear(self, opened: OpenCheckout) -> Iterator[Proof]:
        """Receive the payment by a webhook, or without a signing secret by the sweep."""
        if self.tried.webhook_secrets:
            self._hear_by_webhook(opened)
            yield same("a webhook tells of the payment", self._standing(), Standing.PAID)
        left = rounds.sweep(self.carrel, self.provider, now=self.now)
        name = "the sweep leaves the order paid, once"
        with self.carrel.database.read_session() as session:
            paid = session.scalars(select(PaymentRow.amount_minor)).all()
        got = f"{left} open checkouts, {len(paid)} payments, {self._standing()}"
        yield Proof(name, got, list(paid) == [AMOUNT_MINOR])

    def _hear_by_webhook(self, opened: OpenCheckout) -> None:
        with self.carrel.database.read_session() as session:
            known = select(Checkout.provider_session).where(Checkout.public_id == opened.id)
            session_id = str(session.scalar(known))
        secret = self.tried.webhook_secrets[0]
        payload, signature = completed_webhook(session_id, secret, now=self.now)
        event = self.provider.read_event(payload, signature, now=self.now)
        with self.carrel.database.transaction() as session:
            provider_events.store(session, self.provider, event, now=self.now)
        settle_provider_object(
            self.carrel, self.provider, event.object_id, now=self.now, event_id=event.id
        )

    def _refund(self) -> Iterator[Proof]:
        """Credit the order as returned, and request the same refund to its card twice."""
        with self.carrel.database.transaction() as session:
            order = orders.find_order(session, self.order_id, lock=True)
            note = credit_notes.credit(
                session,
                order,
                NewCreditNote(CreditReason.RETURN),
                mail_context=self.context,
                actor=None,
                now=self.now,
            )
            payment = session.scalars(select(PaymentRow)).one()
            wanted = NewRefund(payment.public_id, AMOUNT_MINOR, note.public_id, note.public_id)
            made = refunds.request(session, wanted, actor=None, now=self.now)
            again = NewProviderRefund(
                made.idempotency_key, made.public_id, payment.provider_ref or "", AMOUNT_MINOR
            )
        card_refunds.send(self.carrel, self.provider, made.public_id, now=self.now)
        with self.carrel.database.read_session() as session:
            sent = session.scalars(select(Refund)).one()
        went = sent.state in (RefundState.SENT, RefundState.DONE)
        yield Proof("the money goes back to the card", sent.state, went)
        if went:
            repeated = self.provider.refund(again)
            yield same("asked again, it goes back once", repeated.id, sent.provider_ref or "")

    def _access(self) -> Code:
        with self.carrel.database.read_session() as session:
            case = load_case(session, login_id=self.buyer.login_id, webinar_id=self.webinar_id)
        return decide(case.login, case.webinar, Action.HANDOUT, self.now).code

    def _standing(self) -> Standing:
        with self.carrel.database.read_session() as session:
            return find_order_facts(session, self.order_id).standing(self.now)
