"""Jobs for the self-test: run it with progress, then store its results."""

from typing import TYPE_CHECKING, Final

from lms.app import create_app
from lms.core.clock import now
from lms.core.errors import NotFound
from lms.core.runtime import Carrel
from lms.jobs.queue import JobKind, JobRun, Stopped
from lms.registry import LIBRARY
from lti.component import LTI
from lti.selftest.check_results import TITLES, Proof
from lti.selftest.check_runner import ABOUT, CheckRunner
from lti.selftest.run_requests_and_results import SELFTEST, find_selftest, keep_proofs

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def make_tool(carrel: Carrel) -> "WSGIApplication":
    """Return the app of the self-test's sandbox, built like the product's own."""
    return create_app(carrel, (LIBRARY, LTI))


def run_selftest(carrel: Carrel, run: JobRun) -> None:
    """Run the self-test in a sandbox and store its results; a canceled run stores none."""
    try:
        with carrel.database.read_session() as session:
            asked = find_selftest(session, run.subject)
    except NotFound:
        return  # ten newer runs were requested
    proofs: list[Proof] = []
    for proof in CheckRunner(carrel, make_tool, asked.registration).proofs(run.canceled):
        proofs.append(proof)
        run.report(min(1.0, len(proofs) / ABOUT), TITLES[proof.group])
    if run.canceled():
        raise Stopped
    with run.transaction(carrel.database) as session:
        keep_proofs(session, run.subject, proofs, now=now())


JOBS: Final = (JobKind(SELFTEST, run_selftest),)
