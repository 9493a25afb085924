"""Tables of courses, scores, and rosters: contexts, resource links, and their people."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Numbered, optional_reference, public_id_column, reference

DEFAULT_POINTS: Final = 100
MOST_POINTS: Final = 1000


class CompletionRule(StrEnum):
    """What a link reports: full marks at a threshold, or the share watched."""

    THRESHOLD = "threshold"
    PROPORTIONAL = "proportional"


class ScoreState(StrEnum):
    """The state of a score on its way to the platform's gradebook."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    REFUSED = "refused"  # the platform refused it permanently; the instructor sees why
    WATCHING = "watching"  # started, with nothing to report yet


class Context(Numbered, kw_only=True):
    """A course, with the service URLs of its last launch.

    `differences_url` is where the next roster sync can ask for changes only; `held_back` is the number
    of people whom the last sync would have released had it not stopped for confirmation. `grade_points`
    is the maximum that a teacher last chose in this course.
    """

    __tablename__ = "lti_context"
    __table_args__ = (
        UniqueConstraint("deployment_id", "context_id"),
        CheckConstraint("held_back IS NULL OR held_back >= 0", name="held_back_not_negative"),
        CheckConstraint(f"grade_points BETWEEN 1 AND {MOST_POINTS}", name="grade_points_in_range"),
    )

    public_id: Mapped[str] = public_id_column()
    deployment_id: Mapped[int] = mapped_column(ForeignKey("lti_deployment.id", ondelete="CASCADE"))
    context_id: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(500), default="")
    line_items_url: Mapped[str | None] = mapped_column(String(2000), default=None)
    memberships_url: Mapped[str | None] = mapped_column(String(2000), default=None)
    differences_url: Mapped[str | None] = mapped_column(String(2000), default=None)
    synced_at: Mapped[datetime | None] = mapped_column(default=None)
    sync_failure: Mapped[str | None] = mapped_column(Text, default=None)
    held_back: Mapped[int | None] = mapped_column(default=None)
    grade_points: Mapped[int] = mapped_column(default=DEFAULT_POINTS)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class ResourceLink(Numbered, kw_only=True):
    """A link in a course that launches the tool, and what it shows.

    `target` is a `lti.protocol.content_target.Target` as JSON, from the last signed launch. `scopes`
    are the AGS scopes of the last launch, separated by spaces. `line_item_url` is its gradebook column,
    found or created once. `threshold` is in percent watched.
    """

    __tablename__ = "lti_resource_link"
    __table_args__ = (
        UniqueConstraint("context_id", "resource_link_id"),
        CheckConstraint("threshold BETWEEN 1 AND 100", name="threshold_is_a_percentage"),
    )

    public_id: Mapped[str] = public_id_column()
    context_id: Mapped[int] = mapped_column(ForeignKey("lti_context.id", ondelete="CASCADE"))
    resource_link_id: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(500), default="")
    target: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    webinar_id: Mapped[int | None] = optional_reference("webinar.id", "SET NULL")
    rule: Mapped[CompletionRule] = mapped_column(default=CompletionRule.THRESHOLD)
    threshold: Mapped[int] = mapped_column(Integer, default=90)
    scopes: Mapped[str] = mapped_column(Text, default="")
    line_item_url: Mapped[str | None] = mapped_column(String(2000), default=None)
    line_item_failure: Mapped[str | None] = mapped_column(Text, default=None)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class Score(Numbered, kw_only=True):
    """The score of one person at one link; the rows are the outbox of the gradebook.

    `share` is the part watched, 0 to 1; `given` is the part reported, 0 to 1, and never decreases.
    `stamped_at` is the timestamp last sent; the next must be later.
    """

    __tablename__ = "lti_score"
    __table_args__ = (
        UniqueConstraint("link_id", "identity_id"),
        CheckConstraint("share BETWEEN 0 AND 1", name="share_is_a_share"),
        CheckConstraint("given BETWEEN 0 AND 1", name="given_is_a_share"),
        CheckConstraint("tries >= 0", name="tries_not_negative"),
        CheckConstraint(
            "state <> 'delivered' OR delivered_at IS NOT NULL", name="delivered_at_a_time"
        ),
        Index("ix_lti_score_state_run_at", "state", "run_at"),
    )

    public_id: Mapped[str] = public_id_column()
    link_id: Mapped[int] = mapped_column(ForeignKey("lti_resource_link.id", ondelete="CASCADE"))
    identity_id: Mapped[int] = reference("lti_identity.id", "CASCADE")
    share: Mapped[float]
    given: Mapped[float]
    state: Mapped[ScoreState]
    tries: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[datetime]
    stamped_at: Mapped[datetime | None] = mapped_column(default=None)
    failure: Mapped[str | None] = mapped_column(Text, default=None)
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None] = mapped_column(default=None)


class RosterMember(Numbered, kw_only=True):
    """A person in the platform's last roster of a course (NRPS 2.0); being listed gives no seat.

    `missed` counts consecutive syncs without this person, the last at `missed_at`. `name` is the last
    one received, and is kept if the platform later withholds names.
    """

    __tablename__ = "lti_roster_member"
    __table_args__ = (
        UniqueConstraint("context_id", "sub"),
        CheckConstraint("missed >= 0", name="missed_not_negative"),
    )

    public_id: Mapped[str] = public_id_column()
    context_id: Mapped[int] = mapped_column(ForeignKey("lti_context.id", ondelete="CASCADE"))
    sub: Mapped[str] = mapped_column(String(255))
    name: Mapped[str | None] = mapped_column(String(200), default=None)
    email: Mapped[str | None] = mapped_column(String(320), default=None)
    sis_id: Mapped[str | None] = mapped_column(String(255), default=None)
    is_instructor: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    missed: Mapped[int] = mapped_column(default=0)
    missed_at: Mapped[datetime | None] = mapped_column(default=None)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
