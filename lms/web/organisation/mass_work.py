"""How far it is what is done to many seats, and stopping it."""

from typing import Final

from flask import Blueprint, Response, flash, jsonify
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import jobs, mass_work
from lms.clock import now
from lms.errors import N_
from lms.mass_work import Act, MassWork
from lms.models.jobs import JobState
from lms.pace import pace_of
from lms.web.figures import counted
from lms.web.guard import Audience, open_to
from lms.web.job_pace import STATE_BADGES
from lms.web.kit import read_session, see_other, transaction, wants_json
from lms.web.organisation.area import managed_organisation, render_in
from lms.web.pace_words import say_pace
from lms.web.signin import required_viewer

blueprint = Blueprint(
    "organisation_mass_work",
    __name__,
    url_prefix="/organisation/<organisation_id>/people/work",
)

STATE_WORDS: Final = {
    JobState.QUEUED: N_("Begins in a moment"),
    JobState.RUNNING: N_("Under way"),
    JobState.DONE: N_("Done"),
    JobState.FAILED: N_("It stopped before its end"),
    JobState.CANCELLED: N_("Stopped"),
}


@blueprint.get("/<job_id>")
@open_to(Audience.MANAGERS)
def show(organisation_id: str, job_id: str) -> ResponseReturnValue:
    managed = managed_organisation(organisation_id)
    with read_session() as session:
        facts = mass_work.read_work(session, organisation_id, job_id)
    amount = _amount(facts)
    if wants_json():
        return _as_json(facts, amount)
    return render_in(
        managed,
        "organisation/mass_work.html",
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
def stop(organisation_id: str, job_id: str) -> ResponseReturnValue:
    managed_organisation(organisation_id)
    actor = required_viewer().public_id
    with transaction() as session:
        mass_work.read_work(session, organisation_id, job_id)
        jobs.cancel(session, job_id, actor=actor, now=now())
    flash(_("It stops after those it has in hand at this moment."), "done")
    return see_other(".show", organisation_id=organisation_id, job_id=job_id)


def _shown(facts: MassWork) -> JobState:
    """Return the state to tell: work that lets others go first for a moment is under way."""
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
