"""Jobs for past-sales imports: read and apply lists, and send the invitations."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from lms import audit
from lms.core import clock
from lms.core.database import AT_ONCE
from lms.core.errors import N_, Conflict
from lms.core.model_base import new_public_id
from lms.core.runtime import Carrel
from lms.jobs import queue as job_queue
from lms.jobs.queue import Ended, JobKind, JobRun, Stopped, TryAgain
from lms.mail.links import mail_context_of
from lms.models.jobs import Lane
from lms.models.seat_imports import ImportState
from lms.past_sales import imports
from lms.past_sales.imports import APPLY, Checked
from lms.past_sales.mails import send_brought_in
from lms.past_sales.read_models import PastFacts, find_past
from lms.past_sales.row_parser import PastRow, read_past
from lms.sales import uninvited_buyers
from lms.seat_imports.uploaded_list_job import ListJobs
from lms.seat_imports.uploaded_list_lifecycle import NewList

INVITE: Final = "history.invite"
SMALL_ROWS: Final = 400
BROUGHT_AT_ONCE: Final = 500  # rows per transaction: others can write in between
BROUGHT_IN_A_JOB: Final = 10_000  # then other jobs get a turn
INVITATIONS_AT_ONCE: Final = 50
TRIES: Final = 5

APPLYING = N_("Importing sales")
WRITING = N_("Sending emails")

Hold = Callable[[Session], None]


def take_in(
    carrel: Carrel, path: Path, file_name: str, *, actor: str | None, now: datetime
) -> PastFacts:
    """Receive a list as a file: a small one is answered on return, a large one by a worker.

    Raises Invalid, field `file`, if the file is no list; call it outside any transaction.
    """
    public_id = LIST_JOBS.take_in(carrel, path, NewList(file_name, actor, now))
    with carrel.database.read_session() as session:
        return find_past(session, public_id)


def apply_list(carrel: Carrel, public_id: str, *, actor: str | None, now: datetime) -> PastFacts:
    """Apply a checked list: a small one at once, a large one by a worker.

    Raises NotFound, and Conflict for a list that can't be applied; call it outside any transaction.
    """
    with carrel.database.read_session() as session:
        facts = find_past(session, public_id)
    if facts.ok <= SMALL_ROWS:
        apply_now(carrel, public_id, actor=actor, report=lambda _left: None)
    else:
        with carrel.database.transaction() as session:
            imports.queue_applying(session, public_id, actor=actor, now=now)
    with carrel.database.read_session() as session:
        return find_past(session, public_id)


def apply_now(
    carrel: Carrel, public_id: str, *, actor: str | None, report: Callable[[int], None]
) -> None:
    """Apply a checked list here, in short transactions; `report` gets how many rows are left.

    If interrupted, it continues where it stopped when called again.
    """
    while left := _apply_some(carrel, public_id, actor=actor, hold=None):
        report(left)
        carrel.database.let_others_write()


def apply_queued(carrel: Carrel, run: JobRun) -> None:
    """Import the next rows of a queued list; the next job imports the rest."""
    actor, done, left = run.payload["actor"], 0, 1
    with carrel.database.read_session() as session:
        if find_past(session, run.subject).state is not ImportState.APPLYING:
            return
    while left and done < BROUGHT_IN_A_JOB:
        try:
            left = _apply_some(carrel, run.subject, actor=actor, hold=run.hold)
        except Conflict as error:
            raise TryAgain(error.message) from error
        done += BROUGHT_AT_ONCE
        run.report(min(1.0, done / BROUGHT_IN_A_JOB), APPLYING)
        carrel.database.let_others_write()
        if left and run.canceled():
            raise Stopped
    if left:
        with run.transaction(carrel.database) as session:
            key = f"{APPLY}:{run.subject}:{left}"  # a retried job doesn't queue a second one
            _queue(session, APPLY, run.subject, actor=actor, now=clock.now(), key=key)


def queue_invitations(
    session: Session, most: int, *, actor: str | None, now: datetime
) -> tuple[str, int]:
    """Queue the invitations for the next uninvited people; returns the batch and their number.

    Each person is chosen once, even if this is called repeatedly or concurrently.
    """
    batch = new_public_id()
    chosen = uninvited_buyers.choose(session, most, batch, now=now)
    if chosen:
        detail = {"people": chosen}
        audit.record(session, "history.invited", batch, actor=actor, now=now, detail=detail)
        _queue(session, INVITE, batch, actor=actor, now=now)
    return batch, chosen


def write_invitations(carrel: Carrel, run: JobRun) -> None:
    """Write the emails of a batch, in short transactions; one per person."""
    left = True
    while left:
        left = write_some(carrel, run.subject, hold=run.hold)
        carrel.database.let_others_write()
        run.report(0.5, WRITING)
        if left and run.canceled():
            raise Stopped
        if left:
            run.give_way()


def write_some(carrel: Carrel, batch: str, *, hold: Hold | None = None) -> bool:
    """Write the next emails of a batch; returns whether there may be more."""
    mail_context = mail_context_of(carrel.settings)
    with carrel.database.transaction() as session:
        if hold is not None:
            hold(session)
        now = clock.now()
        people = uninvited_buyers.take_next(session, batch, INVITATIONS_AT_ONCE, now=now)
        for login_id in people:
            send_brought_in(session, login_id, mail_context=mail_context, now=now)
    return len(people) == INVITATIONS_AT_ONCE


def invitations_ended(session: Session, ended: Ended) -> None:
    """Make the people whose emails were not written available for another batch."""
    uninvited_buyers.let_go(session, ended.subject)


def _apply_some(carrel: Carrel, public_id: str, *, actor: str | None, hold: Hold | None) -> int:
    """Import the next rows, with retries if another transaction interfered; returns what is left."""
    mail_context = mail_context_of(carrel.settings)
    for _ in range(TRIES):
        try:
            with carrel.database.transaction() as session:
                if hold is not None:
                    hold(session)
                now = clock.now()
                return imports.apply_some(
                    session,
                    public_id,
                    BROUGHT_AT_ONCE,
                    mail_context=mail_context,
                    actor=actor,
                    now=now,
                )
        except Conflict as error:
            if error.message != AT_ONCE:
                raise
    raise Conflict(AT_ONCE)


def _answered(carrel: Carrel, rows: Sequence[PastRow]) -> list[tuple[PastRow, Checked]]:
    with carrel.database.read_session() as session:
        checked = imports.answer(
            session, [row.cells for row in rows], mail_context_of(carrel.settings)
        )
    return list(zip(rows, checked, strict=True))


def _queue(
    session: Session,
    kind: str,
    subject: str,
    *,
    actor: str | None,
    now: datetime,
    key: str | None = None,
) -> None:
    job_queue.enqueue(
        session,
        kind=kind,
        lane=Lane.PROMPT,
        subject=subject,
        payload={"actor": actor},
        now=now,
        unique_key=key,
    )


LIST_JOBS: Final = ListJobs(
    imports.LISTS,
    small_bytes=64 * 1024,
    at_once=1_000,
    parse=read_past,
    prepare=_answered,
    stage=imports.stage,
    check=imports.finish_reading,
)
JOBS: Final = (
    *LIST_JOBS.kinds(apply_queued),
    JobKind(INVITE, write_invitations, ended=invitations_ended),
)
