"""The table of badge keys, which sign the badges of certificates."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Base, UTCDateTime, words

SIGNS = text("state = 'active'")


class BadgeKeyState(StrEnum):
    """A key signs, then is published for as long as badges are kept, unless it became known."""

    ACTIVE = "active"
    RETIRED = "retired"
    WITHDRAWN = "withdrawn"


class BadgeKey(Base, kw_only=True):
    """One of our RSA keys. `private_key` is PEM, sealed with the house's secret key, while it signs."""

    __tablename__ = "badge_key"
    __table_args__ = (
        CheckConstraint("(state = 'active') = (retired_at IS NULL)", name="retired_at_a_time"),
        CheckConstraint(
            "(state = 'active') = (private_key IS NOT NULL)", name="signs_with_its_secret"
        ),
        Index(
            "uq_badge_key_active",
            "state",
            unique=True,
            sqlite_where=SIGNS,
            postgresql_where=SIGNS,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    kid: Mapped[str] = mapped_column(String(64), unique=True)
    private_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    public_jwk: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[BadgeKeyState] = mapped_column(words(BadgeKeyState))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
