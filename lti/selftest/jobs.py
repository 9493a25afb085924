"""The self-test as a job: played to its end, with its progress, and then kept."""

from lms.core.clock import now
from lms.core.errors import NotFound
from lms.core.runtime import Carrel
from lms.jobs.queue import JobRun, Stopped
from lti.selftest.check_results import TITLES, Proof
from lti.selftest.run_records import find_selftest, keep_proofs
from lti.selftest.runner import ABOUT, Play
from lti.selftest.sandbox import MakeTool


def run_selftest(carrel: Carrel, run: JobRun, make_tool: MakeTool) -> None:
    """Play a run and keep its lines; one that is stopped keeps none."""
    try:
        with carrel.database.read_session() as session:
            asked = find_selftest(session, run.subject)
    except NotFound:
        return  # ten others were asked for since
    proofs: list[Proof] = []
    for proof in Play(carrel, make_tool, asked.registration).proofs(run.canceled):
        proofs.append(proof)
        run.report(min(1.0, len(proofs) / ABOUT), TITLES[proof.group])
    if run.canceled():
        raise Stopped
    with carrel.database.transaction() as session:
        run.hold(session)
        keep_proofs(session, run.subject, proofs, now=now())
