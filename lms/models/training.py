"""Tables of training: assignments, groups, their supervisors, and trainees."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import (
    Base,
    Numbered,
    optional_reference,
    partial_index,
    public_id_column,
    reference,
)

OPEN = text("done_at IS NULL")


class TrainingGroup(Numbered, kw_only=True):
    """A named group of an organization's people, for assigning training."""

    __tablename__ = "training_group"
    __table_args__ = (
        UniqueConstraint("organization_id", "name"),
        CheckConstraint("length(name) BETWEEN 1 AND 100", name="name_length"),
    )

    public_id: Mapped[str] = public_id_column()
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]


class TrainingGroupMember(Base, kw_only=True):
    """A person in a group."""

    __tablename__ = "training_group_member"

    group_id: Mapped[int] = reference("training_group.id", "CASCADE", primary_key=True, index=False)
    login_id: Mapped[int] = reference("login.id", "CASCADE", primary_key=True)


class TrainingGroupInvitee(Base, kw_only=True):
    """An invited address that joins a group with its person; the row lasts until then.

    Staff lists and managers name people who have no account yet.
    """

    __tablename__ = "training_group_invitee"

    group_id: Mapped[int] = reference("training_group.id", "CASCADE", primary_key=True, index=False)
    email_key: Mapped[str] = mapped_column(String(320), primary_key=True, index=True)
    created_at: Mapped[datetime]


class GroupSupervisor(Base, kw_only=True):
    """A person who can see a group, while they are a supervisor of its organization."""

    __tablename__ = "group_supervisor"

    group_id: Mapped[int] = reference("training_group.id", "CASCADE", primary_key=True, index=False)
    login_id: Mapped[int] = reference("login.id", "CASCADE", primary_key=True)


class Training(Numbered, kw_only=True):
    """Webinars that an organization's people should watch by the end of a day in its time zone.

    `policy` is a manager's text that each person must acknowledge; empty requires nothing. `series_id`
    is the series that was assigned; its order is the order of the webinars. `everyone` is for all people
    of the organization, those who come later too. `every_months` starts another round, which is a
    training of its own, so many months after each due date; `previous_id` is the round before, and
    `repeats_from` the due date from which months are counted, so that one on the 31st stays there after
    a shorter month.
    """

    __tablename__ = "training"
    __table_args__ = (
        CheckConstraint("length(title) BETWEEN 1 AND 200", name="title_length"),
        CheckConstraint("due_at > created_at", name="due_after_creation"),
        CheckConstraint("every_months BETWEEN 1 AND 60", name="repeats_within_five_years"),
        CheckConstraint(
            "(every_months IS NULL) = (repeats_from IS NULL)", name="repeats_from_a_day"
        ),
        UniqueConstraint("previous_id"),
    )

    public_id: Mapped[str] = public_id_column()
    organization_id: Mapped[int] = reference("organization.id", "CASCADE")
    series_id: Mapped[int | None] = optional_reference("series.id", "SET NULL")
    title: Mapped[str] = mapped_column(String(200))
    policy: Mapped[str] = mapped_column(Text, default="")
    everyone: Mapped[bool] = mapped_column(default=False)
    every_months: Mapped[int | None] = mapped_column(default=None)
    repeats_from: Mapped[datetime | None] = mapped_column(default=None)
    previous_id: Mapped[int | None] = optional_reference("training.id", "SET NULL", index=False)
    due_at: Mapped[datetime] = mapped_column(index=True)
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)


class TrainingItem(Base, kw_only=True):
    """One webinar of a training; later additions to an assigned series aren't added."""

    __tablename__ = "training_item"

    training_id: Mapped[int] = reference("training.id", "CASCADE", primary_key=True, index=False)
    webinar_id: Mapped[int] = reference("webinar.id", "CASCADE", primary_key=True)


class TrainingAudience(Base, kw_only=True):
    """A group that a training was assigned to; people who join it later also get the training."""

    __tablename__ = "training_audience"

    training_id: Mapped[int] = reference("training.id", "CASCADE", primary_key=True, index=False)
    group_id: Mapped[int] = reference("training_group.id", "CASCADE", primary_key=True)


class Trainee(Numbered, kw_only=True):
    """A person to whom a training was assigned.

    `announced_at` is when they were emailed about it. `looked_at` is the time up to which their watching
    was evaluated. `done_at` is set once everything is completed and the policy, if any, acknowledged; it
    never changes. `reminded` is the last reminder, in days before the due date; -1 is sent afterward.
    """

    __tablename__ = "trainee"
    __table_args__ = (
        UniqueConstraint("training_id", "login_id"),
        CheckConstraint("reminded IN (-1, 0, 3, 14)", name="reminded_on_a_day"),
        CheckConstraint("done_at IS NULL OR completed_at IS NOT NULL", name="done_when_completed"),
        partial_index("ix_trainee_open_training_id", "training_id", where=OPEN),
    )

    public_id: Mapped[str] = public_id_column()
    training_id: Mapped[int] = mapped_column(ForeignKey("training.id", ondelete="CASCADE"))
    login_id: Mapped[int] = reference("login.id", "CASCADE")
    is_begun: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    announced_at: Mapped[datetime | None] = mapped_column(default=None)
    looked_at: Mapped[datetime | None] = mapped_column(default=None)
    completed_at: Mapped[datetime | None] = mapped_column(default=None)
    acknowledged_at: Mapped[datetime | None] = mapped_column(default=None)
    done_at: Mapped[datetime | None] = mapped_column(default=None)
    reminded: Mapped[int | None] = mapped_column(default=None)
