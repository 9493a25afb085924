"""Tables of delivery leases, one for each platform, and of progress marks."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Base


class Turn(Base, kw_only=True):
    """The lease on deliveries to a platform: one worker at a time, and none during an outage.

    `failures` in a row, `failing_since` and `failure` describe an outage; the next attempt is at
    `asks_at`.
    """

    __tablename__ = "lti_turn"
    __table_args__ = (
        CheckConstraint("(leased_by IS NULL) = (lease_until IS NULL)", name="leased_by_somebody"),
        CheckConstraint("failures >= 0", name="failures_not_negative"),
        CheckConstraint("(failures = 0) = (failing_since IS NULL)", name="failing_since_a_time"),
    )

    registration_id: Mapped[int] = mapped_column(
        ForeignKey("lti_registration.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    leased_by: Mapped[str | None] = mapped_column(String(100), default=None)
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None] = mapped_column(default=None)
    failure: Mapped[str | None] = mapped_column(Text, default=None)
    asks_at: Mapped[datetime]


class ProgressMark(Base, kw_only=True):
    """The time up to which watch progress has been read for gradebooks: one row."""

    __tablename__ = "lti_progress_mark"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    looked_until: Mapped[datetime]
