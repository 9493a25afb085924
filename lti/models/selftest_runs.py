"""The table of self-test runs that staff asked for, with their results."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Numbered, optional_reference, public_id_column


class Selftest(Numbered, kw_only=True):
    """One run of the self-test: its results as JSON once finished, and the registration tested with it."""

    __tablename__ = "lti_selftest"
    __table_args__ = (CheckConstraint("passed >= 0 AND failed >= 0", name="counts_not_negative"),)

    public_id: Mapped[str] = public_id_column()
    registration_id: Mapped[int | None] = optional_reference("lti_registration.id", "SET NULL")
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    passed: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    proofs: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default_factory=list)
