"""Seat imports: a staff list is read and checked first, and applied when asked (S6).

Pages: `lms.seat_imports.jobs.take_in` receives a list, `read_import` and `rows_of` show what would become
of it, `lms.seat_imports.jobs.apply_list` applies it, `discard` throws it away.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.bulk_insert import count_anew
from lms.core.errors import N_
from lms.models.seat_imports import ImportState, SeatImport, SeatImportRow
from lms.models.seats import Pool
from lms.seat_imports.bulk_assignment import seat_all
from lms.seat_imports.read_models import ImportFacts, find_import
from lms.seat_imports.row_checks import answer_rows
from lms.seat_imports.uploaded_list_lifecycle import UploadedLists, maker
from lms.seats.seat_counts import tell_later

READ: Final = "seats.read_list"
APPLY: Final = "seats.apply_list"
DROP: Final = "seats.drop_list"
LISTS: Final = UploadedLists(
    SeatImport,
    SeatImportRow,
    READ,
    APPLY,
    DROP,
    being_applied=N_("This list is being applied already."),
    applied_before=N_("This list was applied before."),
)
queue_reading, to_be_read, unstage = LISTS.queue_reading, LISTS.to_be_read, LISTS.unstage
fail, wait_again = LISTS.fail, LISTS.wait_again
discard, forget_old = LISTS.discard, LISTS.forget_old


@dataclass(frozen=True, slots=True)
class NewImport:
    """A list to be read: for which pool, the file's name ("" if pasted), where it is stored."""

    pool_id: int
    file_name: str = ""
    source_key: str | None = None


def begin(session: Session, new: NewImport, *, actor: str | None, now: datetime) -> SeatImport:
    """Note that a list came in, before its rows are staged."""
    row = SeatImport(
        pool_id=new.pool_id,
        made_by=maker(session, actor),
        file_name=new.file_name[-200:],
        source_key=new.source_key,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def check(session: Session, import_id: int, *, now: datetime) -> None:
    """Answer every row of a list as its pool stands now; nothing of the pool is written (S6)."""
    row = LISTS.locked_by_id(session, import_id)
    if row.state is ImportState.APPLIED:
        return
    staged = select(func.max(SeatImportRow.number)).where(SeatImportRow.import_id == row.id)
    count_anew(session, session.scalar(staged) or 0, SeatImportRow)
    answer_rows(session, row, now=now)
    row.state = ImportState.CHECKED
    LISTS.drop_file(session, row, now=now)
    session.flush()


def queue_applying(
    session: Session, public_id: str, *, partial: bool, actor: str | None, now: datetime
) -> None:
    """Have a checked list applied by a worker. Raises NotFound, and Conflict when it can't be."""
    row = LISTS.locked(session, public_id)
    LISTS.must_be_checked(row)
    LISTS.queue_applying(session, row, partial=partial, actor=actor, now=now)


def apply(
    session: Session, public_id: str, *, partial: bool, actor: str | None, now: datetime
) -> ImportFacts:
    """Invite everybody of a list, all or nobody; `partial` invites those who can be, in file order.

    Whoever is in the pool already is passed over, so the same list twice changes nothing (S6).
    Where not all can be seated the list stays as it is, with a `failure` that says so. Letters
    are written afterwards. Raises NotFound; Conflict when it isn't checked or the pool changed
    at the same moment, after which trying again is right.
    """
    row = LISTS.locked(session, public_id)
    if row.state is ImportState.APPLIED:
        return find_import(session, public_id)
    if row.state is not ImportState.APPLYING:
        LISTS.must_be_checked(row)
    answer_rows(session, row, now=now)
    if not partial and (row.invalid or row.no_seat):
        row.state, row.failure = ImportState.CHECKED, _why_not(row)
        session.flush()
        return find_import(session, public_id)
    if row.ok:
        seat_all(session, row, now=now)
        tell_later(session, row.pool_id, now=now)
        pool = session.scalar(select(Pool.public_id).where(Pool.id == row.pool_id))
        detail = {"pool": pool, "seats": row.ok}
        audit.record(session, "seats.imported", public_id, actor=actor, now=now, detail=detail)
    row.state, row.seated, row.failure, row.applied_at = ImportState.APPLIED, row.ok, "", now
    session.flush()
    return find_import(session, public_id)


def _why_not(row: SeatImport) -> str:
    faults = []
    if row.invalid:
        faults.append(f"{row.invalid} invalid")
    if row.no_seat:
        faults.append(f"{row.no_seat} without a seat")
    return (
        f"Nobody was invited, since not everybody can be: {' and '.join(faults)}. "
        "Mend the list, or invite those who can be."
    )
