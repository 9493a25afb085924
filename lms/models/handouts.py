"""Tables of handouts: their pages, and when a page appears in a recording."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Numbered, public_id_column, reference
from media.files.file_types import DocumentKind


class Handout(Numbered, kw_only=True):
    """A file of a webinar, downloaded under its own name.

    `pages` is the number of pages or slides, 0 for a DOCX. `preview_key` is empty if there is no
    picture. `taken_out` lists what was removed from the file, in the words of
    media/documents/document_check.py. A removed handout is hidden, and can be restored until its files
    are deleted.
    """

    __tablename__ = "handout"
    __table_args__ = (
        CheckConstraint("size_bytes > 0", name="size_positive"),
        CheckConstraint("(pages > 0) = (kind <> 'docx')", name="pages_where_they_are"),
        CheckConstraint("kind = 'pdf' OR NOT is_stamped", name="only_a_pdf_is_stamped"),
        Index("ix_handout_webinar_id_position", "webinar_id", "position"),
    )

    public_id: Mapped[str] = public_id_column()
    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinar.id", ondelete="RESTRICT"))
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    kind: Mapped[DocumentKind] = mapped_column(default=DocumentKind.PDF)
    name: Mapped[str] = mapped_column(String(255))
    key: Mapped[str] = mapped_column(String(400))
    preview_key: Mapped[str] = mapped_column(String(400))
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    pages: Mapped[int]
    taken_out: Mapped[str] = mapped_column(String(100), default="")
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None] = mapped_column(default=None)
    is_stamped: Mapped[bool] = mapped_column(default=False)
    removed_at: Mapped[datetime | None] = mapped_column(default=None)


class HandoutPage(Numbered, kw_only=True):
    """A rendered page of a PDF: `words` is its text, the size is that of its picture in pixels.

    A page that could not be rendered has the size 0.
    """

    __tablename__ = "handout_page"
    __table_args__ = (
        UniqueConstraint("handout_id", "number"),
        CheckConstraint("number > 0", name="counted_from_one"),
        CheckConstraint("width >= 0 AND (width > 0) = (height > 0)", name="has_both_sides"),
    )

    handout_id: Mapped[int] = mapped_column(ForeignKey("handout.id", ondelete="CASCADE"))
    number: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    words: Mapped[str] = mapped_column(Text, default="")


class HandoutPageTime(Numbered, kw_only=True):
    """When a page of a handout first appears in a version of the recording.

    Found by comparison or set by staff. NULL means that staff said it never appears.
    """

    __tablename__ = "handout_page_time"
    __table_args__ = (
        UniqueConstraint("page_id", "recording_id"),
        CheckConstraint("starts_s >= 0", name="starts_not_negative"),
        CheckConstraint("starts_s IS NOT NULL OR is_by_staff", name="never_by_staff_alone"),
    )

    page_id: Mapped[int] = mapped_column(ForeignKey("handout_page.id", ondelete="CASCADE"))
    recording_id: Mapped[int] = reference("recording.id", "CASCADE")
    starts_s: Mapped[float | None] = mapped_column(default=None)
    is_by_staff: Mapped[bool] = mapped_column(default=False)
