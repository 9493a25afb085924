"""Tables of ID mappings between platforms, from an old one to a new one, and their pairs."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import (
    Numbered,
    optional_reference,
    partial_index,
    public_id_column,
    reference,
)


class MapState(StrEnum):
    """The state of a mapping: under review, being changed by a job, or finished."""

    DRAFT = "draft"
    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"


class Evidence(StrEnum):
    """Why two identities are considered one person."""

    SIS_ID = "sis_id"  # both systems have the same ID from the institution's records
    ADDRESS = "address"  # both systems have the same email address
    LISTED = "listed"  # the institution's own list says so
    NAME = "name"  # only a hint
    NONE = "none"  # no match was found


class Doubt(StrEnum):
    """Reasons against a pair; with one of the first four it can't be applied."""

    UNKNOWN = "unknown"  # no one in the old system has that ID
    INCOMPLETE = "incomplete"  # a line without both IDs
    REPEATED = "repeated"  # a repeated line
    ALREADY = "already"  # already one person here
    TWO_OLD = "two_old"  # several people of the old system would become this one
    TWO_NEW = "two_new"  # this one would become several
    NAMES_DIFFER = "names_differ"
    IDS_DIFFER = "ids_differ"  # the addresses match, the institution's IDs do not
    TWO_SEATS = "two_seats"  # both have a seat for the same thing


class PairState(StrEnum):
    """The result of a pair."""

    OPEN = "open"
    APPLIED = "applied"
    UNDONE = "undone"
    FAILED = "failed"


class PeopleMap(Numbered, kw_only=True):
    """A mapping of people from one registration of an organization to another.

    `total` is the number of pairs in the current or last job.
    """

    __tablename__ = "lti_people_map"
    __table_args__ = (
        CheckConstraint("old_registration_id <> new_registration_id", name="of_two_systems"),
    )

    public_id: Mapped[str] = public_id_column()
    organization_id: Mapped[int] = reference("organization.id", "RESTRICT")
    old_registration_id: Mapped[int] = reference("lti_registration.id", "CASCADE")
    new_registration_id: Mapped[int] = reference("lti_registration.id", "CASCADE")
    state: Mapped[MapState] = mapped_column(default=MapState.DRAFT)
    total: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class MapPair(Numbered, kw_only=True):
    """One line of a mapping: an ID of the old system, one of the new, and the evidence for the match.

    `new_sub` is empty if no match was found. `made_identity` is True if this pair created the new
    identity before the person's first launch.
    """

    __tablename__ = "lti_map_pair"
    __table_args__ = (
        CheckConstraint("number > 0", name="number_from_one"),
        CheckConstraint(
            "NOT is_chosen OR (old_identity_id IS NOT NULL AND new_sub <> '')",
            name="chosen_between_two",
        ),
        CheckConstraint("(state = 'applied') = (applied_at IS NOT NULL)", name="applied_at_a_time"),
        CheckConstraint(
            "state <> 'applied' OR new_identity_id IS NOT NULL", name="applied_to_somebody"
        ),
        Index("ix_lti_map_pair_map_id_number", "map_id", "number"),
        partial_index(
            "uq_lti_map_pair_old_applied",
            "old_identity_id",
            unique=True,
            where=text("state = 'applied'"),
        ),
        partial_index(
            "uq_lti_map_pair_new_applied",
            "new_identity_id",
            unique=True,
            where=text("state = 'applied'"),
        ),
    )

    public_id: Mapped[str] = public_id_column()
    map_id: Mapped[int] = mapped_column(ForeignKey("lti_people_map.id", ondelete="CASCADE"))
    number: Mapped[int]
    line: Mapped[int | None] = mapped_column(default=None)  # line number in the imported list
    old_sub: Mapped[str] = mapped_column(String(255))
    new_sub: Mapped[str] = mapped_column(String(255), default="")
    old_identity_id: Mapped[int | None] = optional_reference("lti_identity.id", "CASCADE")
    new_identity_id: Mapped[int | None] = optional_reference("lti_identity.id", "CASCADE")
    evidence: Mapped[Evidence]
    doubt: Mapped[Doubt | None] = mapped_column(default=None)
    is_chosen: Mapped[bool] = mapped_column(default=False)
    state: Mapped[PairState] = mapped_column(default=PairState.OPEN)
    failure: Mapped[str] = mapped_column(Text, default="")
    made_identity: Mapped[bool] = mapped_column(default=False)
    applied_at: Mapped[datetime | None] = mapped_column(default=None)
