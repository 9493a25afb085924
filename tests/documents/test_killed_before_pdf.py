"""A worker is killed between invoices and their PDFs: each gets one PDF and one email."""

import hashlib
import signal
from collections.abc import Mapping

import pytest
from sqlalchemy import select

from lms.core.clock import now
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.documents.stored_pdfs import FINISH
from lms.models.documents import Document
from lms.models.jobs import Job, JobState
from lms.models.mail import Mail
from tests.cast import Cast
from tests.sales.order_fixtures import GROUP, placed
from tests.servers.worker_process import running_worker
from tests.wait_until import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

INVOICES = 12
PATIENCE_S = 120.0


def states(database: Database) -> list[JobState]:
    with database.read_session() as session:
        return list(session.scalars(select(Job.state).where(Job.kind == FINISH)))


def test_every_invoice_has_one_pdf_and_one_email(
    database: Database, carrel: Carrel, cast: Cast, environ: Mapping[str, str]
) -> None:
    for _number in range(INVOICES):
        placed(database, GROUP, at=now())
    with running_worker(environ) as worker:
        until(lambda: JobState.DONE in states(database), seconds=PATIENCE_S)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert set(states(database)) > {JobState.DONE}  # it was killed partway
    with running_worker(environ):
        until(lambda: set(states(database)) == {JobState.DONE}, seconds=PATIENCE_S)
    with database.read_session() as session:
        issued = session.scalars(select(Document).order_by(Document.id)).all()
        letters = session.scalars(select(Mail).where(Mail.kind == "document")).all()
    assert len(issued) == INVOICES
    for document in issued:
        assert document.pdf_key is not None
        with carrel.storage.open(document.pdf_key) as stored:
            assert hashlib.sha256(stored.read()).hexdigest() == document.pdf_sha256
    named = [one["key"] for letter in letters for one in letter.attachments or ()]
    assert sorted(named) == sorted(one.pdf_key or "" for one in issued)
    assert sorted(carrel.storage.list("documents/")) == sorted(named)
