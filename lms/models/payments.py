"""Tables of payments: payments, settlements, refunds, disputes, reminders, and card checkouts."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import (
    Base,
    Numbered,
    optional_reference,
    partial_index,
    public_id_column,
    reference,
)


class PaymentMethod(StrEnum):
    """How money was received."""

    CARD = "card"
    CHECK = "check"
    TRANSFER = "transfer"
    CASH = "cash"


class Reversal(StrEnum):
    """Why a payment no longer counts."""

    BOUNCED = "bounced"
    MISTAKE = "mistake"
    DISPUTE = "dispute"


class RefundState(StrEnum):
    """The state of a refund."""

    REQUESTED = "requested"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"


class DisputeState(StrEnum):
    """The state of a dispute."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class CheckoutState(StrEnum):
    """The state of one attempt to pay by card; it never goes back to an earlier one (MONEY.md, M5)."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


class Deposit(Numbered, kw_only=True):
    """Checks deposited together at the bank, under the number of the deposit slip."""

    __tablename__ = "deposit"

    public_id: Mapped[str] = public_id_column()
    slip: Mapped[str] = mapped_column(String(80), unique=True)
    deposited_on: Mapped[date]
    created_at: Mapped[datetime]


class Payment(Numbered, kw_only=True):
    """Money received from a payer by one method; `open_minor` of it isn't allocated yet.

    On `returns_on`, what is still open is returned to the payer, unless our team decides otherwise
    (M7).
    """

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("(login_id IS NULL) <> (organization_id IS NULL)", name="one_payer"),
        CheckConstraint("length(currency) = 3", name="currency_is_iso_4217"),
        CheckConstraint("amount_minor > 0", name="amount_above_zero"),
        CheckConstraint("open_minor BETWEEN 0 AND amount_minor", name="open_at_most_amount"),
        CheckConstraint(
            "(reversed_at IS NULL) = (reversed_as IS NULL)", name="reversed_with_a_reason"
        ),
        CheckConstraint("reversed_at IS NULL OR open_minor = 0", name="reversed_is_not_open"),
        CheckConstraint("method <> 'check' OR check_number <> ''", name="checks_have_a_number"),
        Index("ix_payment_received_on", "received_on"),
    )

    public_id: Mapped[str] = public_id_column()
    login_id: Mapped[int | None] = optional_reference("login.id", "RESTRICT")
    organization_id: Mapped[int | None] = optional_reference("organization.id", "RESTRICT")
    method: Mapped[PaymentMethod]
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    open_minor: Mapped[int]
    received_on: Mapped[date]
    check_number: Mapped[str] = mapped_column(String(80), default="", index=True)
    deposit_id: Mapped[int | None] = optional_reference("deposit.id", "SET NULL")
    provider_ref: Mapped[str | None] = mapped_column(String(120), default=None, unique=True)
    note: Mapped[str] = mapped_column(Text, default="")
    livemode: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    reversed_at: Mapped[datetime | None] = mapped_column(default=None)
    reversed_as: Mapped[Reversal | None] = mapped_column(default=None)
    returns_on: Mapped[date | None] = mapped_column(default=None, index=True)


class Settlement(Numbered, kw_only=True):
    """An amount of a payment or a credit note that pays an invoice."""

    __tablename__ = "settlement"
    __table_args__ = (
        CheckConstraint("(payment_id IS NULL) <> (credit_note_id IS NULL)", name="one_source"),
        CheckConstraint("amount_minor > 0", name="amount_above_zero"),
    )

    invoice_id: Mapped[int] = reference("document.id", "RESTRICT")
    payment_id: Mapped[int | None] = optional_reference("payment.id", "RESTRICT")
    credit_note_id: Mapped[int | None] = optional_reference("document.id", "RESTRICT")
    amount_minor: Mapped[int]
    made_at: Mapped[datetime]
    undone_at: Mapped[datetime | None] = mapped_column(default=None)


class Refund(Numbered, kw_only=True):
    """Money returned to a payer: to the card it came from, or by a check that our team writes."""

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_above_zero"),
        CheckConstraint("(state = 'done') = (done_on IS NOT NULL)", name="done_on_a_day"),
    )

    public_id: Mapped[str] = public_id_column()
    payment_id: Mapped[int] = reference("payment.id", "RESTRICT")
    credit_note_id: Mapped[int | None] = optional_reference("document.id", "RESTRICT")
    amount_minor: Mapped[int]
    idempotency_key: Mapped[str] = mapped_column(String(80), unique=True)
    state: Mapped[RefundState] = mapped_column(default=RefundState.REQUESTED)
    provider_ref: Mapped[str | None] = mapped_column(String(120), default=None, unique=True)
    reference: Mapped[str] = mapped_column(String(80), default="")  # the number of the check sent
    requested_at: Mapped[datetime]
    done_on: Mapped[date | None] = mapped_column(default=None)


class Dispute(Numbered, kw_only=True):
    """A payment, or a part of it, that the payer disputes at their bank (PRODUCT.md, R2).

    `lost_minor` is what a lost dispute cost: less than its amount if some was refunded before.
    """

    __tablename__ = "dispute"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_above_zero"),
        CheckConstraint("lost_minor BETWEEN 0 AND amount_minor", name="lost_at_most_amount"),
        CheckConstraint("lost_minor = 0 OR state = 'lost'", name="lost_when_lost"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed_when_decided"),
        partial_index("uq_dispute_open", "payment_id", unique=True, where=text("state = 'open'")),
    )

    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id", ondelete="RESTRICT"))
    provider_ref: Mapped[str | None] = mapped_column(String(120), default=None, unique=True)
    amount_minor: Mapped[int]
    lost_minor: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(200), default="")
    evidence_due: Mapped[datetime | None] = mapped_column(default=None)
    state: Mapped[DisputeState] = mapped_column(default=DisputeState.OPEN)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None] = mapped_column(default=None)


class PauseKind(StrEnum):
    """Why reminders of an order's invoice are paused: a promise by the payer, or our team's decision."""

    CHECK_SENT = "check_sent"
    IN_APPROVAL = "in_approval"
    STOPPED = "stopped"


class ReminderPause(Numbered, kw_only=True):
    """A pause of reminders of an order's invoice until `until`, or indefinitely if that is None (M18).

    `note` and the check's number, date and amount are as the payer typed them. `ended_at` is set when
    another pause replaces it, or when our team resumes reminders.
    """

    __tablename__ = "reminder_pause"
    __table_args__ = (
        CheckConstraint("kind = 'stopped' OR until IS NOT NULL", name="promises_have_an_end"),
        CheckConstraint(
            "kind = 'check_sent' OR (check_number = '' AND sent_on IS NULL AND amount_minor IS NULL)",
            name="only_checks_have_numbers",
        ),
        CheckConstraint("amount_minor > 0", name="amount_above_zero"),
    )

    order_id: Mapped[int] = reference("customer_order.id", "CASCADE")
    kind: Mapped[PauseKind]
    until: Mapped[datetime | None] = mapped_column(default=None)
    note: Mapped[str] = mapped_column(String(500), default="")
    check_number: Mapped[str] = mapped_column(String(80), default="")
    sent_on: Mapped[date | None] = mapped_column(default=None)
    amount_minor: Mapped[int | None] = mapped_column(default=None)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class ReminderStage(StrEnum):
    """When an unpaid invoice gets a reminder, relative to its due date (MONEY.md, M18)."""

    BEFORE_DUE = "before_due"
    DAYS_15 = "days_15"
    DAYS_30 = "days_30"
    DAYS_60 = "days_60"


class PaymentReminder(Numbered, kw_only=True):
    """A reminder of an invoice; each stage is sent once."""

    __tablename__ = "payment_reminder"
    __table_args__ = (UniqueConstraint("invoice_id", "stage"),)

    invoice_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="RESTRICT"))
    stage: Mapped[ReminderStage]
    sent_at: Mapped[datetime]


class ClosedMonth(Base, kw_only=True):
    """A month of the books that is closed to changes (M19)."""

    __tablename__ = "closed_month"
    __table_args__ = (CheckConstraint("length(month) = 7", name="month_is_year_and_month"),)

    month: Mapped[str] = mapped_column(String(7), primary_key=True)  # such as "2026-10"
    closed_at: Mapped[datetime]


class Checkout(Numbered, kw_only=True):
    """One attempt to pay an order or an invoice by card."""

    __tablename__ = "checkout"
    __table_args__ = (
        CheckConstraint("(order_id IS NULL) <> (invoice_id IS NULL)", name="order_or_invoice"),
        CheckConstraint("amount_minor > 0", name="amount_above_zero"),
        partial_index("ix_checkout_open", "expires_at", where=text("state = 'open'")),
    )

    public_id: Mapped[str] = public_id_column()
    order_id: Mapped[int | None] = optional_reference("customer_order.id", "RESTRICT")
    invoice_id: Mapped[int | None] = optional_reference("document.id", "RESTRICT")
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    provider_session: Mapped[str | None] = mapped_column(String(120), default=None, unique=True)
    idempotency_key: Mapped[str] = mapped_column(String(80), unique=True)
    state: Mapped[CheckoutState] = mapped_column(default=CheckoutState.OPEN)
    livemode: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class ProviderEvent(Base, kw_only=True):
    """An event of the card provider as received; a job applies it to the ledger."""

    __tablename__ = "provider_event"

    provider: Mapped[str] = mapped_column(String(20), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    kind: Mapped[str] = mapped_column(String(80))
    object_id: Mapped[str] = mapped_column(String(120), index=True)
    livemode: Mapped[bool]
    received_at: Mapped[datetime]
    processed_at: Mapped[datetime | None] = mapped_column(default=None)
    error: Mapped[str | None] = mapped_column(Text, default=None)


class ProviderEntry(Base, kw_only=True):
    """A balance transaction of the card provider, for reconciling payouts (M12)."""

    __tablename__ = "provider_entry"
    __table_args__ = (CheckConstraint("net_minor = amount_minor - fee_minor", name="net_adds_up"),)

    id: Mapped[str] = mapped_column(String(120), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(120), index=True)
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    fee_minor: Mapped[int]
    net_minor: Mapped[int]
    payout: Mapped[str | None] = mapped_column(String(120), default=None, index=True)
    livemode: Mapped[bool]
    created_at: Mapped[datetime]
