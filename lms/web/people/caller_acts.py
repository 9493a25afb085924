"""Acts for a caller that follow from the answer: open access, renew, join live, process the recording again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.access.policy import UNPAID, Action, Admitted, Code
from lms.core.errors import N_
from lms.models.catalog import WebinarState
from lms.models.recordings import RecordingState
from lms.people.access_diagnosis import Asked, Found
from lms.recordings.staff_file_list import read_webinar_files

_ABOUT_THE_WEBINAR = frozenset({Code.LIVE_NOT_OPEN, Code.LIVE_OVER, Code.RECORDING_NOT_READY})
NOT_UPLOADED: Final = N_("No recording was uploaded yet.")
IN_PROCESS: Final = N_("We're processing the recording (%(percent)s%%).")
NOT_PROCESSED: Final = N_("The recording couldn't be processed.")


@dataclass(frozen=True, slots=True)
class CallerAct:
    """A button for a caller; one that `returns` belongs to another page, and then comes back to this one."""

    url: str
    label: str
    picture: str
    kind: str = "button-primary"
    returns: bool = False


def is_to_join(found: Found, at: datetime) -> bool:
    """Return whether a person has access to a webinar that is still to come."""
    webinar, decision = found.case.webinar, found.decision
    has_access = isinstance(decision, Admitted) or decision.code in _ABOUT_THE_WEBINAR
    return webinar.state is WebinarState.ANNOUNCED and at < webinar.held_at and has_access


def is_coming(found: Found, asked: Asked) -> bool:
    """Return whether the answer is when a webinar takes place."""
    return asked.action in (Action.RECORDING, Action.LIVE) and is_to_join(found, asked.at)


def recording_state(session: Session, found: Found, asked: Asked, slug: str) -> str:
    """Return what a recording that isn't ready is waiting for; "" if that isn't the answer."""
    if found.decision.code is not Code.RECORDING_NOT_READY or is_coming(found, asked):
        return ""
    newest = next(iter(read_webinar_files(session, slug).versions), None)
    if newest is None:
        return _(NOT_UPLOADED)
    if newest.is_under_way:
        return _(IN_PROCESS, percent=round(100 * newest.share))
    if newest.state is RecordingState.FAILED:
        return _(NOT_PROCESSED)
    return ""


def caller_acts(session: Session, found: Found, asked: Asked, slug: str) -> tuple[CallerAct, ...]:
    """Return the acts that the answer calls for, for a webinar given by its slug."""
    acts = [_open_access(found), _renew(found), _join(found, asked, slug)]
    if recording_state(session, found, asked, slug):
        acts.append(_process_again(session, slug))
    return tuple(act for act in acts if act is not None)


def _open_access(found: Found) -> CallerAct | None:
    if found.decision.code not in UNPAID or found.order is None:
        return None
    url = url_for("staff_order.move", order_id=found.order, act="release")
    return CallerAct(url, _("Grant access now"), "lock-open", returns=True)


def _renew(found: Found) -> CallerAct | None:
    grant = found.decision.grant
    is_over = found.decision.code is Code.PASS_EXPIRED and found.caller.email is not None
    if not is_over or grant is None or grant.place is not None:
        return None
    url = url_for("staff_caller.renewal", grant_id=grant.public_id)
    return CallerAct(url, _("Email a renewal link"), "send")


def _join(found: Found, asked: Asked, slug: str) -> CallerAct | None:
    if not is_coming(found, asked) or found.caller.account is None or found.caller.email is None:
        return None
    return CallerAct(url_for("staff_caller.joining", slug=slug), _("Email how to join"), "send")


def _process_again(session: Session, slug: str) -> CallerAct | None:
    newest = next(iter(read_webinar_files(session, slug).versions), None)
    if newest is None or newest.state is not RecordingState.FAILED:
        return None
    url = url_for("webinar_files.retry", slug=slug, recording_id=newest.id)
    return CallerAct(url, _("Process the recording again"), "refresh-cw", returns=True)
