"""Tables of the catalog: webinars, series, and presenters."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
    select,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.list_queries import gathered
from lms.core.model_base import Base, Numbered, optional_reference, public_id_column, reference


class WebinarState(StrEnum):
    """The stored states; live and past follow from held_at, minutes and the current time."""

    DRAFT = "draft"
    ANNOUNCED = "announced"
    CANCELED = "canceled"
    WITHDRAWN = "withdrawn"
    PULLED = "pulled"


OFF: Final = (WebinarState.CANCELED, WebinarState.PULLED)  # no one attends or watches it


class InsteadKind(StrEnum):
    """What people with access to a removed webinar are offered instead."""

    WEBINAR = "webinar"
    REFUND = "refund"
    WORDS = "words"


class Series(Numbered, kw_only=True):
    """A named sequence of webinars; an event in several parts is also a series."""

    __tablename__ = "series"

    public_id: Mapped[str] = public_id_column()
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]


class Presenter(Numbered, kw_only=True):
    """A presenter, with a biography in Markdown and the storage key of a picture."""

    __tablename__ = "presenter"

    public_id: Mapped[str] = public_id_column()
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    biography: Mapped[str] = mapped_column(Text, default="")
    picture_key: Mapped[str | None] = mapped_column(String(300), default=None)
    created_at: Mapped[datetime]


class Webinar(Numbered, kw_only=True):
    """One event: a page, a date, at most one current recording, and any number of handouts."""

    __tablename__ = "webinar"
    __table_args__ = (
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes_within_a_day"),
        CheckConstraint("length(title) BETWEEN 1 AND 200", name="title_length"),
        CheckConstraint(
            "(state = 'pulled') = (pulled_reason IS NOT NULL)", name="pulled_with_a_reason"
        ),
        Index("ix_webinar_state_held_at", "state", "held_at"),
        Index("ix_webinar_announced_at", "announced_at"),
    )

    public_id: Mapped[str] = public_id_column()
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    subtitle: Mapped[str] = mapped_column(String(200), default="", server_default="")
    hosted_by: Mapped[str] = mapped_column(String(200), default="", server_default="")
    summary: Mapped[str] = mapped_column(String(400), default="")
    overview: Mapped[str] = mapped_column(Text, default="")
    agenda: Mapped[str] = mapped_column(Text, default="")  # one item per line
    held_at: Mapped[datetime]
    zone: Mapped[str] = mapped_column(String(64))
    minutes: Mapped[int]
    live_link: Mapped[str | None] = mapped_column(String(2000), default=None)
    # None: the default of lms/models/live.py
    survey_link: Mapped[str | None] = mapped_column(String(2000), default=None)
    # False: people who register are asked the default questions
    has_own_questions: Mapped[bool] = mapped_column(default=False, server_default=false())
    free: Mapped[bool] = mapped_column(default=False)
    # False: not included in passes or contracts for everything, a series or a presenter
    is_in_passes: Mapped[bool] = mapped_column(default=True, server_default=true())
    state: Mapped[WebinarState] = mapped_column(default=WebinarState.DRAFT)
    pulled_reason: Mapped[str | None] = mapped_column(Text, default=None)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    announced_at: Mapped[datetime | None] = mapped_column(default=None)
    # The picture that staff chose instead of a frame of the recording.
    poster_key: Mapped[str | None] = mapped_column(String(200), default=None)
    # Grows with every change to the event in people's calendars (RFC 5545, 3.8.7.4).
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")
    # Grows with every change that registered people are notified of: new date, canceled,
    # reinstated.
    notice: Mapped[int] = mapped_column(default=0, server_default="0")
    notice_said: Mapped[str] = mapped_column(Text, default="", server_default="")
    moved_from: Mapped[datetime | None] = mapped_column(default=None)
    moved_at: Mapped[datetime | None] = mapped_column(default=None)


class PulledInstead(Base, kw_only=True):
    """What people with access to a removed webinar get (W2): another webinar, a refund, or the text `said`."""

    __tablename__ = "pulled_instead"
    __table_args__ = (
        CheckConstraint("(kind = 'webinar') = (other_id IS NOT NULL)", name="names_the_other"),
        CheckConstraint("other_id <> webinar_id", name="is_another"),
        CheckConstraint("kind <> 'words' OR length(said) > 0", name="words_are_said"),
    )

    webinar_id: Mapped[int] = mapped_column(
        ForeignKey("webinar.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    kind: Mapped[InsteadKind]
    other_id: Mapped[int | None] = optional_reference("webinar.id", "RESTRICT")
    said: Mapped[str] = mapped_column(Text, default="")


class WebinarSeries(Numbered, kw_only=True):
    """A webinar's place in a series; `position` is set only if staff ordered it, else the date counts."""

    __tablename__ = "webinar_series"
    __table_args__ = (
        UniqueConstraint("webinar_id", "series_id"),
        CheckConstraint("position >= 1", name="position_from_one"),
    )

    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinar.id", ondelete="CASCADE"))
    series_id: Mapped[int] = reference("series.id", "RESTRICT")
    position: Mapped[int | None] = mapped_column(default=None)


class WebinarPresenter(Numbered, kw_only=True):
    """A presenter of a webinar, in the order in which they are named."""

    __tablename__ = "webinar_presenter"
    __table_args__ = (UniqueConstraint("webinar_id", "presenter_id"),)

    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinar.id", ondelete="CASCADE"))
    presenter_id: Mapped[int] = reference("presenter.id", "RESTRICT")
    position: Mapped[int]


# The names of a webinar's presenters, in order, as rows in one column.
presenter_names = gathered(
    select(Presenter.name)
    .join_from(WebinarPresenter, Presenter)
    .where(WebinarPresenter.webinar_id == Webinar.id)
    .order_by(WebinarPresenter.position)
    .correlate(Webinar)
)
