"""Tables of seats: pools, seats, assignments, claim links, waitlist, and verified email domains."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import (
    Numbered,
    optional_reference,
    partial_index,
    public_id_column,
    reference,
)
from lms.models.grants import NAMES_ITS_TARGET, Scope

# In a unique index: active rows share 0, each ended one has its own id. One index then finds all
# rows of a person or seat and allows one active one, and a claim writes three pages fewer.
TURN = text("(CASE WHEN ended_at IS NULL THEN 0 ELSE id END)")
ACTIVE = text("ended_at IS NULL")
EXPIRES = text("expires_at IS NOT NULL")


class ClaimPolicy(StrEnum):
    """Who can claim a free seat: only invited people, or also people of a verified domain."""

    INVITATION = "invitation"
    DOMAIN = "domain"


class PoolPurpose(StrEnum):
    """Who unlimited seats are for, according to a manager (S12)."""

    ME = "me"
    PEOPLE = "people"
    LATER = "later"
    LMS = "lms"


class SeatState(StrEnum):
    """Whether a seat can be assigned; a locked one was released early and still counts as used."""

    TAKEN = "taken"
    FREE = "free"
    LOCKED = "locked"


class AssignmentState(StrEnum):
    """The state of a person's assignment to a seat."""

    INVITED = "invited"
    OFFERED = "offered"
    CLAIMED = "claimed"
    FROZEN = "frozen"
    RELEASED = "released"


class AssignmentEnd(StrEnum):
    """Why an assignment ended; only removal by a manager bars a later claim by domain (S7)."""

    EXPIRED = "expired"
    REMOVED = "removed"
    REASSIGNED = "reassigned"
    LEFT = "left"
    OVER_CAPACITY = "over_capacity"
    LAPSED = "lapsed"
    ERASED = "erased"


BY_A_MANAGER: Final = (AssignmentEnd.REMOVED, AssignmentEnd.REASSIGNED)


class WaitingEnd(StrEnum):
    """Why a person is no longer on the waitlist."""

    OFFERED = "offered"
    SEATED = "seated"
    LEFT = "left"
    REMOVED = "removed"


class Pool(Numbered, kw_only=True):
    """An organization's seats for one scope; `capacity` NULL means unlimited.

    Only lms/seats/pools.py and lms/seats/claims.py write `capacity` and `used`. `used` counts invited,
    offered and claimed assignments, locked seats, and seats allotted to member organizations. A pool
    allotted from another has no grants of its own: the parent pool's grants admit its people. `is_pass`
    marks an all-access pass that an organization owns, one pool for each pass. `meant_for` is who
    unlimited seats are for; NULL until a manager has answered.
    """

    __tablename__ = "pool"
    __table_args__ = (
        CheckConstraint(NAMES_ITS_TARGET, name="scope_names_its_target"),
        CheckConstraint("used >= 0", name="used_not_negative"),
        CheckConstraint("capacity IS NULL OR used <= capacity", name="not_oversold"),
        CheckConstraint(
            "allotted IS NULL OR (allotted_from_id IS NOT NULL AND allotted >= 0)",
            name="allotted_from_a_pool",
        ),
        CheckConstraint(
            "allotted_from_id IS NULL OR allotted_from_id <> id", name="not_allotted_from_itself"
        ),
        CheckConstraint("NOT (is_pass AND is_permanent)", name="passes_end"),
    )

    public_id: Mapped[str] = public_id_column()
    organization_id: Mapped[int] = reference("organization.id", "RESTRICT")
    scope: Mapped[Scope]
    webinar_id: Mapped[int | None] = optional_reference("webinar.id", "RESTRICT")
    presenter_id: Mapped[int | None] = optional_reference("presenter.id", "RESTRICT")
    series_id: Mapped[int | None] = optional_reference("series.id", "RESTRICT")
    is_permanent: Mapped[bool]
    is_pass: Mapped[bool] = mapped_column(default=False, server_default=false())
    capacity: Mapped[int | None]
    used: Mapped[int] = mapped_column(default=0)
    claim_policy: Mapped[ClaimPolicy] = mapped_column(default=ClaimPolicy.INVITATION)
    allotted_from_id: Mapped[int | None] = optional_reference("pool.id", "RESTRICT")
    allotted: Mapped[int | None] = mapped_column(default=None)
    meant_for: Mapped[PoolPurpose | None] = mapped_column(default=None)
    created_at: Mapped[datetime]


class Seat(Numbered, kw_only=True):
    """One permanent seat in a pool; its assignments are its history.

    A locked seat unlocks automatically at `opens_at`, or if that is NULL, when staff approve it (S3).
    """

    __tablename__ = "seat"
    __table_args__ = (
        CheckConstraint("opens_at IS NULL OR state = 'locked'", name="only_a_locked_one_opens"),
        Index("ix_seat_pool_id_state", "pool_id", "state"),
    )

    public_id: Mapped[str] = public_id_column()
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id", ondelete="RESTRICT"))
    state: Mapped[SeatState]
    opens_at: Mapped[datetime | None] = mapped_column(default=None)
    created_at: Mapped[datetime]


class Assignment(Numbered, kw_only=True):
    """One person's time in one seat; active while `ended_at` is NULL, at most one per seat.

    `email` is the address that was invited, NULL for people without one; `login_id` is set once the
    seat is claimed. `notified_at` is when the last invitation was written. `leaving_since` is set if a
    manager chose this person to leave when a smaller term begins (C2).
    """

    __tablename__ = "assignment"
    __table_args__ = (
        CheckConstraint("(email IS NULL) = (email_key IS NULL)", name="email_with_key"),
        CheckConstraint("email IS NOT NULL OR login_id IS NOT NULL", name="somebody"),
        CheckConstraint("(state = 'released') = (ended_at IS NOT NULL)", name="released_is_over"),
        CheckConstraint("(ended_at IS NULL) = (ended_as IS NULL)", name="ended_with_a_reason"),
        CheckConstraint(
            "state NOT IN ('invited', 'offered') OR expires_at IS NOT NULL", name="open_ones_expire"
        ),
        CheckConstraint(
            "state NOT IN ('claimed', 'frozen')"
            " OR (login_id IS NOT NULL AND claimed_at IS NOT NULL)",
            name="claimed_by_a_login",
        ),
        Index("uq_assignment_active_seat_id", "seat_id", TURN, unique=True),
        Index("uq_assignment_active_login_id_pool_id", "login_id", "pool_id", TURN, unique=True),
        Index("uq_assignment_active_email_key_pool_id", "email_key", "pool_id", TURN, unique=True),
        partial_index("ix_assignment_state_expires_at", "state", "expires_at", where=EXPIRES),
    )

    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id", ondelete="RESTRICT"))
    pool_id: Mapped[int] = reference("pool.id", "RESTRICT")
    login_id: Mapped[int | None] = optional_reference("login.id", "RESTRICT", index=False)
    email: Mapped[str | None] = mapped_column(String(320), default=None)
    email_key: Mapped[str | None] = mapped_column(String(320), default=None)
    name: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[AssignmentState]
    created_at: Mapped[datetime]
    notified_at: Mapped[datetime | None] = mapped_column(default=None)
    expires_at: Mapped[datetime | None] = mapped_column(default=None)
    claimed_at: Mapped[datetime | None] = mapped_column(default=None)
    frozen_at: Mapped[datetime | None] = mapped_column(default=None)
    leaving_since: Mapped[datetime | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_as: Mapped[AssignmentEnd | None] = mapped_column(default=None)


class ClaimLink(Numbered, kw_only=True):
    """A link that claims a seat, stored only as its hash.

    With an assignment, it works once, for the invited address; without one, it is the pool's shared
    link, which works `most_uses` times. `is_mailed` means that it was sent to that address only, so
    opening it proves the mailbox (S13); all others were shown to a manager.
    """

    __tablename__ = "claim_link"
    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="expires_after_creation"),
        CheckConstraint("length(token_hash) = 32", name="token_is_a_sha256"),
        CheckConstraint("uses BETWEEN 0 AND most_uses", name="not_used_too_often"),
        CheckConstraint("assignment_id IS NULL OR most_uses = 1", name="a_bound_one_works_once"),
        CheckConstraint("NOT is_mailed OR assignment_id IS NOT NULL", name="a_mailed_one_is_bound"),
    )

    public_id: Mapped[str] = public_id_column()
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    pool_id: Mapped[int] = reference("pool.id", "CASCADE")
    assignment_id: Mapped[int | None] = optional_reference("assignment.id", "CASCADE")
    most_uses: Mapped[int] = mapped_column(default=1)
    is_mailed: Mapped[bool] = mapped_column(default=False, server_default=false())
    uses: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)


class WaitingEntry(Numbered, kw_only=True):
    """A person on the waitlist of a full pool, first in, first out (S9)."""

    __tablename__ = "waiting_entry"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_as IS NULL)", name="ended_with_a_reason"),
        CheckConstraint("(email IS NULL) = (email_key IS NULL)", name="email_with_key"),
        CheckConstraint("email IS NOT NULL OR login_id IS NOT NULL", name="somebody"),
        partial_index(
            "uq_waiting_entry_active_pool_id_email_key",
            "pool_id",
            "email_key",
            unique=True,
            where=ACTIVE,
        ),
        partial_index(
            "uq_waiting_entry_active_pool_id_login_id",
            "pool_id",
            "login_id",
            unique=True,
            where=ACTIVE,
        ),
    )

    public_id: Mapped[str] = public_id_column()
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id", ondelete="CASCADE"))
    login_id: Mapped[int | None] = optional_reference("login.id", "CASCADE")
    email: Mapped[str | None] = mapped_column(String(320), default=None)
    email_key: Mapped[str | None] = mapped_column(String(320), default=None, index=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    joined_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_as: Mapped[WaitingEnd | None] = mapped_column(default=None)


class VerifiedDomain(Numbered, kw_only=True):
    """An email domain that belongs to an organization, so that its people can claim seats (S7)."""

    __tablename__ = "verified_domain"
    __table_args__ = (
        CheckConstraint("length(domain) BETWEEN 3 AND 255", name="domain_length"),
        CheckConstraint("domain = lower(domain)", name="domain_in_lower_case"),
    )

    public_id: Mapped[str] = public_id_column()
    organization_id: Mapped[int] = reference("organization.id", "CASCADE")
    domain: Mapped[str] = mapped_column(String(255), unique=True)
    verified_at: Mapped[datetime]
