"""Staff lists into a pool: a list is read and answered first, and applied when asked (S6).

Pages: `lms.importing.take_in` receives a list, `read_import` and `rows_of` show what would become
of it, `lms.importing.apply_list` applies it, `discard` throws it away.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from lms import audit, jobs
from lms.errors import N_, Conflict, NotFound
from lms.import_answers import answer_rows
from lms.import_seats import seat_all
from lms.import_view import NO_SUCH_LIST, ImportFacts, find_import
from lms.models.imports import ImportState, SeatImport, SeatImportRow
from lms.models.people import Login
from lms.models.seats import Pool
from lms.models.upkeep import Lane
from lms.seating import tell_later

READ: Final = "seats.read_list"
APPLY: Final = "seats.apply_list"
DROP: Final = "seats.drop_list"
KEPT: Final = timedelta(days=30)

STILL_READING = N_("This list is still being read.")
BEING_APPLIED = N_("This list is being applied already.")
APPLIED_BEFORE = N_("This list was applied before.")
NOT_READ = N_("This list could not be read. Send it again.")


@dataclass(frozen=True, slots=True)
class NewImport:
    """A list to be read: for which pool, the file's name ("" if pasted), where it is stored."""

    pool_id: int
    file_name: str = ""
    source_key: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The stored file of a list."""

    import_id: int
    key: str


def begin(session: Session, new: NewImport, *, actor: str | None, now: datetime) -> SeatImport:
    """Note that a list came in, before its rows are staged."""
    made_by = None
    if actor is not None:
        made_by = session.scalar(select(Login.id).where(Login.public_id == actor))
    row = SeatImport(
        pool_id=new.pool_id,
        made_by=made_by,
        file_name=new.file_name[-200:],
        source_key=new.source_key,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def queue_reading(session: Session, row: SeatImport, *, now: datetime) -> None:
    """Have a stored list read by a worker."""
    _queue(session, READ, row.public_id, now=now)


def to_be_read(session: Session, public_id: str) -> Source | None:
    """Return where a list's file is stored, None when it was read before; raises NotFound."""
    row = _locked(session, SeatImport.public_id == public_id)
    return None if row.source_key is None else Source(row.id, row.source_key)


def unstage(session: Session, import_id: int) -> None:
    """Forget the rows of a list, before it is read anew."""
    session.execute(delete(SeatImportRow).where(SeatImportRow.import_id == import_id))


def check(session: Session, import_id: int, *, now: datetime) -> None:
    """Answer every row of a list as its pool stands now; nothing of the pool is written (S6)."""
    row = _locked(session, SeatImport.id == import_id)
    if row.state is ImportState.APPLIED:
        return
    answer_rows(session, row, now=now)
    row.state = ImportState.CHECKED
    _drop_file(session, row, now)
    session.flush()


def fail(session: Session, public_id: str, sentence: str, *, now: datetime) -> None:
    """Note that a list can't be read."""
    row = _locked(session, SeatImport.public_id == public_id)
    row.state, row.failure = ImportState.FAILED, sentence
    unstage(session, row.id)
    _drop_file(session, row, now)
    session.flush()


def queue_applying(
    session: Session, public_id: str, *, partial: bool, actor: str | None, now: datetime
) -> None:
    """Have a checked list applied by a worker. Raises NotFound, and Conflict when it can't be."""
    row = _locked(session, SeatImport.public_id == public_id)
    _must_be_checked(row)
    row.state, row.failure = ImportState.APPLYING, ""
    _queue(session, APPLY, public_id, partial=partial, actor=actor, now=now)


def wait_again(session: Session, public_id: str, sentence: str) -> None:
    """Let a list that could not be applied wait as it did before."""
    row = _locked(session, SeatImport.public_id == public_id)
    if row.state is ImportState.APPLYING:
        row.state, row.failure = ImportState.CHECKED, sentence
        session.flush()


def apply(
    session: Session, public_id: str, *, partial: bool, actor: str | None, now: datetime
) -> ImportFacts:
    """Invite everybody of a list, all or nobody; `partial` invites those who can be, in file order.

    Whoever is in the pool already is passed over, so the same list twice changes nothing (S6).
    Where not all can be seated the list stays as it is, with a `failure` that says so. Letters
    are written afterwards. Raises NotFound; Conflict when it isn't checked or the pool changed
    at the same moment, after which trying again is right.
    """
    row = _locked(session, SeatImport.public_id == public_id)
    if row.state is ImportState.APPLIED:
        return find_import(session, public_id)
    if row.state is not ImportState.APPLYING:
        _must_be_checked(row)
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


def discard(session: Session, public_id: str) -> None:
    """Throw away a list that was not applied. Raises NotFound, and Conflict when it was."""
    row = _locked(session, SeatImport.public_id == public_id)
    if row.state is ImportState.APPLYING:
        raise Conflict(BEING_APPLIED)
    if row.state is ImportState.APPLIED:
        raise Conflict(APPLIED_BEFORE)
    session.execute(delete(SeatImport).where(SeatImport.id == row.id))


def forget_old(session: Session, *, now: datetime) -> None:
    """Delete lists after a month, so that no address is kept for them."""
    session.execute(
        delete(SeatImport)
        .where(SeatImport.created_at < now - KEPT, SeatImport.source_key.is_(None))
        .execution_options(synchronize_session=False)
    )


def _locked(session: Session, which: ColumnElement[bool]) -> SeatImport:
    row = session.scalar(
        select(SeatImport).where(which).with_for_update().execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(NO_SUCH_LIST)
    return row


def _drop_file(session: Session, row: SeatImport, now: datetime) -> None:
    if row.source_key is not None:
        _queue(session, DROP, row.public_id, now=now, key=row.source_key)
        row.source_key = None


def _must_be_checked(row: SeatImport) -> None:
    match row.state:
        case ImportState.CHECKED:
            return
        case ImportState.READING:
            raise Conflict(STILL_READING)
        case ImportState.APPLYING:
            raise Conflict(BEING_APPLIED)
        case ImportState.APPLIED:
            raise Conflict(APPLIED_BEFORE)
        case ImportState.FAILED:
            raise Conflict(NOT_READ)


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


def _queue(session: Session, kind: str, subject: str, *, now: datetime, **payload: object) -> None:
    jobs.enqueue(session, kind=kind, lane=Lane.PROMPT, subject=subject, payload=payload, now=now)
