"""Past-sales imports: lists are read, checked, applied when asked, and then deleted."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.core.bulk_insert import count_anew
from lms.core.errors import N_, Conflict, Refused
from lms.mail.links import MailContext
from lms.models.accounts import Login
from lms.models.grants import Grant
from lms.models.orders import Order, OrderLine
from lms.models.organizations import Membership
from lms.models.past_sales import PastAnswer, PastImport, PastImportRow
from lms.models.seat_imports import ImportState
from lms.models.seats import Pool
from lms.past_sales import bulk_orders, open_invoices, row_parser
from lms.past_sales.bulk_orders import PastOrder
from lms.past_sales.row_parser import PastRow
from lms.seat_imports.uploaded_list_lifecycle import (
    LONGEST_SENTENCE,
    UploadedLists,
    count_answers,
    count_staged,
    mark_repeated,
)

READ: Final = "history.read_list"
APPLY: Final = "history.apply_list"
DROP: Final = "history.drop_list"

FILLED: Final = (Login, Membership, Pool, Order, OrderLine, Grant)
HAS_FAULTS = N_(
    "We can't import anything while a row has an error. Correct the list and upload it again."
)
LISTS: Final = UploadedLists(PastImport, PastImportRow, READ, APPLY, DROP)
discard, forget_old = LISTS.discard, LISTS.forget_old


@dataclass(frozen=True, slots=True)
class Checked:
    """The check of one row; a row with a fault has a sentence and no order."""

    answer: PastAnswer
    past: PastOrder | None = None
    sentence: str = ""


def answer(
    session: Session, rows: Sequence[Mapping[str, str]], mail_context: MailContext
) -> tuple[Checked, ...]:
    """Return which order each row would make, from its cells; writes nothing."""
    read = row_parser.read_orders(session, rows, mail_context)
    return _answer(session, read, row_parser.find_likely(session, rows, read))


def _answer(
    session: Session, read: Sequence[PastOrder | Refused], likely: Sequence[str]
) -> tuple[Checked, ...]:
    """Return the answers to rows; `likely` has a sentence for each that may name a known organization."""
    found = [one for one in read if not isinstance(one, Refused)]
    ids = [one.new.order_id for one in found]
    here = set(session.scalars(select(Order.public_id).where(Order.public_id.in_(ids))))
    new = [one for one in found if one.new.order_id not in here]
    taken = open_invoices.taken(session, {one.new.order_id: one.invoice for one in new})
    answers = []
    for one, may_be in zip(read, likely, strict=True):
        if isinstance(one, Refused):
            answers.append(Checked(PastAnswer.INVALID, sentence=_fault_of(one)))
        elif may_be and one.new.order_id not in here:
            answers.append(Checked(PastAnswer.INVALID, sentence=may_be))
        elif one.new.order_id in here:
            answers.append(Checked(PastAnswer.ALREADY, one))
        elif one.new.order_id in taken:
            answers.append(Checked(PastAnswer.INVALID, sentence=open_invoices.TAKEN))
        else:
            answers.append(Checked(PastAnswer.OK, one))
    return tuple(answers)


def stage(
    session: Session,
    import_id: int,
    rows: Sequence[tuple[PastRow, Checked]],
    first_number: int,
) -> None:
    """Write answered rows of a list into the staging table, numbered from `first_number` on."""
    session.execute(
        insert(PastImportRow),
        [
            {
                "import_id": import_id,
                "number": number,
                "line": row.line,
                "cells": json.dumps(dict(row.cells)),
                "answer": checked.answer,
                "sentence": checked.sentence,
                "order_public_id": checked.past.new.order_id if checked.past else None,
            }
            for number, (row, checked) in enumerate(rows, first_number)
        ],
    )


def finish_reading(session: Session, import_id: int, now: datetime) -> None:
    """Mark a fully read list as checked and ready to apply; its file is deleted."""
    row = LISTS.locked_by_id(session, import_id)
    count_staged(session, PastImportRow, row.id)
    mark_repeated(session, row.id, PastImportRow.order_public_id, PastAnswer.ALREADY)
    count_answers(session, row, PastImportRow.answer)
    row.state = ImportState.CHECKED
    LISTS.drop_file(session, row, now=now)
    session.flush()


def queue_applying(session: Session, public_id: str, *, actor: str | None, now: datetime) -> None:
    """Queue a checked list for a worker to apply. Raises NotFound, and Conflict if it can't be applied."""
    row = LISTS.locked(session, public_id)
    must_be_sound(row)
    LISTS.queue_applying(session, row, actor=actor, now=now)


def apply_some(
    session: Session,
    public_id: str,
    most: int,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> int:
    """Import the next rows of a list and return how many are left. No emails are sent.

    Each row is its own order: one that can't be imported anymore gets a sentence, and the others
    continue. Raises NotFound, and Conflict for a list that isn't checked.
    """
    row = LISTS.locked(session, public_id)
    if row.state is not ImportState.APPLYING:
        must_be_sound(row)
    due = session.execute(
        select(PastImportRow.number, PastImportRow.cells)
        .where(PastImportRow.import_id == row.id, PastImportRow.answer == PastAnswer.OK)
        .order_by(PastImportRow.number)
        .limit(most)
    ).all()
    cells = [json.loads(one.cells) for one in due]
    answers = _bring_in(session, cells, mail_context=mail_context, actor=actor, now=now)
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


def must_be_sound(row: PastImport) -> None:
    """Raise Conflict for a list that can't be imported in its current state."""
    LISTS.must_be_checked(row)
    if row.invalid and not row.brought:
        raise Conflict(HAS_FAULTS, code="not_applied")


def _bring_in(
    session: Session,
    rows: Sequence[Mapping[str, str]],
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> list[tuple[PastAnswer, str]]:
    """Import the valid rows; returns the outcome of each row, and the fault of an invalid one."""
    read = row_parser.read_orders(session, rows, mail_context)
    # Not matched again: the list's own new organizations would be taken for each other.
    checked = _answer(session, read, [""] * len(read))
    new = [one.past for one in checked if one.past and one.answer is PastAnswer.OK]
    left_out = bulk_orders.bring_in(session, new, mail_context=mail_context, actor=actor, now=now)
    answers = []
    for one in checked:
        if one.answer is not PastAnswer.OK or one.past is None:
            answers.append((one.answer, one.sentence))
        elif refused := left_out.get(one.past.new.order_id):
            answers.append((PastAnswer.INVALID, _fault_of(refused)))
        else:
            answers.append((PastAnswer.BROUGHT, ""))
    return answers


def _note(session: Session, import_id: int, answers: Sequence[tuple[int, PastAnswer, str]]) -> None:
    """Save the outcome of consecutive rows."""
    mine = PastImportRow.import_id == import_id
    for kind in (PastAnswer.BROUGHT, PastAnswer.ALREADY):
        numbers = [number for number, answer, _ in answers if answer is kind]
        if numbers:
            session.execute(
                update(PastImportRow)
                .where(mine, PastImportRow.number.in_(numbers))
                .values(answer=kind)
            )
    for number, answer, sentence in answers:
        if answer is PastAnswer.INVALID:
            session.execute(
                update(PastImportRow)
                .where(mine, PastImportRow.number == number)
                .values(answer=answer, sentence=sentence)
            )


def _fault_of(refused: Refused) -> str:
    return row_parser.fault_of(refused)[:LONGEST_SENTENCE]


def _finish(session: Session, row: PastImport, *, actor: str | None, now: datetime) -> None:
    """Mark the list as applied; only its invalid rows keep addresses."""
    row.state, row.failure, row.applied_at = ImportState.APPLIED, "", now
    count_anew(session, row.brought, *FILLED)
    detail = {"brought": row.brought}
    audit.record(session, "history.imported", row.public_id, actor=actor, now=now, detail=detail)
    session.execute(
        delete(PastImportRow).where(
            PastImportRow.import_id == row.id,
            PastImportRow.answer != PastAnswer.INVALID,
        )
    )
