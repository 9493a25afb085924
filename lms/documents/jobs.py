"""Jobs of documents: render the PDF and send the email after the commit."""

from typing import Final

from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.documents.stored_pdfs import FINISH, finish
from lms.jobs.queue import JobKind, JobRun


def finish_document(carrel: Carrel, run: JobRun) -> None:
    """Render the PDF of a document and send its email; a repeated run does nothing more."""
    finish(carrel, run.subject, is_mailed=bool(run.payload["is_mailed"]), now=now())


JOBS: Final = (JobKind(FINISH, finish_document),)
