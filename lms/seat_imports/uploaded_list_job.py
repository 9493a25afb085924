"""The uploaded list job, for seats and past sales: a list is stored, read in batches, and checked."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Final, Generic, TypeVar

from sqlalchemy.orm import Session

from lms.core import clock
from lms.core.errors import N_, Invalid
from lms.core.model_base import new_public_id
from lms.core.runtime import Carrel
from lms.jobs.queue import Ended, GiveUp, JobKind, JobRun, Stopped
from lms.seat_imports.uploaded_list_lifecycle import NewList, UploadedLists
from media.storage.storage_protocol import content_type_of

READING: Final = N_("Reading the list")
CHECKING: Final = N_("Checking the list")
_READ_BY: Final = 0.9  # of a job's progress; the rest is checking

Row = TypeVar("Row")
Batch = TypeVar("Batch")


@dataclass(slots=True)
class ListJobs(Generic[Row, Batch]):
    """How lists of one kind are read: at most `small_bytes` at once, larger ones by a worker.

    `parse` yields the rows of a file. A batch of `at_once` rows is prepared outside the transaction in
    which `stage` writes it, numbered; `check` ends the reading.
    """

    lists: UploadedLists[Any]
    small_bytes: int
    at_once: int
    parse: Callable[[BinaryIO], Iterator[Row]]
    prepare: Callable[[Carrel, Sequence[Row]], Batch]
    stage: Callable[[Session, int, Batch, int], None]
    check: Callable[[Session, int, Any], None]

    def take_in(self, carrel: Carrel, path: Path, new: NewList) -> str:
        """Receive a list as a file: a small one is checked on return, a large one by a worker.

        Returns its public ID. Raises Invalid, field `file`, if the file is no list; call it outside any
        transaction.
        """
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size <= self.small_bytes:
                return self.read_now(carrel, self.parse(file), new)
            next(self.parse(file), None)  # a file that is no list is refused at once, not by a job
        key = f"imports/{new_public_id()}.csv"
        carrel.storage.put_file(key, path, content_type_of(key))
        with carrel.database.transaction() as session:
            row = self.lists.begin(session, new, key)
            self.lists.queue_reading(session, row, now=new.now)
            return str(row.public_id)

    def read_now(self, carrel: Carrel, rows: Iterator[Row], new: NewList) -> str:
        """Read a list here and check its rows; raises Invalid, after which nothing is saved."""
        with carrel.database.transaction() as session:
            row = self.lists.begin(session, new)
        try:
            self._read_through(carrel, rows, row.id, lambda: None)
        except Invalid:
            with carrel.database.transaction() as session:
                self.lists.discard(session, row.public_id)
            raise
        with carrel.database.transaction() as session:
            self.check(session, row.id, new.now)
        return str(row.public_id)

    def read_list(self, carrel: Carrel, run: JobRun) -> None:
        """Read a stored list and check its rows."""
        with run.transaction(carrel.database) as session:
            source = self.lists.to_be_read(session, run.subject)
            if source is None:
                return
            self.lists.unstage(session, source.import_id)
        run.report(0.0, READING)
        with fetched(carrel, source.key) as file:
            size = os.fstat(file.fileno()).st_size

            def staged() -> None:
                run.report(_READ_BY * min(1.0, file.tell() / size), READING)
                if run.canceled():
                    raise Stopped

            try:
                self._read_through(carrel, self.parse(file), source.import_id, staged, run.hold)
            except Invalid as error:
                raise GiveUp(error.message) from error
        run.report(_READ_BY, CHECKING)
        with run.transaction(carrel.database) as session:
            self.check(session, source.import_id, clock.now())

    def kinds(self, apply_queued: Callable[[Carrel, JobRun], None]) -> tuple[JobKind, ...]:
        """Return the kinds of the jobs that read, apply and drop lists."""
        return (
            JobKind(self.lists.read, self.read_list, ended=self._reading_ended),
            JobKind(self.lists.apply, apply_queued, ended=self._applying_ended),
            JobKind(self.lists.drop, _drop_file),
        )

    def _read_through(
        self,
        carrel: Carrel,
        rows: Iterator[Row],
        import_id: int,
        staged: Callable[[], None],
        hold: Callable[[Session], None] = lambda _session: None,
    ) -> None:
        """Stage all rows in short transactions, with no more than one batch of them in memory.

        `hold` fences each transaction, `staged` is called after each. Raises Invalid.
        """
        number = 1
        while batch := tuple(islice(rows, self.at_once)):
            prepared = self.prepare(carrel, batch)
            with carrel.database.transaction() as session:
                hold(session)
                self.stage(session, import_id, prepared, number)
            number += len(batch)
            staged()

    def _reading_ended(self, session: Session, ended: Ended) -> None:
        """Record on the list that it couldn't be read, or that reading was canceled."""
        self.lists.fail(session, ended.subject, ended.sentence, now=ended.at)

    def _applying_ended(self, session: Session, ended: Ended) -> None:
        """Return the list to the checked state, with the reason."""
        self.lists.wait_again(session, ended.subject, ended.sentence)


@contextmanager
def fetched(carrel: Carrel, key: str) -> Iterator[BinaryIO]:
    """Open a stored list for reading, from any storage."""
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


def _drop_file(carrel: Carrel, run: JobRun) -> None:
    """Delete the file of a list that was read, or that won't be read."""
    carrel.storage.delete(str(run.payload["key"]))
