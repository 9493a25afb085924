"""The table of self-test runs that staff asked for, with their results."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Base, UTCDateTime, public_id_column


class Selftest(Base, kw_only=True):
    """One run of the self-test: its results as JSON once finished, and the registration tested with it."""

    __tablename__ = "lti_selftest"
    __table_args__ = (CheckConstraint("passed >= 0 AND failed >= 0", name="counts_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    registration_id: Mapped[int | None] = mapped_column(
        ForeignKey("lti_registration.id", ondelete="SET NULL"), default=None, index=True
    )
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    passed: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    proofs: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default_factory=list)
