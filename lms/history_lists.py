"""Lists of the past as they are kept: read and answered first, brought in when asked, then forgotten."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.orm import Session

from lms import audit, history, jobs, past_sales
from lms.desk import Office
from lms.errors import N_, Conflict, NotFound, Refused
from lms.history import PastRow
from lms.models.history import PastAnswer, PastImport, PastImportRow
from lms.models.imports import ImportState
from lms.models.orders import Sale
from lms.models.people import Login
from lms.models.upkeep import Lane

READ: Final = "history.read_list"
APPLY: Final = "history.apply_list"
DROP: Final = "history.drop_list"
KEPT: Final = timedelta(days=30)
LONGEST_SENTENCE: Final = 500

NO_SUCH_LIST = N_("There is no such list.")
STILL_READING = N_("This list is still being read.")
BEING_APPLIED = N_("This list is being brought in already.")
APPLIED_BEFORE = N_("This list was brought in before.")
NOT_READ = N_("This list could not be read. Send it again.")
HAS_FAULTS = N_("Nothing is brought in while a row has a fault. Mend the list and send it again.")


@dataclass(frozen=True, slots=True)
class Source:
    """The stored file of a list."""

    import_id: int
    key: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A row with what would become of it; `sale_id` is "" where it is at fault."""

    row: PastRow
    sale_id: str
    sentence: str = ""


def begin(
    session: Session, file_name: str, source_key: str | None, *, actor: str | None, now: datetime
) -> PastImport:
    """Note that a list came in, before its rows are staged."""
    made_by = None
    if actor is not None:
        made_by = session.scalar(select(Login.id).where(Login.public_id == actor))
    row = PastImport(
        made_by=made_by, file_name=file_name[-200:], source_key=source_key, created_at=now
    )
    session.add(row)
    session.flush()
    return row


def queue_reading(session: Session, row: PastImport, *, now: datetime) -> None:
    """Have a stored list read by a worker."""
    _queue(session, READ, row.public_id, now=now)


def to_be_read(session: Session, public_id: str) -> Source | None:
    """Return where a list's file is stored, None when it was read before; raises NotFound."""
    row = _locked(session, PastImport.public_id == public_id)
    return None if row.source_key is None else Source(row.id, row.source_key)


def unstage(session: Session, import_id: int) -> None:
    """Forget the rows of a list, before it is read anew."""
    session.execute(delete(PastImportRow).where(PastImportRow.import_id == import_id))


def answer(session: Session, rows: Sequence[PastRow], office: Office) -> tuple[Checked, ...]:
    """Say of rows what sale each would make or what is wrong with it; nothing is written."""
    read = history.read_sales(session, [row.cells for row in rows], office)
    return tuple(
        Checked(row, "", _fault_of(found))
        if isinstance(found, Refused)
        else Checked(row, found.new.sale_id)
        for row, found in zip(rows, read, strict=True)
    )


def stage(session: Session, import_id: int, rows: Sequence[Checked], first_number: int) -> None:
    """Write answered rows of a list into the staging table, numbered from `first_number` on."""
    ids = [one.sale_id for one in rows if one.sale_id]
    here = set(session.scalars(select(Sale.public_id).where(Sale.public_id.in_(ids))))
    session.execute(
        insert(PastImportRow),
        [
            {
                "import_id": import_id,
                "number": number,
                "line": one.row.line,
                "cells": json.dumps(dict(one.row.cells)),
                "answer": _answer(one, here),
                "sentence": one.sentence,
                "sale_public_id": one.sale_id or None,
            }
            for number, one in enumerate(rows, first_number)
        ],
    )


def finish_reading(session: Session, import_id: int, *, now: datetime) -> None:
    """Let a list that was read whole wait for being brought in; its file is not needed any more."""
    row = _locked(session, PastImport.id == import_id)
    session.execute(
        update(PastImportRow)
        .where(PastImportRow.import_id == import_id, _comes_again(import_id))
        .values(answer=PastAnswer.ALREADY)
        .execution_options(synchronize_session=False)
    )
    row.state = ImportState.CHECKED
    _count(session, row)
    _drop_file(session, row, now)
    session.flush()


def fail(session: Session, public_id: str, sentence: str, *, now: datetime) -> None:
    """Note that a list can't be read."""
    row = _locked(session, PastImport.public_id == public_id)
    row.state, row.failure = ImportState.FAILED, sentence[:LONGEST_SENTENCE]
    unstage(session, row.id)
    _drop_file(session, row, now)
    session.flush()


def queue_applying(session: Session, public_id: str, *, actor: str | None, now: datetime) -> None:
    """Have a checked list brought in by a worker. Raises NotFound, and Conflict when it can't be."""
    row = _locked(session, PastImport.public_id == public_id)
    must_be_sound(row)
    row.state, row.failure = ImportState.APPLYING, ""
    _queue(session, APPLY, public_id, now=now, actor=actor)


def apply_some(
    session: Session, public_id: str, most: int, *, office: Office, actor: str | None, now: datetime
) -> int:
    """Bring in the next rows of a list; returns how many are left. Nobody is sent a letter.

    A row is a sale of its own: one that has become impossible since it was checked gets its
    sentence, and the others go on. Raises NotFound, and Conflict for a list that isn't checked.
    """
    row = _locked(session, PastImport.public_id == public_id)
    if row.state is not ImportState.APPLYING:
        must_be_sound(row)
    due = session.execute(
        select(PastImportRow.number, PastImportRow.cells)
        .where(PastImportRow.import_id == row.id, PastImportRow.answer == PastAnswer.OK)
        .order_by(PastImportRow.number)
        .limit(most)
    ).all()
    cells = [json.loads(one.cells) for one in due]
    answers = _bring_in(session, cells, office=office, actor=actor, now=now)
    _note(
        session, row.id, [(one.number, *answer) for one, answer in zip(due, answers, strict=True)]
    )
    counts = Counter(answer for answer, _ in answers)
    row.ok -= len(due)
    row.brought += counts[PastAnswer.BROUGHT]
    row.already += counts[PastAnswer.ALREADY]
    row.invalid += counts[PastAnswer.INVALID]
    session.flush()
    if not due or not row.ok:
        _finish(session, row, actor=actor, now=now)
    return row.ok


def wait_again(session: Session, public_id: str, sentence: str) -> None:
    """Let a list that could not be brought in whole wait as it did before, with what is left."""
    row = _locked(session, PastImport.public_id == public_id)
    if row.state is ImportState.APPLYING:
        row.state, row.failure = ImportState.CHECKED, sentence[:LONGEST_SENTENCE]
        session.flush()


def discard(session: Session, public_id: str) -> None:
    """Throw away a list that waits; what was brought in stays. Raises NotFound and Conflict."""
    row = _locked(session, PastImport.public_id == public_id)
    if row.state is ImportState.APPLYING:
        raise Conflict(BEING_APPLIED)
    if row.state is ImportState.APPLIED:
        raise Conflict(APPLIED_BEFORE)
    session.execute(delete(PastImport).where(PastImport.id == row.id))


def forget_old(session: Session, *, now: datetime) -> None:
    """Delete lists after a month, so that no address is kept for them."""
    session.execute(
        delete(PastImport)
        .where(PastImport.created_at < now - KEPT, PastImport.source_key.is_(None))
        .execution_options(synchronize_session=False)
    )


def must_be_sound(row: PastImport) -> None:
    """Raise Conflict for a list that can't be brought in as it stands."""
    match row.state:
        case ImportState.READING:
            raise Conflict(STILL_READING)
        case ImportState.APPLYING:
            raise Conflict(BEING_APPLIED)
        case ImportState.APPLIED:
            raise Conflict(APPLIED_BEFORE)
        case ImportState.FAILED:
            raise Conflict(NOT_READ)
        case ImportState.CHECKED:
            if row.invalid and not row.brought:
                raise Conflict(HAS_FAULTS, code="not_applied")


def _answer(one: Checked, here: set[str]) -> PastAnswer:
    if one.sentence:
        return PastAnswer.INVALID
    return PastAnswer.ALREADY if one.sale_id in here else PastAnswer.OK


def _bring_in(
    session: Session,
    rows: Sequence[Mapping[str, str]],
    *,
    office: Office,
    actor: str | None,
    now: datetime,
) -> list[tuple[PastAnswer, str]]:
    """Bring in what can be; returns what became of each row, and what is wrong with an invalid one."""
    read = history.read_sales(session, rows, office)
    ids = [one.new.sale_id for one in read if not isinstance(one, Refused)]
    here = set(session.scalars(select(Sale.public_id).where(Sale.public_id.in_(ids))))
    new = [one for one in read if not isinstance(one, Refused) and one.new.sale_id not in here]
    left_out = past_sales.bring_in(session, new, office=office, actor=actor, now=now)
    answers = []
    for one in read:
        refused = one if isinstance(one, Refused) else left_out.get(one.new.sale_id)
        if refused is not None:
            answers.append((PastAnswer.INVALID, _fault_of(refused)))
        elif not isinstance(one, Refused) and one.new.sale_id in here:
            answers.append((PastAnswer.ALREADY, ""))
        else:
            answers.append((PastAnswer.BROUGHT, ""))
    return answers


def _note(session: Session, import_id: int, answers: Sequence[tuple[int, PastAnswer, str]]) -> None:
    """Note what became of rows, which follow each other."""
    mine = PastImportRow.import_id == import_id
    for kind in (PastAnswer.BROUGHT, PastAnswer.ALREADY):
        numbers = [number for number, answer, _ in answers if answer is kind]
        if numbers:
            session.execute(
                update(PastImportRow)
                .where(mine, PastImportRow.number.in_(numbers))
                .values(answer=kind)
                .execution_options(synchronize_session=False)
            )
    for number, answer, sentence in answers:
        if answer is PastAnswer.INVALID:
            session.execute(
                update(PastImportRow)
                .where(mine, PastImportRow.number == number)
                .values(answer=answer, sentence=sentence)
                .execution_options(synchronize_session=False)
            )


def _fault_of(refused: Refused) -> str:
    return history.fault_of(refused)[:LONGEST_SENTENCE]


def _finish(session: Session, row: PastImport, *, actor: str | None, now: datetime) -> None:
    """Note that nothing is left; of its people's addresses only those of faults are kept."""
    row.state, row.failure, row.applied_at = ImportState.APPLIED, "", now
    detail = {"brought": row.brought}
    audit.record(session, "history.imported", row.public_id, actor=actor, now=now, detail=detail)
    session.execute(
        delete(PastImportRow)
        .where(
            PastImportRow.import_id == row.id,
            PastImportRow.answer != PastAnswer.INVALID,
        )
        .execution_options(synchronize_session=False)
    )


def _comes_again(import_id: int) -> ColumnElement[bool]:
    nth = func.row_number().over(
        partition_by=PastImportRow.sale_public_id, order_by=PastImportRow.number
    )
    ranked = (
        select(PastImportRow.number, nth.label("nth"))
        .where(PastImportRow.import_id == import_id, PastImportRow.answer == PastAnswer.OK)
        .subquery()
    )
    return PastImportRow.number.in_(select(ranked.c.number).where(ranked.c.nth > 1))


def _count(session: Session, row: PastImport) -> None:
    counted: Any = session.execute(
        select(PastImportRow.answer, func.count())
        .where(PastImportRow.import_id == row.id)
        .group_by(PastImportRow.answer)
    )
    counts = dict(counted.all())
    row.ok = counts.get(PastAnswer.OK, 0)
    row.already = counts.get(PastAnswer.ALREADY, 0)
    row.invalid = counts.get(PastAnswer.INVALID, 0)
    row.brought = counts.get(PastAnswer.BROUGHT, 0)
    session.flush()


def _locked(session: Session, which: ColumnElement[bool]) -> PastImport:
    row = session.scalar(
        select(PastImport).where(which).with_for_update().execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(NO_SUCH_LIST)
    return row


def _drop_file(session: Session, row: PastImport, now: datetime) -> None:
    if row.source_key is not None:
        _queue(session, DROP, row.public_id, now=now, key=row.source_key)
        row.source_key = None


def _queue(session: Session, kind: str, subject: str, *, now: datetime, **payload: object) -> None:
    jobs.enqueue(session, kind=kind, lane=Lane.PROMPT, subject=subject, payload=payload, now=now)
