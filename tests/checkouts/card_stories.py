"""A library that takes cards, and a normalized dump of a story's money, access, and email."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar, cast

import requests
from sqlalchemy import select

from lms.checkouts import jobs as checkout_jobs
from lms.checkouts import rounds
from lms.checkouts.opening import NewCheckout, OpenCheckout, open_checkout
from lms.checkouts.settling import settle_order
from lms.core.errors import Unavailable
from lms.core.runtime import Carrel
from lms.jobs.queue import GiveUp, JobRun, TryAgain, Watch
from lms.mail.links import Links, MailContext
from lms.models.documents import CreditReason, Document
from lms.models.grants import Grant
from lms.models.jobs import Job, JobState
from lms.models.mail import Mail
from lms.models.payments import Checkout, Dispute, Payment, ProviderEvent, Refund, Settlement
from lms.payments import jobs as payment_jobs
from lms.payments import provider_events, refunds
from lms.payments.balance_check import differences
from lms.payments.open_provider import open_provider
from lms.payments.provider import BadSignature, Provider
from lms.payments.refunds import NewRefund
from lms.sales import credit_notes, orders
from lms.sales.credit_notes import NewCreditNote
from lms.sales.new_orders import NewOrder
from tests.clock import Clock
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import SEAT
from tests.servers.stripe import FAULTY, Delivery, FakeStripe
from tests.servers.stripe_objects import PAYS
from tests.wait_until import PATIENCE_S

T = TypeVar("T")
CONTEXT = MailContext(Links("http://localhost"), OFFICE.zone)
HANDLERS = {kind.name: kind.handler for kind in (*checkout_jobs.JOBS, *payment_jobs.JOBS)}
POSTPONED = {Delivery.OUT_OF_ORDER, Delivery.LATE}


@dataclass
class Shop:
    """Acts as the buyer, provider, worker, and clock under one kind of delivery."""

    carrel: Carrel
    fake: FakeStripe
    clock: Clock
    refused: int = 0
    provider: Provider = field(init=False)

    def __post_init__(self) -> None:
        self.provider = open_provider(self.carrel.settings)

    def draft(self, new: NewOrder = SEAT) -> str:
        """Draft an order that is not placed."""
        with self.carrel.database.transaction() as session:
            return orders.draft(session, new, actor=None, now=self.clock.moment).public_id

    def place(self, new: NewOrder) -> str:
        """Place an order as our team does."""
        with self.carrel.database.transaction() as session:
            order = orders.place(
                session, new, mail_context=CONTEXT, actor=None, now=self.clock.moment
            )
            return order.public_id

    def open(self, order_id: str) -> OpenCheckout:
        """Open the provider's page, and try again if the provider was unavailable."""
        new = NewCheckout(order_id, "http://localhost/thanks", "http://localhost/cart")
        self._trouble()
        return self.patiently(
            lambda: open_checkout(self.carrel, self.provider, new, now=self.clock.moment)
        )

    def pay(self, opened: OpenCheckout, card: str = PAYS, **more: str) -> int:
        """Submit the provider's page; return its status."""
        answer = requests.post(
            opened.url, {"card": card, **more}, allow_redirects=False, timeout=PATIENCE_S
        )
        return answer.status_code

    def come_back(self, order_id: str) -> None:
        """Return from the provider's page."""
        settle_order(self.carrel, self.provider, order_id, now=self.clock.moment)

    def payment(self) -> str:
        """Return the provider's reference of its newest payment."""
        found = self.fake.books.objects.values()
        return str([one["id"] for one in found if one["object"] == "payment_intent"][-1])

    def credit(self, order_id: str, reason: CreditReason = CreditReason.RETURN) -> str:
        """Credit all of an order; return the credit note's ID."""
        with self.carrel.database.transaction() as session:
            order = orders.find_order(session, order_id, lock=True)
            note = credit_notes.credit(
                session,
                order,
                NewCreditNote(reason),
                mail_context=CONTEXT,
                actor=None,
                now=self.clock.moment,
            )
            return note.public_id

    def refund(self, note_id: str, amount_minor: int, key: str = "key") -> str:
        """Request a refund of a credit note to the newest payment's card."""
        with self.carrel.database.transaction() as session:
            payment = session.scalars(select(Payment).order_by(Payment.id.desc())).first()
            assert payment is not None
            new = NewRefund(payment.public_id, amount_minor, key, note_id)
            made = refunds.request(session, new, actor=None, now=self.clock.moment).public_id
        self._trouble()
        self.work()
        return made

    def hear(self) -> None:
        """Deliver the provider's webhooks, unless they are delayed, and process them."""
        self._trouble()
        if self.fake.delivery not in POSTPONED:
            self.fake.deliver(self._webhook)
        self.work()

    def finish(self) -> None:
        """Let days pass, run their rounds, and deliver what was delayed."""
        if self.fake.delivery is Delivery.OUT_OF_ORDER:
            self.fake.deliver(self._webhook)
        self.work()
        for pause in (timedelta(minutes=11), timedelta(hours=1), timedelta(days=3)):
            self.clock.advance(pause)
            self._trouble()
            self.patiently(lambda: rounds.sweep(self.carrel, self.provider, now=self.clock.moment))
            self.patiently(lambda: rounds.listen(self.carrel, self.provider, now=self.clock.moment))
            self.work()
        self.fake.deliver(self._webhook)
        self.work()

    def work(self) -> None:
        """Run waiting jobs until none is left or each has failed three times."""
        for _ in range(3):
            for job_id, kind, subject, payload in self._waiting():
                run = JobRun(0, "", subject, payload, 1, 3, cast(Watch, None))
                try:
                    HANDLERS[kind](self.carrel, run)
                except TryAgain:
                    continue
                except GiveUp:
                    self._end(job_id, JobState.FAILED)
                else:
                    self._end(job_id, JobState.DONE)

    def patiently(self, act: Callable[[], T]) -> T:
        """Call a function, and try again as a person does."""
        for _ in range(3):
            try:
                return act()
            except Unavailable:
                continue
        return act()

    def _trouble(self) -> None:
        if self.fake.delivery in FAULTY:
            self.fake.faults = [self.fake.delivery]

    def _webhook(self, body: bytes, signature: str) -> None:
        now = self.clock.moment
        try:
            event = self.provider.read_event(body, signature, now=now)
        except BadSignature:
            self.refused += 1
            return
        with self.carrel.database.transaction() as session:
            provider_events.store(session, self.provider, event, now=now)

    def _waiting(self) -> list[tuple[int, str, str, Mapping[str, Any]]]:
        with self.carrel.database.read_session() as session:
            rows = session.execute(
                select(Job.id, Job.kind, Job.subject, Job.payload)
                .where(Job.state == JobState.QUEUED, Job.kind.in_(HANDLERS))
                .order_by(Job.id)
            )
            return [(row.id, row.kind, row.subject, row.payload) for row in rows]

    def _end(self, job_id: int, state: JobState) -> None:
        with self.carrel.database.transaction() as session:
            job = session.get_one(Job, job_id)
            job.state, job.finished_at = state, self.clock.moment

    def dump(self) -> str:
        """Return the resulting money, documents, access, and email, without IDs and times."""
        of = {Grant: (Grant.order_line_id.is_not(None),)}
        with self.carrel.database.read_session() as session:

            def rows(model: Any, *names: str) -> list[str]:
                found = session.scalars(select(model).where(*of.get(model, ())))
                values = [[getattr(one, name) for name in names] for one in found]
                return sorted(f"{model.__tablename__} {_say(one)}" for one in values)

            unfolded = session.scalars(
                select(ProviderEvent.event_id).where(ProviderEvent.processed_at.is_(None))
            ).all()
            failed = session.scalars(select(Job.kind).where(Job.state == JobState.FAILED)).all()
            lines = [
                *rows(Checkout, "state", "amount_minor"),
                *rows(Payment, "method", "amount_minor", "open_minor", "reversed_as", "returns_on"),
                *rows(Settlement, "amount_minor", "undone_at"),
                *rows(Document, "kind", "label", "total_minor", "open_minor", "reason"),
                *rows(Refund, "amount_minor", "state"),
                *rows(Dispute, "state", "amount_minor"),
                *rows(Grant, "kind", "awaits_payment_since", "suspended_at", "revoked_as"),
                *rows(Mail, "kind", "recipient"),
                *(f"balance differs: {one}" for one in differences(session)),
                *(f"not folded: {len(unfolded)}" for _ in unfolded[:1]),
                *(f"job failed: {kind}" for kind in failed),
            ]
        return "\n".join(lines) + "\n"


def _say(values: list[Any]) -> str:
    return " ".join(
        "-" if one is None else str(one) if isinstance(one, int | str) else "set" for one in values
    )
