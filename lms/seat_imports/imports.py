"""Seat imports: a staff list is read and checked first, and applied on request (S6).

Pages use these: `lms.seat_imports.jobs.take_in` receives a list, `read_import` and `rows_of` preview
it, `lms.seat_imports.jobs.apply_list` applies it, `discard` deletes it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.bulk_insert import insert_values
from lms.core.model_base import new_public_ids
from lms.models.seat_imports import ImportState, SeatImport, SeatImportRow
from lms.models.seats import Pool
from lms.organizations.staff_list_parser import Entry
from lms.seat_imports.bulk_assignment import seat_all
from lms.seat_imports.group_columns import join_groups
from lms.seat_imports.read_models import ImportFacts, find_import
from lms.seat_imports.row_checks import answer_rows
from lms.seat_imports.uploaded_list_lifecycle import UploadedLists, count_staged
from lms.seats.seat_counts import tell_later
from lms.seats.waitlist_offers import IS_OFF, IS_OFF_NOW

READ: Final = "seats.read_list"
APPLY: Final = "seats.apply_list"
DROP: Final = "seats.drop_list"
_STAGED: Final = [
    "import_id",
    "number",
    "line",
    "raw",
    "email",
    "email_key",
    "name",
    "department",
    "branch",
    "fault",
    "answer",
    "seat_public_id",
]
LISTS: Final = UploadedLists(SeatImport, SeatImportRow, READ, APPLY, DROP)
discard, forget_old = LISTS.discard, LISTS.forget_old


def stage(session: Session, import_id: int, entries: Sequence[Entry], first_number: int) -> None:
    """Write people of a list into the staging table, numbered from `first_number` on.

    Each gets an answer, which is final if the row itself is invalid.
    """
    seats = new_public_ids(len(entries))
    insert_values(
        session.connection(),
        SeatImportRow.__tablename__,
        _STAGED,
        [
            (import_id, number, one.line, *_answered(one), seat)
            for number, (one, seat) in enumerate(zip(entries, seats, strict=True), first_number)
        ],
    )


def _answered(one: Entry) -> tuple[str | None, ...]:
    """Return a row's values from `raw` to `answer`."""
    said = (one.name, one.department, one.branch)
    if one.fault is None:
        return ("", one.email, one.email_key, *said, None, "ok")
    return (one.raw, None, None, *said, one.fault.value, "invalid")


def check(session: Session, import_id: int, now: datetime) -> None:
    """Answer every row of a list by the current state of its pool, which is only read (S6)."""
    row = LISTS.locked_by_id(session, import_id)
    count_staged(session, SeatImportRow, row.id)
    answer_rows(session, row, now=now)
    row.state = ImportState.CHECKED
    LISTS.drop_file(session, row, now=now)
    session.flush()


def queue_applying(
    session: Session, public_id: str, *, partial: bool, actor: str | None, now: datetime
) -> None:
    """Queue a checked list for a worker to apply. Raises NotFound, and Conflict if it can't be applied."""
    row = LISTS.locked(session, public_id)
    LISTS.must_be_checked(row)
    LISTS.queue_applying(session, row, partial=partial, actor=actor, now=now)


def apply(
    session: Session, public_id: str, *, partial: bool, actor: str | None, now: datetime
) -> ImportFacts:
    """Invite everyone on a list, all or none; `partial` invites those who can be, in file order.

    People already in the pool are skipped, so applying the same list twice changes nothing (S6). All
    of them join the groups that the list names for them. If not everyone can get a seat, or the webinar is
    off, the list stays checked, with a `failure` that explains it. Emails are queued afterward. Raises
    NotFound, and Conflict if the list isn't checked or the pool changed at the same moment, in which case
    the caller should retry.
    """
    row = LISTS.locked(session, public_id)
    if row.state is ImportState.APPLIED:
        return find_import(session, public_id)
    if row.state is not ImportState.APPLYING:
        LISTS.must_be_checked(row)
    answer_rows(session, row, now=now)
    is_off = session.scalar(IS_OFF, {"pool": row.pool_id})
    if is_off or (not partial and (row.invalid or row.no_seat)):
        row.state, row.failure = ImportState.CHECKED, IS_OFF_NOW if is_off else _why_not(row)
        session.flush()
        return find_import(session, public_id)
    if row.ok:
        seat_all(session, row, now=now)
        tell_later(session, row.pool_id, now=now)
        pool = session.scalar(select(Pool.public_id).where(Pool.id == row.pool_id))
        detail = {"pool": pool, "seats": row.ok}
        audit.record(session, "seats.imported", public_id, actor=actor, now=now, detail=detail)
    join_groups(session, row, now=now)
    row.state, row.failure, row.applied_at = ImportState.APPLIED, "", now
    row.seated += row.ok
    session.flush()
    return find_import(session, public_id)


def _why_not(row: SeatImport) -> str:
    faults = []
    if row.invalid:
        faults.append(f"{row.invalid} invalid")
    if row.no_seat:
        faults.append(f"{row.no_seat} without a seat")
    return (
        f"No one was invited because some rows have problems: {' and '.join(faults)}. "
        "Correct the list, or invite the others."
    )
