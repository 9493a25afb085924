"""Who people are on their platforms, and which login each of them is here."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, UTCDateTime, public_id_column


class Identity(Base, kw_only=True):
    """A person of one organisation's platform (PRODUCT.md, I3); its login was made by the first launch.

    The login has no address and no password. `email` is what the platform said last: for finding
    people in lists, never a reason to link anything.
    """

    __tablename__ = "lti_identity"
    __table_args__ = (
        UniqueConstraint("issuer", "organisation_id", "sub"),
        CheckConstraint("(email IS NULL) = (email_key IS NULL)", name="email_with_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    issuer: Mapped[str] = mapped_column(String(500))
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="RESTRICT"), index=True
    )
    sub: Mapped[str] = mapped_column(String(255))
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id", ondelete="CASCADE"), index=True)
    email: Mapped[str | None] = mapped_column(String(320), default=None)
    email_key: Mapped[str | None] = mapped_column(String(320), default=None, index=True)
    is_test_user: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
