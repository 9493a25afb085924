"""The table of branding: the name, logo, contact and home page of this installation."""

from datetime import datetime

from sqlalchemy import CheckConstraint, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Base


class Branding(Base, kw_only=True):
    """The seller's branding; the table has one row."""

    __tablename__ = "branding"
    __table_args__ = (
        CheckConstraint("id = 1", name="only_one"),
        CheckConstraint("length(accent) = 7", name="accent_is_a_hex_color"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    name: Mapped[str] = mapped_column(String(120))
    accent: Mapped[str] = mapped_column(String(7))
    contact_email: Mapped[str] = mapped_column(String(320))
    sender_name: Mapped[str] = mapped_column(String(120))
    about: Mapped[str] = mapped_column(Text, default="")
    logo: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    logo_type: Mapped[str | None] = mapped_column(String(40), default=None)
    updated_at: Mapped[datetime]
