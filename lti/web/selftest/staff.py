"""Staff page for the self-test: run it, see the results, and download them."""

from dataclasses import dataclass
from itertools import groupby

from flask import Blueprint, Response, flash, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.errors import Conflict
from lms.jobs.queue import ENDED, JobFacts, latest_job
from lms.lti_facade.dates import say_time_of
from lms.models.jobs import JobState
from lms.web.core.current_user import acting
from lms.web.core.request_context import (
    carrel,
    read_session,
    render,
    see_other,
    transaction,
    wants_json,
)
from lms.web.core.route_guard import Audience, open_to
from lti.registrations.registrations import list_registrations
from lti.selftest.check_results import TITLES, Group, Proof, as_text
from lti.selftest.run_requests_and_results import (
    SELFTEST,
    SelftestFacts,
    ask_for_selftest,
    last_asked,
    last_finished,
)

blueprint = Blueprint("staff_selftest", __name__, url_prefix="/staff/lti/selftest")


@dataclass(frozen=True, slots=True)
class ProofGroup:
    """The results of one group of checks, and how many passed."""

    title: str
    note: str
    passed: int
    proofs: tuple[Proof, ...]

    @property
    def is_good(self) -> bool:
        """Return whether all checks passed."""
        return self.passed == len(self.proofs)


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of the last requested run; `failure` is why it failed."""

    is_live: bool
    state: str
    percent: int | None
    note: str
    failure: str


IDLE = Progress(is_live=False, state="", percent=None, note="", failure="")


@blueprint.get("")
@open_to(Audience.STAFF)
def page() -> ResponseReturnValue:
    """Show the last results, and the progress of a current run."""
    with read_session() as session:
        asked = last_asked(session)
        job = asked and latest_job(session, kind=SELFTEST, subject=asked.public_id)
        known = list_registrations(session)
        done = last_finished(session)
    progress = _progress(job) if job else IDLE
    if wants_json():
        return jsonify(
            state=progress.state,
            is_live=progress.is_live,
            percent=progress.percent,
            note=progress.note,
        )
    return render(
        "lti/selftest/staff.html",
        progress=progress,
        done=done,
        when=say_time_of(done.finished_at, carrel().settings.time_zone)
        if done and done.finished_at
        else "",
        groups=_groups(done) if done else [],
        known=[(one.public_id, one.details.name) for one in known],
        chosen=_chosen(asked),
    )


@blueprint.post("")
@open_to(Audience.STAFF)
def run() -> ResponseReturnValue:
    """Queue a run."""
    chosen = request.form.get("registration", "").strip() or None
    try:
        with transaction() as session:
            ask_for_selftest(session, chosen, **acting())
    except Conflict as refusal:
        flash(_(refusal.message), "note")
    return see_other(".page")


@blueprint.get("/proofs.txt")
@open_to(Audience.STAFF)
def proofs_txt() -> ResponseReturnValue:
    """Return the results of the last run as text."""
    with read_session() as session:
        done = last_finished(session)
    if done is None or done.finished_at is None:
        return see_other(".page")
    text = as_text(done.proofs, base_url=carrel().settings.base_url, at=done.finished_at)
    answer = Response(text, content_type="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="lti-selftest.txt"'
    return answer


def _progress(job: JobFacts) -> Progress:
    is_live, is_running = job.state not in ENDED, job.state is JobState.RUNNING
    return Progress(
        is_live=is_live,
        state=_("Running") if is_running else _("Waiting for the worker"),
        percent=int(100 * job.progress) if is_running else None,
        note=_(job.progress_note) if job.progress_note else "",
        failure=_(job.failure) if job.failure and not is_live else "",
    )


def _groups(done: SelftestFacts) -> list[ProofGroup]:
    made = []
    for group, lines in groupby(done.proofs, key=lambda proof: proof.group):
        proofs = tuple(lines)
        note = ""
        if group is Group.CONNECTION and done.registration is not None:
            note = done.registration.details.name
        passed = sum(proof.ok for proof in proofs)
        made.append(ProofGroup(_(TITLES[group]), note, passed, proofs))
    return made


def _chosen(asked: SelftestFacts | None) -> str:
    if asked is None or asked.registration is None:
        return ""
    return asked.registration.public_id
