"""Tables of buying: who is to have the seats of a line, and browsers that may open what they paid for."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Base, UTCDateTime


class NamedPerson(Base, kw_only=True):
    """Someone whom the buyer named for a seat of an order line; invited once its access is open."""

    __tablename__ = "named_person"
    __table_args__ = (UniqueConstraint("order_line_id", "email_key"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(200), default="")


class OrderSession(Base, kw_only=True):
    """A browser in which an order was placed without an account (PRODUCT.md, S15).

    It opens what that order bought and nothing else, until it expires or the buyer's address is
    confirmed. Its secret is stored as a SHA-256.
    """

    __tablename__ = "order_session"
    __table_args__ = (
        UniqueConstraint("token_hash", "order_id"),
        CheckConstraint("length(token_hash) = 32", name="token_is_a_sha256"),
        CheckConstraint("expires_at > created_at", name="expires_after_creation"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    order_id: Mapped[int] = mapped_column(
        ForeignKey("customer_order.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
