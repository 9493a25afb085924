"""Jobs for seat imports: small lists run at once, large ones in the background."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from lms.core import clock
from lms.core.database import AT_ONCE, Database
from lms.core.errors import N_, Conflict
from lms.core.runtime import Carrel
from lms.jobs.queue import JobRun, TryAgain
from lms.organizations.staff_list_parser import read_file, read_pasted
from lms.seat_imports import imports
from lms.seat_imports.bulk_assignment import MEANWHILE
from lms.seat_imports.read_models import ImportFacts, find_import
from lms.seat_imports.uploaded_list_job import ListJobs
from lms.seat_imports.uploaded_list_lifecycle import NewList

SMALL_BYTES: Final = 256 * 1024
SMALL_ROWS: Final = 2_000
TRIES: Final = 5

APPLYING = N_("Assigning seats")


def take_in(
    carrel: Carrel, path: Path, file_name: str, *, pool_id: int, actor: str | None, now: datetime
) -> ImportFacts:
    """Receive a list as a file: a small one is answered on return, a large one by a worker.

    The pool is only read (PRODUCT.md, S6). Raises Invalid, field `file`, if the file is no list; call
    it outside any transaction.
    """
    public_id = LIST_JOBS.take_in(carrel, path, NewList(file_name, actor, now, pool_id))
    with carrel.database.read_session() as session:
        return find_import(session, public_id)


def take_in_pasted(
    carrel: Carrel, text: str, *, pool_id: int, actor: str | None, now: datetime
) -> ImportFacts:
    """Receive pasted addresses, and answer them; raises Invalid if there are none."""
    public_id = LIST_JOBS.read_now(carrel, read_pasted(text), NewList("", actor, now, pool_id))
    with carrel.database.read_session() as session:
        return find_import(session, public_id)


def apply_list(
    carrel: Carrel, public_id: str, *, partial: bool, actor: str | None, now: datetime
) -> ImportFacts:
    """Apply a checked list: a small one at once, a large one by a worker.

    All or none, unless `partial` asks for those who can get a seat; if nothing was done, the returned
    `failure` says why. Raises NotFound and Conflict; call it outside any transaction.
    """
    with carrel.database.read_session() as session:
        facts = find_import(session, public_id)
    if facts.ok <= SMALL_ROWS:
        return apply_now(carrel.database, public_id, partial=partial, actor=actor, now=now)
    with carrel.database.transaction() as session:
        imports.queue_applying(session, public_id, partial=partial, actor=actor, now=now)
        return find_import(session, public_id)


def apply_now(
    database: Database,
    public_id: str,
    *,
    partial: bool,
    actor: str | None,
    now: datetime,
    hold: Callable[[Session], None] | None = None,
) -> ImportFacts:
    """Apply a list in one transaction, with retries if others took seats at the same moment."""
    for _ in range(TRIES):
        try:
            with database.transaction() as session:
                if hold is not None:
                    hold(session)
                return imports.apply(session, public_id, partial=partial, actor=actor, now=now)
        except Conflict as error:
            if error.message not in (MEANWHILE, AT_ONCE):
                raise
    raise Conflict(MEANWHILE)


def apply_queued(carrel: Carrel, run: JobRun) -> None:
    """Apply a queued list."""
    run.report(0.1, APPLYING)
    try:
        apply_now(
            carrel.database,
            run.subject,
            partial=bool(run.payload["partial"]),
            actor=run.payload["actor"],
            now=clock.now(),
            hold=run.hold,
        )
    except Conflict as error:
        raise TryAgain(error.message) from error


LIST_JOBS: Final = ListJobs(
    imports.LISTS,
    small_bytes=SMALL_BYTES,
    at_once=5_000,
    parse=read_file,
    prepare=lambda _carrel, entries: entries,
    stage=imports.stage,
    check=imports.check,
)
JOBS: Final = LIST_JOBS.kinds(apply_queued)
