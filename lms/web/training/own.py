"""A person's own training pages: what is assigned to them, and confirming its text."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask import Blueprint, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.core import clock
from lms.core.dates_and_time_zones import last_moment, say_datetime, say_day, zone_or_default
from lms.training import assignments
from lms.training.trainee_read_models import OwnTraining, list_own, read_own
from lms.web.core.current_user import required_viewer
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("training", __name__, url_prefix="/training")

SOON: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Assigned:
    """A training, as My webinars lists it."""

    title: str
    url: str
    words: str
    state: str
    badge_kind: str


@blueprint.get("/<trainee_id>")
@open_to(Audience.SIGNED_IN)
def show(trainee_id: str) -> ResponseReturnValue:
    person, now = required_viewer(), clock.now()
    with read_session() as session:
        own = read_own(session, person.login_id, trainee_id, now=now)
    zone = zone_or_default(own.zone)
    confirmed = own.acknowledged_at
    return render(
        "training/own.html",
        own=own,
        line=_assigned(own, now),
        confirmed=say_datetime(confirmed, zone) if confirmed else "",
    )


@blueprint.post("/<trainee_id>/confirm")
@open_to(Audience.SIGNED_IN)
def confirm(trainee_id: str) -> ResponseReturnValue:
    person = required_viewer()
    with transaction() as session:
        assignments.acknowledge(session, trainee_id, person.login_id, now=clock.now())
    flash(_("Thank you. Your confirmation was saved."), "done")
    return see_other(".show", trainee_id=trainee_id)


def assigned_to(session: Session, login_id: int, at: datetime) -> list[Assigned]:
    """Return a person's training, as My webinars lists it."""
    return [_assigned(one, at) for one in list_own(session, login_id, now=at)]


def _assigned(own: OwnTraining, at: datetime) -> Assigned:
    day = say_day(last_moment(own.due_at), zone_or_default(own.zone))
    words = _("Assigned by %(organization)s. Due %(day)s.", organization=own.organization, day=day)
    state, kind = _("Not started"), "plain"
    if own.is_done:
        state, kind = _("Done"), "open"
    elif own.is_off:
        state, kind = _("Canceled"), "plain"
        words = _(
            "Assigned by %(organization)s. The webinar was canceled, so there's nothing to watch.",
            organization=own.organization,
        )
    elif own.is_held_later and own.held_last is not None:
        words = _(
            "Assigned by %(organization)s. The webinar is on %(day)s.",
            organization=own.organization,
            day=say_day(own.held_last, zone_or_default(own.zone)),
        )
    elif own.due_at <= at:
        state, kind = _("Overdue"), "danger"
    elif own.is_completed:
        state, kind = _("Needs confirmation"), "soon"
    elif own.due_at - at <= SOON:
        state, kind = _("Due soon"), "soon"
    elif own.is_begun:
        state, kind = _("Started"), "term"
    url = url_for("training.show", trainee_id=own.trainee_id)
    return Assigned(own.title, url, words, state, kind)
