"""Tables of organizations: institutions, memberships, and member invitations."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Base, UTCDateTime, public_id_column, words


class Role(StrEnum):
    """What a person is in an organization."""

    MEMBER = "member"
    SUPERVISOR = "supervisor"  # sees the people, training and reports of some groups
    BILLING = "billing"  # sees what was bought and is owed
    LMS_ADMIN = "lms_admin"  # connects learning management systems
    MANAGER = "manager"
    OWNER = "owner"


MANAGING: Final = (Role.MANAGER, Role.OWNER)


class Organization(Base, kw_only=True):
    """A customer institution.

    `merged_into` names the organization that stays when two turn out to be one. That one is never
    merged itself, so there are no chains; `lms/access/merged_organizations.py` reads both as one.
    """

    __tablename__ = "organization"
    __table_args__ = (
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_its_own_parent"),
        CheckConstraint("merged_into IS NULL OR merged_into <> id", name="not_merged_into_itself"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    zone: Mapped[str | None] = mapped_column(String(64), default=None)
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("organization.id", ondelete="RESTRICT"), default=None, index=True
    )
    merged_into: Mapped[int | None] = mapped_column(
        ForeignKey("organization.id", ondelete="RESTRICT"), default=None, index=True
    )
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Membership(Base, kw_only=True):
    """A login's place in an organization."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("organization_id", "login_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id", ondelete="CASCADE"))
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id", ondelete="CASCADE"), index=True)
    role: Mapped[Role] = mapped_column(words(Role))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class MemberInvitation(Base, kw_only=True):
    """A place in an organization that somebody was asked to take and has not accepted yet.

    `email` and `name` are what the manager typed, and all that managers see of the person till then.
    """

    __tablename__ = "member_invitation"
    __table_args__ = (UniqueConstraint("organization_id", "email_key"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id", ondelete="CASCADE"))
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id", ondelete="CASCADE"), index=True)
    role: Mapped[Role] = mapped_column(words(Role))
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
