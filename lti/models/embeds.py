"""Embed links: the library inside sites that speak no LTI."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, UTCDateTime, public_id_column, words


class SeatRule(StrEnum):
    """Who may watch by an embed link: each named by a code sent to an address, or all who see the page."""

    NAMED = "named"
    INSTITUTION = "institution"


class EmbedLink(Base, kw_only=True):
    """An organisation's link for an iframe; `origins` are the sites that may frame it, one a line."""

    __tablename__ = "embed_link"
    __table_args__ = (
        CheckConstraint("length(token_hash) = 32", name="token_is_a_sha256"),
        CheckConstraint(
            "expires_at IS NULL OR expires_at > created_at", name="expires_after_creation"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), index=True
    )
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    label: Mapped[str] = mapped_column(String(200))
    target: Mapped[dict[str, Any]] = mapped_column(JSON)
    origins: Mapped[str] = mapped_column(Text)
    seat_rule: Mapped[SeatRule] = mapped_column(words(SeatRule))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
