"""The bulk action progress page: shows progress and can stop the action."""

from typing import Final

from flask import Blueprint, Response, flash, jsonify
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.clock import now
from lms.core.errors import N_
from lms.jobs import queue as job_queue
from lms.jobs.progress_estimates import pace_of
from lms.models.jobs import JobState
from lms.seats import bulk_release_and_reinvite
from lms.seats.bulk_release_and_reinvite import Act, MassWork
from lms.web.core.current_user import acting
from lms.web.core.job_progress_texts import STATE_BADGES, say_pace
from lms.web.core.manager_area import render_in
from lms.web.core.number_parsing_and_formatting import counted
from lms.web.core.request_context import read_session, see_other, transaction, wants_json
from lms.web.core.route_guard import Audience, managed_organization, open_to

blueprint = Blueprint(
    "organization_mass_work",
    __name__,
    url_prefix="/organization/<organization_id>/people/work",
)

STATE_WORDS: Final = {
    JobState.QUEUED: N_("Starting"),
    JobState.RUNNING: N_("In progress"),
    JobState.DONE: N_("Done"),
    JobState.FAILED: N_("Failed"),
    JobState.CANCELED: N_("Stopped"),
}


@blueprint.get("/<job_id>")
@open_to(Audience.MANAGERS)
def show(organization_id: str, job_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with read_session() as session:
        facts = bulk_release_and_reinvite.read_work(session, organization_id, job_id)
    amount = _amount(facts)
    if wants_json():
        return _as_json(facts, amount)
    return render_in(
        managed,
        "seats/bulk_action_progress.html",
        facts=facts,
        state=_(STATE_WORDS[_shown(facts)]),
        badge_kind=STATE_BADGES[_shown(facts)],
        percent=round(100 * facts.share),
        amount=amount,
        left=facts.total - facts.done,
        is_sending=facts.act is Act.SEND_AGAIN,
        said=counted,
    )


@blueprint.post("/<job_id>/stop")
@open_to(Audience.MANAGERS)
def stop(organization_id: str, job_id: str) -> ResponseReturnValue:
    managed_organization(organization_id)
    with transaction() as session:
        bulk_release_and_reinvite.read_work(session, organization_id, job_id)
        job_queue.cancel(session, job_id, **acting())
    flash(_("Stopping. We'll finish the people in progress first."), "done")
    return see_other(".show", organization_id=organization_id, job_id=job_id)


def _shown(facts: MassWork) -> JobState:
    """Return the state to show: work that yields to other jobs for a moment is still in progress."""
    is_waiting = facts.state is JobState.QUEUED and facts.done > 0
    return JobState.RUNNING if is_waiting else facts.state


def _amount(facts: MassWork) -> str:
    pace = pace_of(
        facts.done,
        facts.total,
        facts.share,
        started_at=facts.started_at,
        now=now(),
        before=facts.before,
    )
    return say_pace(pace)


def _as_json(facts: MassWork, amount: str) -> Response:
    return jsonify(
        state=_(STATE_WORDS[_shown(facts)]),
        is_live=facts.is_live,
        percent=round(100 * facts.share),
        amount=amount,
        note="",
    )
