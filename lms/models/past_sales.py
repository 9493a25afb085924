"""Tables of past-sales imports: lists, rows, and buyers not yet invited."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Base, Numbered, optional_reference, public_id_column, reference
from lms.models.seat_imports import ImportState


class PastAnswer(StrEnum):
    """The result of a row, or its expected result before the import."""

    OK = "ok"
    ALREADY = "already"
    INVALID = "invalid"
    BROUGHT = "brought"


class PastImport(Numbered, kw_only=True):
    """One list of past sales, with the counts of its rows.

    `source_key` is where the file is stored until it is read; `failure` is why it can't be read, or why
    it was not imported completely.
    """

    __tablename__ = "past_import"
    __table_args__ = (
        CheckConstraint(
            "ok >= 0 AND already >= 0 AND invalid >= 0 AND brought >= 0", name="counts_not_negative"
        ),
        CheckConstraint(
            "(state = 'applied') = (applied_at IS NOT NULL)", name="applied_at_a_moment"
        ),
    )

    public_id: Mapped[str] = public_id_column()
    made_by: Mapped[int | None] = optional_reference("login.id", "SET NULL")
    file_name: Mapped[str] = mapped_column(String(200), default="")
    source_key: Mapped[str | None] = mapped_column(String(200), default=None)
    state: Mapped[ImportState] = mapped_column(default=ImportState.READING)
    ok: Mapped[int] = mapped_column(default=0)
    already: Mapped[int] = mapped_column(default=0)
    invalid: Mapped[int] = mapped_column(default=0)
    brought: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime]
    applied_at: Mapped[datetime | None] = mapped_column(default=None)


class PastImportRow(Base, kw_only=True):
    """One row of a list; `cells` is a JSON object of its columns, `order_public_id` its order.

    `sentence` says what is wrong with an invalid row; invalid rows create no order.
    """

    __tablename__ = "past_import_row"
    __table_args__ = (
        CheckConstraint("line >= 1 AND number >= 1", name="counted_from_one"),
        CheckConstraint("(answer = 'invalid') = (sentence <> '')", name="invalid_has_a_sentence"),
        CheckConstraint(
            "answer = 'invalid' OR order_public_id IS NOT NULL", name="an_order_or_invalid"
        ),
        Index("ix_past_import_row_import_id_answer", "import_id", "answer", "number"),
        {"sqlite_with_rowid": False},
    )

    import_id: Mapped[int] = reference("past_import.id", "CASCADE", primary_key=True, index=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[int]
    cells: Mapped[str] = mapped_column(Text)
    answer: Mapped[PastAnswer]
    sentence: Mapped[str] = mapped_column(String(500), default="")
    order_public_id: Mapped[str | None] = mapped_column(String(26), default=None)


class PastBuyer(Base, kw_only=True):
    """A person whose past purchases were imported without notifying them.

    `batch` is the public id of the job that writes their invitation, once staff requested it;
    `invited_at` is when it was written. Each person is requested once and invited once.
    """

    __tablename__ = "past_buyer"
    __table_args__ = (
        CheckConstraint("invited_at IS NULL OR batch IS NOT NULL", name="invited_in_a_batch"),
        Index("ix_past_buyer_batch", "batch", "login_id"),
    )

    login_id: Mapped[int] = reference("login.id", "CASCADE", primary_key=True, index=False)
    brought_at: Mapped[datetime]
    batch: Mapped[str | None] = mapped_column(String(26), default=None)
    invited_at: Mapped[datetime | None] = mapped_column(default=None)
