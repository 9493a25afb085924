"""Tables of group viewings and their attendees."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Numbered, partial_index, public_id_column, reference

OPEN = text("closed_at IS NULL")


class EnteredBy(StrEnum):
    """Who entered a name: the person, on their own phone, or the host."""

    SELF = "self"
    HOST = "host"


class Showing(Numbered, kw_only=True):
    """One group viewing of one webinar by a person with that license (PRODUCT.md, G2).

    `code` is in the link for the room. People can check in until the viewing is closed, at `closes_at`
    at the latest; `minutes_shown` is how much was shown by then.
    """

    __tablename__ = "showing"
    __table_args__ = (
        CheckConstraint("closes_at > opened_at", name="closes_after_opening"),
        CheckConstraint(
            "(closed_at IS NULL) = (minutes_shown IS NULL)", name="closed_with_minutes"
        ),
        CheckConstraint("minutes_shown IS NULL OR minutes_shown >= 0", name="minutes_not_negative"),
        partial_index(
            "uq_showing_open_login_id_webinar_id", "login_id", "webinar_id", unique=True, where=OPEN
        ),
    )

    public_id: Mapped[str] = public_id_column()
    webinar_id: Mapped[int] = reference("webinar.id", "RESTRICT")
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id", ondelete="RESTRICT"))
    grant_id: Mapped[int] = reference("grant_line.id", "RESTRICT")
    room: Mapped[str] = mapped_column(String(200))
    zone: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(10), unique=True)
    opened_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
    minutes_shown: Mapped[int | None] = mapped_column(default=None)


class Attendee(Numbered, kw_only=True):
    """A person at a group viewing; the link to the slides is stored only as its hash.

    `email` is the address that was entered, and `email_key` the key of their account's since it was changed.
    """

    __tablename__ = "attendee"
    __table_args__ = (
        UniqueConstraint("showing_id", "email_key"),
        CheckConstraint("length(token_hash) = 32", name="token_is_a_sha256"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
    )

    public_id: Mapped[str] = public_id_column()
    showing_id: Mapped[int] = mapped_column(ForeignKey("showing.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320))
    entered_by: Mapped[EnteredBy]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    entered_at: Mapped[datetime]
