"""Tables of seat imports: each staff list, and its rows with their results."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Enum, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Base, Numbered, optional_reference, public_id_column, reference


class Fault(StrEnum):
    """Why a row is invalid."""

    NO_ADDRESS = "no_address"
    NOT_AN_ADDRESS = "not_an_address"
    SEVERAL_ADDRESSES = "several_addresses"


class ImportState(StrEnum):
    """The state of a list: once read, it stays `checked` until someone applies it."""

    READING = "reading"
    CHECKED = "checked"
    APPLYING = "applying"
    APPLIED = "applied"
    FAILED = "failed"


class Answer(StrEnum):
    """The result of a row (PRODUCT.md, S6)."""

    OK = "ok"
    ALREADY = "already"
    INVALID = "invalid"
    DUPLICATE = "duplicate"
    NO_SEAT = "no_seat"


def _swift_words(kind: type[StrEnum]) -> Enum:
    """Return a StrEnum's column type without its CHECK; `_one_of` has one that is faster for many rows."""
    return Enum(
        kind,
        name=kind.__name__.lower(),
        native_enum=False,
        values_callable=lambda members: [member.value for member in members],
        length=40,
    )


def _one_of(column: str, kind: type[StrEnum]) -> CheckConstraint:
    # SQLite rebuilds the list of an IN for every row, which was half the cost of staging.
    return CheckConstraint(
        " OR ".join(f"{column} = '{member.value}'" for member in kind), name=kind.__name__.lower()
    )


class SeatImport(Numbered, kw_only=True):
    """One staff list for one pool, with the counts of its rows as of their last check.

    `seated` is how many people got a seat when it was applied. `source_key` is where the file is stored
    until it is read; `failure` is why it can't be read, or why it was not applied.
    """

    __tablename__ = "seat_import"
    __table_args__ = (
        CheckConstraint(
            "ok >= 0 AND already >= 0 AND invalid >= 0 AND duplicate >= 0 AND no_seat >= 0"
            " AND seated >= 0",
            name="counts_not_negative",
        ),
        CheckConstraint(
            "(state = 'applied') = (applied_at IS NOT NULL)", name="applied_at_a_moment"
        ),
    )

    public_id: Mapped[str] = public_id_column()
    pool_id: Mapped[int] = reference("pool.id", "CASCADE")
    made_by: Mapped[int | None] = optional_reference("login.id", "SET NULL")
    file_name: Mapped[str] = mapped_column(String(200), default="")  # "" for a pasted list
    source_key: Mapped[str | None] = mapped_column(String(200), default=None)
    state: Mapped[ImportState] = mapped_column(default=ImportState.READING)
    ok: Mapped[int] = mapped_column(default=0)
    already: Mapped[int] = mapped_column(default=0)
    invalid: Mapped[int] = mapped_column(default=0)
    duplicate: Mapped[int] = mapped_column(default=0)
    no_seat: Mapped[int] = mapped_column(default=0)
    seated: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime]
    applied_at: Mapped[datetime | None] = mapped_column(default=None)


class SeatImportRow(Base, kw_only=True):
    """One person of a list; `number` counts the people, `line` is the line of the file.

    `raw` is the original text, stored for invalid rows. `seat_public_id` is the id of this person's
    future seat, generated in advance so that two statements can write all seats and all assignments.
    `department` and `branch` are the groups that the person joins; empty for none.
    """

    __tablename__ = "seat_import_row"
    __table_args__ = (
        CheckConstraint("line >= 1 AND number >= 1", name="counted_from_one"),
        CheckConstraint("(answer = 'invalid') = (fault IS NOT NULL)", name="invalid_has_a_fault"),
        CheckConstraint("(fault IS NULL) = (email_key IS NOT NULL)", name="an_address_or_a_fault"),
        CheckConstraint("(email IS NULL) = (email_key IS NULL)", name="email_with_key"),
        _one_of("answer", Answer),
        _one_of("fault", Fault),
        {"sqlite_with_rowid": False},
    )

    import_id: Mapped[int] = reference("seat_import.id", "CASCADE", primary_key=True, index=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[int]
    raw: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str | None] = mapped_column(String(320), default=None)
    email_key: Mapped[str | None] = mapped_column(String(320), default=None)
    name: Mapped[str] = mapped_column(String(200), default="")
    department: Mapped[str] = mapped_column(String(100), default="")
    branch: Mapped[str] = mapped_column(String(100), default="")
    fault: Mapped[Fault | None] = mapped_column(_swift_words(Fault), default=None)
    answer: Mapped[Answer] = mapped_column(_swift_words(Answer))
    seat_public_id: Mapped[str | None] = mapped_column(String(26), default=None)
