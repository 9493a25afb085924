"""Jobs for past-sales imports: read and apply lists, and send the invitations."""

import os
from collections.abc import Callable
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lms import audit
from lms.core import clock
from lms.core.database import AT_ONCE
from lms.core.errors import N_, Conflict, Invalid
from lms.core.model_base import new_public_id
from lms.core.runtime import Carrel
from lms.core.text_decoding import encoding_of
from lms.jobs import queue as job_queue
from lms.jobs.queue import Ended, GiveUp, JobKind, JobRun, Stopped, TryAgain
from lms.mail.links import Links, MailContext
from lms.models.jobs import Lane
from lms.models.seat_imports import ImportState
from lms.past_sales import imports
from lms.past_sales.imports import APPLY, DROP, READ
from lms.past_sales.mails import send_brought_in
from lms.past_sales.read_models import PastFacts, find_past
from lms.past_sales.row_parser import read_past
from lms.sales import uninvited_buyers
from lms.seat_imports.jobs import drop_file, fetched
from media.storage.storage_protocol import content_type_of

INVITE: Final = "history.invite"
SMALL_BYTES: Final = 64 * 1024
SMALL_ROWS: Final = 400
CHECKED_AT_ONCE: Final = 1_000
BROUGHT_AT_ONCE: Final = 500  # rows in one transaction: others write in between
BROUGHT_IN_A_JOB: Final = 10_000  # then other jobs have their turn
LETTERS_AT_ONCE: Final = 50
TRIES: Final = 5

READING = N_("Reading the list")
APPLYING = N_("Bringing in what was sold")
WRITING = N_("Writing the letters")

Hold = Callable[[Session], None]


def office_of(carrel: Carrel) -> MailContext:
    """Return where the house is reached, and in which zone its days end."""
    return MailContext(Links(carrel.settings.base_url), ZoneInfo(carrel.settings.time_zone))


def take_in(
    carrel: Carrel, path: Path, file_name: str, *, actor: str | None, now: datetime
) -> PastFacts:
    """Receive a list as a file: a small one is answered on return, a large one by a worker.

    Raises Invalid, field `file`, for what is no list; call it outside any transaction.
    """
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size <= SMALL_BYTES:
            return read_now(carrel, file, file_name, actor=actor, now=now)
        encoding_of(file)  # what is no text is refused at once, and not by a job
    key = f"imports/{new_public_id()}.csv"
    carrel.storage.put_file(key, path, content_type_of(key))
    with carrel.database.transaction() as session:
        row = imports.begin(session, file_name, key, actor=actor, now=now)
        imports.queue_reading(session, row, now=now)
        return find_past(session, row.public_id)


def read_now(
    carrel: Carrel, file: BinaryIO, file_name: str, *, actor: str | None, now: datetime
) -> PastFacts:
    """Read a list here and answer its rows; raises Invalid, after which nothing is kept."""
    with carrel.database.transaction() as session:
        row = imports.begin(session, file_name, None, actor=actor, now=now)
    try:
        _read_through(carrel, file, row.id)
    except Invalid:
        with carrel.database.transaction() as session:
            imports.discard(session, row.public_id)
        raise
    with carrel.database.transaction() as session:
        imports.finish_reading(session, row.id, now=now)
        return find_past(session, row.public_id)


def apply_list(carrel: Carrel, public_id: str, *, actor: str | None, now: datetime) -> PastFacts:
    """Bring in a checked list: a small one at once, a large one by a worker.

    Raises NotFound, and Conflict for one that can't be; call it outside any transaction.
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
    """Bring in a checked list here, in short transactions; `report` hears how many rows are left.

    Stopped half-way it goes on where it was when it is called again.
    """
    while left := _apply_some(carrel, public_id, actor=actor, hold=None):
        report(left)
        carrel.database.let_others_write()


def read_list(carrel: Carrel, run: JobRun) -> None:
    """Read a stored list and answer its rows."""
    with carrel.database.transaction() as session:
        run.hold(session)
        source = imports.to_be_read(session, run.subject)
        if source is None:
            return
        imports.unstage(session, source.import_id)
    run.report(0.0, READING)
    with fetched(carrel, source.key) as file:
        try:
            _read_through(carrel, file, source.import_id, run)
        except Invalid as error:
            raise GiveUp(error.message) from error
    with carrel.database.transaction() as session:
        run.hold(session)
        imports.finish_reading(session, source.import_id, now=clock.now())


def reading_ended(session: Session, ended: Ended) -> None:
    """Note on the list that it couldn't be read, or that reading it was canceled."""
    imports.fail(session, ended.subject, ended.sentence, now=ended.at)


def apply_queued(carrel: Carrel, run: JobRun) -> None:
    """Bring in the next rows of a list that waits for it; what is left is the next job's."""
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
        with carrel.database.transaction() as session:
            run.hold(session)
            key = f"{APPLY}:{run.subject}:{left}"  # a job that is tried again starts no second one
            _queue(session, APPLY, run.subject, actor=actor, now=clock.now(), key=key)


def applying_ended(session: Session, ended: Ended) -> None:
    """Let the list wait as before, with the reason and what is left."""
    imports.wait_again(session, ended.subject, ended.sentence)


def ask_for_letters(
    session: Session, most: int, *, actor: str | None, now: datetime
) -> tuple[str, int]:
    """Have the letters written to the next people who had none; returns the batch and how many.

    Each person is asked for once, however often and by however many this is called.
    """
    batch = new_public_id()
    chosen = uninvited_buyers.choose(session, most, batch, now=now)
    if chosen:
        detail = {"people": chosen}
        audit.record(session, "history.invited", batch, actor=actor, now=now, detail=detail)
        _queue(session, INVITE, batch, actor=actor, now=now)
    return batch, chosen


def write_letters(carrel: Carrel, run: JobRun) -> None:
    """Write the letters of a batch, in short transactions; each person's once."""
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
    """Write the next letters of a batch; tells whether there may be more."""
    mail_context = office_of(carrel)
    with carrel.database.transaction() as session:
        if hold is not None:
            hold(session)
        now = clock.now()
        people = uninvited_buyers.take_next(session, batch, LETTERS_AT_ONCE, now=now)
        for login_id in people:
            send_brought_in(session, login_id, mail_context=mail_context, now=now)
    return len(people) == LETTERS_AT_ONCE


def letters_ended(session: Session, ended: Ended) -> None:
    """Let those wait again whose letters were not written."""
    uninvited_buyers.let_go(session, ended.subject)


def _apply_some(carrel: Carrel, public_id: str, *, actor: str | None, hold: Hold | None) -> int:
    """Bring in the next rows, again where another transaction was in the way; returns what is left."""
    mail_context = office_of(carrel)
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


def _read_through(
    carrel: Carrel, file: BinaryIO, import_id: int, run: JobRun | None = None
) -> None:
    """Stage a whole file in short transactions, holding no more than one batch of it."""
    mail_context, size = office_of(carrel), os.fstat(file.fileno()).st_size
    rows, number = read_past(file), 1
    while batch := tuple(islice(rows, CHECKED_AT_ONCE)):
        with carrel.database.read_session() as session:
            checked = imports.answer(session, [row.cells for row in batch], mail_context)
        with carrel.database.transaction() as session:
            if run is not None:
                run.hold(session)
            imports.stage(session, import_id, list(zip(batch, checked, strict=True)), number)
        number += len(batch)
        if run is not None:
            run.report(min(1.0, file.tell() / size), READING)
            if run.canceled():
                raise Stopped


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


JOBS: Final = (
    JobKind(READ, read_list, ended=reading_ended),
    JobKind(APPLY, apply_queued, ended=applying_ended),
    JobKind(DROP, drop_file),
    JobKind(INVITE, write_letters, ended=letters_ended),
)
