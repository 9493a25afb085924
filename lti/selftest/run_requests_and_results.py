"""Run requests and results of the self-test: the last ten runs that staff requested."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Conflict, or_not_found
from lms.core.model_base import copied
from lms.jobs.queue import ENDED, enqueue, latest_job
from lms.models.jobs import Lane
from lti.models.selftest_runs import Selftest
from lti.registrations.registrations import (
    RegistrationFacts,
    find_registration,
    registration_of_row,
)
from lti.selftest.check_results import Proof, as_stored, read_stored

SELFTEST: Final = "lti.selftest"
KEPT: Final = 10
RUNNING: Final = N_("The self-test is already running. Results appear here when it finishes.")


@dataclass(frozen=True, slots=True)
class SelftestFacts:
    """A run (public ID); `finished_at` is None while it is queued or running, or if it failed."""

    public_id: str
    registration: RegistrationFacts | None
    finished_at: datetime | None
    passed: int
    failed: int
    proofs: tuple[Proof, ...]


def ask_for_selftest(
    session: Session, registration: str | None, *, actor: str | None, now: datetime
) -> None:
    """Queue a run, optionally with a registration (public ID) to test.

    Raises NotFound for an unknown registration, and Conflict while another run is in progress.
    """
    last = session.scalar(select(Selftest.public_id).order_by(Selftest.id.desc()).limit(1))
    job = None if last is None else latest_job(session, kind=SELFTEST, subject=last)
    if job is not None and job.state not in ENDED:
        raise Conflict(RUNNING)
    chosen = None if registration is None else find_registration(session, registration)
    row = Selftest(registration_id=None if chosen is None else chosen.id, asked_at=now)
    session.add(row)
    session.flush()
    kept = select(Selftest.id).order_by(Selftest.id.desc()).limit(KEPT)
    session.execute(delete(Selftest).where(Selftest.id.not_in(kept.scalar_subquery())))
    enqueue(session, kind=SELFTEST, lane=Lane.PROMPT, subject=row.public_id, payload={}, now=now)
    audit.record(session, "lti.selftest_asked", row.public_id, actor=actor, now=now)


def find_selftest(session: Session, public_id: str) -> SelftestFacts:
    """Return a run; raises NotFound."""
    row = or_not_found(session.scalar(select(Selftest).where(Selftest.public_id == public_id)))
    return _facts(session, row)


def last_asked(session: Session) -> SelftestFacts | None:
    """Return the last requested run; None before the first."""
    row = session.scalar(select(Selftest).order_by(Selftest.id.desc()).limit(1))
    return None if row is None else _facts(session, row)


def last_finished(session: Session) -> SelftestFacts | None:
    """Return the last finished run; None before the first."""
    row = session.scalar(
        select(Selftest)
        .where(Selftest.finished_at.is_not(None))
        .order_by(Selftest.id.desc())
        .limit(1)
    )
    return None if row is None else _facts(session, row)


def keep_proofs(
    session: Session, public_id: str, proofs: Sequence[Proof], *, now: datetime
) -> None:
    """Store the results of a finished run; raises NotFound."""
    row = or_not_found(session.scalar(select(Selftest).where(Selftest.public_id == public_id)))
    row.proofs, row.finished_at = as_stored(proofs), now
    row.passed = sum(proof.ok for proof in proofs)
    row.failed = len(proofs) - row.passed
    session.flush()


def _facts(session: Session, row: Selftest) -> SelftestFacts:
    registration = (
        None if row.registration_id is None else registration_of_row(session, row.registration_id)
    )
    return copied(SelftestFacts, row, registration=registration, proofs=read_stored(row.proofs))
