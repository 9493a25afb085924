"""The table of the audit log."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.acting_roles import ActingRole
from lms.core.model_base import Numbered


class AuditEntry(Numbered, kw_only=True):
    """One act and its actor, by ids only, so that deleting an account removes all personal data.

    Entries are append-only: a trigger rejects updates and deletes.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject_at", "subject", "at"),
        Index("ix_audit_entry_actor_id", "actor", "id"),
        Index("ix_audit_entry_role_id", "role", "id"),
        Index("ix_audit_entry_act_id", "act", "id"),
    )

    at: Mapped[datetime] = mapped_column(index=True)
    # the public id of the login that acted, if any
    actor: Mapped[str | None] = mapped_column(String(26))
    role: Mapped[ActingRole]
    act: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(26))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
