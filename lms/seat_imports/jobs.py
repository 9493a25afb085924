"""Jobs for seat imports: small lists run at once, large ones in the background."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final

from sqlalchemy.orm import Session

from lms.core import clock
from lms.core.database import AT_ONCE, Database
from lms.core.errors import N_, Conflict, Invalid
from lms.core.model_base import new_public_id
from lms.core.runtime import Carrel
from lms.core.text_decoding import encoding_of
from lms.jobs.queue import Ended, GiveUp, JobKind, JobRun, Stopped, TryAgain
from lms.organizations.staff_list_parser import Entry, read_file, read_pasted
from lms.seat_imports import imports
from lms.seat_imports.bulk_assignment import MEANWHILE
from lms.seat_imports.imports import APPLY, DROP, READ, NewImport
from lms.seat_imports.read_models import ImportFacts, find_import
from lms.seat_imports.staged_row_writer import stage
from media.storage.storage_protocol import content_type_of

SMALL_BYTES: Final = 256 * 1024
SMALL_ROWS: Final = 2_000
BATCH: Final = 5_000
TRIES: Final = 5
_READ_BY: Final = 0.9  # of a job's progress; the rest is answering

READING = N_("Reading the list")
CHECKING = N_("Comparing it with the pool")
APPLYING = N_("Giving out seats")


def take_in(
    carrel: Carrel, path: Path, file_name: str, *, pool_id: int, actor: str | None, now: datetime
) -> ImportFacts:
    """Receive a list as a file: a small one is answered on return, a large one by a worker.

    The pool is only read (PRODUCT.md, S6). Raises Invalid, field `file`, for what is no list;
    call it outside any transaction.
    """
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size <= SMALL_BYTES:
            entries = tuple(read_file(file))
            new = NewImport(pool_id, file_name)
            return _answered(carrel.database, new, entries, actor=actor, now=now)
        encoding_of(file)  # what is no text is refused at once, and not by a job
    key = f"imports/{new_public_id()}.csv"
    carrel.storage.put_file(key, path, content_type_of(key))
    with carrel.database.transaction() as session:
        row = imports.begin(session, NewImport(pool_id, file_name, key), actor=actor, now=now)
        imports.queue_reading(session, row, now=now)
        return find_import(session, row.public_id)


def take_in_pasted(
    carrel: Carrel, text: str, *, pool_id: int, actor: str | None, now: datetime
) -> ImportFacts:
    """Receive pasted addresses, and answer them; raises Invalid when there are none."""
    entries = tuple(read_pasted(text))
    return _answered(carrel.database, NewImport(pool_id), entries, actor=actor, now=now)


def read_through(
    database: Database,
    file: BinaryIO,
    import_id: int,
    *,
    hold: Callable[[Session], None] | None = None,
    staged: Callable[[], None] | None = None,
) -> None:
    """Stage a whole file in short transactions, holding no more than one batch of it.

    `hold` fences each transaction, `staged` is called after each. Raises Invalid.
    """
    entries, number = read_file(file), 1
    while batch := tuple(islice(entries, BATCH)):
        with database.transaction() as session:
            if hold is not None:
                hold(session)
            stage(session, import_id, batch, number)
        number += len(batch)
        if staged is not None:
            staged()


def apply_list(
    carrel: Carrel, public_id: str, *, partial: bool, actor: str | None, now: datetime
) -> ImportFacts:
    """Apply a checked list: a small one at once, a large one by a worker.

    All or nobody, unless `partial` asks for those who can be seated; where nothing was done the
    `failure` of what is returned says why. Raises NotFound and Conflict; call it outside any
    transaction.
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
    """Apply a list in one transaction, again where others took seats in the same moment."""
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
        size = os.fstat(file.fileno()).st_size

        def staged() -> None:
            run.report(_READ_BY * min(1.0, file.tell() / size), READING)
            if run.canceled():
                raise Stopped

        try:
            read_through(carrel.database, file, source.import_id, hold=run.hold, staged=staged)
        except Invalid as error:
            raise GiveUp(error.message) from error
    run.report(_READ_BY, CHECKING)
    with carrel.database.transaction() as session:
        run.hold(session)
        imports.check(session, source.import_id, now=clock.now())


def reading_ended(session: Session, ended: Ended) -> None:
    """Note on the list that it couldn't be read, or that reading it was canceled."""
    imports.fail(session, ended.subject, ended.sentence, now=ended.at)


def drop_file(carrel: Carrel, run: JobRun) -> None:
    """Remove the file of a list that was read, or that nobody will read."""
    carrel.storage.delete(str(run.payload["key"]))


def apply_queued(carrel: Carrel, run: JobRun) -> None:
    """Apply a list that waits for it."""
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


def applying_ended(session: Session, ended: Ended) -> None:
    """Let the list wait as before, with the reason."""
    imports.wait_again(session, ended.subject, ended.sentence)


def _answered(
    database: Database,
    new: NewImport,
    entries: tuple[Entry, ...],
    *,
    actor: str | None,
    now: datetime,
) -> ImportFacts:
    with database.transaction() as session:
        row = imports.begin(session, new, actor=actor, now=now)
        stage(session, row.id, entries, 1)
        imports.check(session, row.id, now=now)
        return find_import(session, row.public_id)


@contextmanager
def fetched(carrel: Carrel, key: str) -> Iterator[BinaryIO]:
    """Open a stored list for reading, from wherever the storage keeps it."""
    path = carrel.storage.local_path(key)
    if path is not None:
        with path.open("rb") as file:
            yield file
        return
    with TemporaryDirectory(dir=carrel.settings.scratch, prefix="list-") as folder:
        path = Path(folder) / "list.csv"
        carrel.storage.fetch(key, path)
        with path.open("rb") as file:
            yield file


JOBS: Final = (
    JobKind(READ, read_list, ended=reading_ended),
    JobKind(APPLY, apply_queued, ended=applying_ended),
    JobKind(DROP, drop_file),
)
