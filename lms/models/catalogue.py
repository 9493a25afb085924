"""What the house offers: webinars, who presents them, and the files that belong to them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, UTCDateTime, public_id_column, words
from media.kinds import DocumentKind

LARGE = BigInteger().with_variant(Integer, "sqlite")  # whose integers have 64 bits by themselves


class WebinarState(StrEnum):
    """The stored states; live and held follow from held_at, minutes and the time."""

    DRAFT = "draft"
    ANNOUNCED = "announced"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    PULLED = "pulled"


class InsteadKind(StrEnum):
    """What holders of a pulled webinar are offered for it."""

    WEBINAR = "webinar"
    REFUND = "refund"
    WORDS = "words"


class RecordingState(StrEnum):
    """Where a version of a recording is on its way from a file to a stream."""

    WAITING = "waiting"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


class SlideFate(StrEnum):
    """What staff made of a slide that was found: shown, part of the one before, or taken out."""

    SHOWN = "shown"
    JOINED = "joined"
    REMOVED = "removed"


class Series(Base, kw_only=True):
    """A named row of webinars; events in several parts are a series too."""

    __tablename__ = "series"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Presenter(Base, kw_only=True):
    """Who presents; biography in Markdown, picture by its storage key."""

    __tablename__ = "presenter"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    biography: Mapped[str] = mapped_column(Text, default="")
    picture_key: Mapped[str | None] = mapped_column(String(300), default=None)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Webinar(Base, kw_only=True):
    """One event: a page, a date, at most one current recording, any number of handouts."""

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

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(String(400), default="")
    overview: Mapped[str] = mapped_column(Text, default="")
    agenda: Mapped[str] = mapped_column(Text, default="")  # one point a line
    held_at: Mapped[datetime] = mapped_column(UTCDateTime)
    zone: Mapped[str] = mapped_column(String(64))
    minutes: Mapped[int]
    live_link: Mapped[str | None] = mapped_column(String(2000), default=None)
    free: Mapped[bool] = mapped_column(default=False)
    state: Mapped[WebinarState] = mapped_column(words(WebinarState), default=WebinarState.DRAFT)
    pulled_reason: Mapped[str | None] = mapped_column(Text, default=None)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)
    announced_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    # What staff chose in place of the picture that the encoder takes from the recording.
    poster_key: Mapped[str | None] = mapped_column(String(200), default=None)
    # grows with every change that moves an entry in somebody's calendar (RFC 5545, 3.8.7.4)
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")
    # grows with every change that whoever registered is told of: moved, cancelled, held after all
    notice: Mapped[int] = mapped_column(default=0, server_default="0")
    notice_said: Mapped[str] = mapped_column(Text, default="", server_default="")
    moved_from: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    moved_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)


class PulledInstead(Base, kw_only=True):
    """What holders of a pulled webinar get for it (W2): another one, their money, or what `said` says."""

    __tablename__ = "pulled_instead"
    __table_args__ = (
        CheckConstraint("(kind = 'webinar') = (other_id IS NOT NULL)", name="names_the_other"),
        CheckConstraint("other_id <> webinar_id", name="is_another"),
        CheckConstraint("kind <> 'words' OR length(said) > 0", name="words_are_said"),
    )

    webinar_id: Mapped[int] = mapped_column(
        ForeignKey("webinar.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    kind: Mapped[InsteadKind] = mapped_column(words(InsteadKind))
    other_id: Mapped[int | None] = mapped_column(
        ForeignKey("webinar.id", ondelete="RESTRICT"), default=None, index=True
    )
    said: Mapped[str] = mapped_column(Text, default="")


class WebinarSeries(Base, kw_only=True):
    """A webinar's place in a series; `position` only where staff put it in order, else by date."""

    __tablename__ = "webinar_series"
    __table_args__ = (
        UniqueConstraint("webinar_id", "series_id"),
        CheckConstraint("position >= 1", name="position_from_one"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinar.id", ondelete="CASCADE"))
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id", ondelete="RESTRICT"), index=True)
    position: Mapped[int | None] = mapped_column(default=None)


class WebinarPresenter(Base, kw_only=True):
    """A presenter of a webinar, in the order they are named."""

    __tablename__ = "webinar_presenter"
    __table_args__ = (UniqueConstraint("webinar_id", "presenter_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinar.id", ondelete="CASCADE"))
    presenter_id: Mapped[int] = mapped_column(
        ForeignKey("presenter.id", ondelete="RESTRICT"), index=True
    )
    position: Mapped[int]


class Recording(Base, kw_only=True):
    """One version of a webinar's recording; the original is kept, `run` names what is played.

    `run` is set as soon as something can be played, which may be before `state` is ready.
    One that staff deleted (`removed_at`) keeps its files for 30 days; then it has none, no `run` and
    an empty `original_key`: the row
    stays for what people watched of it.
    """

    __tablename__ = "recording"
    __table_args__ = (
        UniqueConstraint("webinar_id", "number"),
        CheckConstraint("size_bytes >= 0", name="size_not_negative"),
        CheckConstraint("seconds IS NULL OR seconds > 0", name="seconds_positive"),
        CheckConstraint("state <> 'ready' OR run IS NOT NULL", name="ready_has_a_run"),
        CheckConstraint("run IS NULL OR seconds IS NOT NULL", name="playable_has_a_length"),
        Index("ix_recording_created_at", "created_at"),
        Index(
            "uq_recording_current_webinar_id",
            "webinar_id",
            unique=True,
            sqlite_where=text("is_current"),
            postgresql_where=text("is_current"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinar.id", ondelete="RESTRICT"))
    number: Mapped[int]
    is_current: Mapped[bool]
    state: Mapped[RecordingState] = mapped_column(
        words(RecordingState), default=RecordingState.WAITING
    )
    original_key: Mapped[str] = mapped_column(String(400))
    original_name: Mapped[str] = mapped_column(String(255))
    size_bytes: Mapped[int] = mapped_column(LARGE)
    sha256: Mapped[str] = mapped_column(String(64))
    seconds: Mapped[float | None] = mapped_column(default=None)
    has_video: Mapped[bool] = mapped_column(default=True)
    width: Mapped[int | None] = mapped_column(default=None)
    height: Mapped[int | None] = mapped_column(default=None)
    run: Mapped[str | None] = mapped_column(String(26), default=None)
    failure: Mapped[str | None] = mapped_column(Text, default=None)
    failure_detail: Mapped[str | None] = mapped_column(Text, default=None)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ready_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    # Slides that staff touched are theirs: what is found later leaves them as they are.
    slides_edited_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)


class Slide(Base, kw_only=True):
    """A slide seen in a version of a recording; times in seconds, `picture_s` names its picture.

    A row stays as it was found: joined to the one before it only adds its time and picture there.
    """

    __tablename__ = "slide"
    __table_args__ = (
        UniqueConstraint("recording_id", "starts_s"),
        CheckConstraint("starts_s >= 0", name="starts_not_negative"),
        CheckConstraint("picture_s >= starts_s", name="pictured_while_seen"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    recording_id: Mapped[int] = mapped_column(ForeignKey("recording.id", ondelete="CASCADE"))
    starts_s: Mapped[float]
    picture_s: Mapped[float]
    is_chapter: Mapped[bool]
    title: Mapped[str] = mapped_column(String(200), default="")
    fate: Mapped[SlideFate] = mapped_column(words(SlideFate), default=SlideFate.SHOWN)


class Caption(Base, kw_only=True):
    """A caption track of one version of a recording, as WebVTT.

    `key` is the file that players fetch and `shown` its text (None until it was read from there);
    a track without a key is shown to nobody. `draft` is what staff have changed and not shown yet;
    `version` counts what was saved.
    """

    __tablename__ = "caption"
    __table_args__ = (
        UniqueConstraint("recording_id", "language"),
        CheckConstraint("key IS NOT NULL OR draft IS NOT NULL", name="shown_or_drafted"),
        CheckConstraint("shown IS NULL OR key IS NOT NULL", name="shown_with_its_file"),
        Index(
            "uq_caption_default_recording_id",
            "recording_id",
            unique=True,
            sqlite_where=text("is_default"),
            postgresql_where=text("is_default"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    recording_id: Mapped[int] = mapped_column(ForeignKey("recording.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(String(35))
    label: Mapped[str] = mapped_column(String(80))
    is_default: Mapped[bool] = mapped_column(default=False)
    key: Mapped[str | None] = mapped_column(String(400), default=None)
    shown: Mapped[str | None] = mapped_column(Text, default=None)
    draft: Mapped[str | None] = mapped_column(Text, default=None)
    version: Mapped[int] = mapped_column(default=1)
    edited_by: Mapped[str | None] = mapped_column(String(26), default=None)
    edited_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class FormerCaption(Base, kw_only=True):
    """A caption track that was removed or replaced; it can be put back until its file goes."""

    __tablename__ = "former_caption"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    recording_id: Mapped[int] = mapped_column(
        ForeignKey("recording.id", ondelete="CASCADE"), index=True
    )
    language: Mapped[str] = mapped_column(String(35))
    label: Mapped[str] = mapped_column(String(80))
    key: Mapped[str | None] = mapped_column(String(400))
    shown: Mapped[str | None] = mapped_column(Text)
    draft: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    removed_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class Handout(Base, kw_only=True):
    """A file that goes with a webinar, downloaded under its own name.

    `pages` counts a presentation's slides and is 0 for a DOCX; `preview_key` is empty where there
    is no picture; `taken_out` has the words of media/documents.py for what was cleaned away. A
    removed one is shown to nobody, and can be put back until its files go.
    """

    __tablename__ = "handout"
    __table_args__ = (
        CheckConstraint("size_bytes > 0", name="size_positive"),
        CheckConstraint("(pages > 0) = (kind <> 'docx')", name="pages_where_they_are"),
        CheckConstraint("kind = 'pdf' OR NOT is_stamped", name="only_a_pdf_is_stamped"),
        Index("ix_handout_webinar_id_position", "webinar_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinar.id", ondelete="RESTRICT"))
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    kind: Mapped[DocumentKind] = mapped_column(words(DocumentKind), default=DocumentKind.PDF)
    name: Mapped[str] = mapped_column(String(255))
    key: Mapped[str] = mapped_column(String(400))
    preview_key: Mapped[str] = mapped_column(String(400))
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    pages: Mapped[int]
    taken_out: Mapped[str] = mapped_column(String(100), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    is_stamped: Mapped[bool] = mapped_column(default=False)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)


class HandoutPage(Base, kw_only=True):
    """A page of a PDF that is pictured: `words` are what it says, the size is its picture's in pixels.

    A page that could not be drawn has the size 0.
    """

    __tablename__ = "handout_page"
    __table_args__ = (
        UniqueConstraint("handout_id", "number"),
        CheckConstraint("number > 0", name="counted_from_one"),
        CheckConstraint("width >= 0 AND (width > 0) = (height > 0)", name="has_both_sides"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    handout_id: Mapped[int] = mapped_column(ForeignKey("handout.id", ondelete="CASCADE"))
    number: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    words: Mapped[str] = mapped_column(Text, default="")


class PageMoment(Base, kw_only=True):
    """When a page of a handout is first seen in a version of the recording.

    Found by comparing, or said by staff; without a time, staff said that it is never seen.
    """

    __tablename__ = "page_moment"
    __table_args__ = (
        UniqueConstraint("page_id", "recording_id"),
        CheckConstraint("starts_s >= 0", name="starts_not_negative"),
        CheckConstraint("starts_s IS NOT NULL OR is_by_staff", name="never_by_staff_alone"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    page_id: Mapped[int] = mapped_column(ForeignKey("handout_page.id", ondelete="CASCADE"))
    recording_id: Mapped[int] = mapped_column(
        ForeignKey("recording.id", ondelete="CASCADE"), index=True
    )
    starts_s: Mapped[float | None] = mapped_column(default=None)
    is_by_staff: Mapped[bool] = mapped_column(default=False)
