"""Roster texts: whether a roster is being read, and the outcome of the last sync."""

from dataclasses import dataclass
from typing import Final

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from lms.core.errors import N_
from lms.jobs.queue import ENDED, JobFacts, latest_job
from lms.lti_facade.dates import say_time_of
from lms.models.jobs import JobState
from lti.rosters.jobs import ROSTER
from lti.rosters.roster_status import RosterStanding

NOT_READ: Final = N_("Not read yet")
NOT_OFFERED: Final = N_(
    "Your LMS doesn't share the roster of this course. Allow names and roles (NRPS) for this "
    "tool, then open a link in the course once."
)
BROKE_OFF: Final = N_("The update failed. Try again. If it fails again, contact us.")


@dataclass(frozen=True, slots=True)
class RosterWords:
    """The status of a roster; `may_ask` is True if a sync can be requested, `held_back` counts open decisions."""

    state: str
    badge: str
    sentences: tuple[str, ...]
    is_live: bool
    may_ask: bool
    held_back: int


def roster_words(session: Session, standing: RosterStanding, zone: str) -> RosterWords:
    """Return the status of a roster as text, with times in a zone."""
    job = latest_job(session, kind=ROSTER, subject=standing.course_id)
    is_live = job is not None and job.state not in ENDED
    failure = _failure(standing, job)
    state, badge = _state(standing, is_live=is_live, failure=failure)
    return RosterWords(
        state=state,
        badge=badge,
        sentences=tuple(_sentences(standing, failure, zone)),
        is_live=is_live,
        may_ask=standing.is_offered and not is_live,
        held_back=standing.held_back or 0,
    )


def _failure(standing: RosterStanding, job: JobFacts | None) -> str:
    """Return why the last sync failed, "" if it didn't."""
    if job is not None and job.state is JobState.FAILED:
        is_last = standing.synced_at is None or job.created_at > standing.synced_at
        if is_last:
            return _(BROKE_OFF)
    return _(standing.failure) if standing.failure else ""


def _state(standing: RosterStanding, *, is_live: bool, failure: str) -> tuple[str, str]:
    if not standing.is_offered:
        return _("No roster"), "none"
    if is_live:
        return _("Updating"), "term"
    if failure:
        return _("Couldn't be read"), "danger"
    if standing.synced_at is None:
        return _(NOT_READ), "soon"
    return _("Up to date"), "open"


def _sentences(standing: RosterStanding, failure: str, zone: str) -> list[str]:
    if not standing.is_offered:
        return [_(NOT_OFFERED)]
    told = [failure] if failure else []
    if standing.synced_at is None:
        return told or [_("We update the roster automatically once a day.")]
    people = ngettext("%(num)s person", "%(num)s people", standing.listed)
    told.append(
        _(
            "Updated %(when)s: %(people)s, %(new)s new.",
            when=say_time_of(standing.synced_at, zone),
            people=people,
            new=standing.new,
        )
    )
    if standing.missing:
        told.append(
            ngettext(
                "%(num)s person is no longer on it. People missing from two updates in a row lose their "
                "seat, unless they have watched with it.",
                "%(num)s people are no longer on it. People missing from two updates in a row lose their "
                "seat, unless they have watched with it.",
                standing.missing,
            )
        )
    return told
