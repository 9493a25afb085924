"""Viewer access in a frame: who is watching, the recording or series, and what they may do."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from lms.core.errors import N_, Forbidden, NotFound
from lms.lti_facade.link_content import (
    NOT_HERE,
    PlayableWebinar,
    SeriesFacts,
    find_playable,
    find_series_facts,
)
from lms.lti_facade.refusal_texts import Told, WebinarState
from lms.lti_facade.viewer_access_facts import NAMELESS, Presence, Standing, Visitor, read_standing
from lti.frames.sessions import Frame
from lti.models.embed_links import SeatRule
from lti.models.launches import FrameRole
from lti.protocol.content_target import Target

SAY_WHO: Final = N_("Say who you are first: this page asks for it once.")


@dataclass(frozen=True, slots=True)
class FrameViewer:
    """What a frame shows of one webinar; `series` is what it belongs to where the link names one."""

    visitor: Visitor
    playable: PlayableWebinar
    standing: Standing
    target: Target
    series: SeriesFacts | None


class NotInLibrary(NotFound):
    """The organization has nothing of a webinar that anyone can find in the public catalog."""

    def __init__(self, viewer: FrameViewer) -> None:
        super().__init__(NOT_HERE)
        self.viewer = viewer


def visitor_of(frame: Frame) -> Visitor:
    """Return as whom somebody is here: neither instructors nor test users take a seat (I4)."""
    presence = Presence.LEARNER
    if frame.role is FrameRole.ANONYMOUS:
        is_site = frame.seat_rule is SeatRule.INSTITUTION
        presence = Presence.PASSING if is_site else Presence.UNKNOWN
    elif frame.role is FrameRole.INSTRUCTOR or frame.is_test_user:
        presence = Presence.LOOKING_OVER
    elif frame.seat_rule is SeatRule.SEATED:
        presence = Presence.EXPECTED
    return Visitor(frame.login_id, frame.organization_id, presence)


def find_viewer(session: Session, frame: Frame, slug: str | None, *, now: datetime) -> FrameViewer:
    """Return how somebody stands before the webinar of their link, or one of its series.

    What the organization holds nothing of isn't there, whatever the person holds elsewhere, and
    reads like what never was. Raises NotFound, NotInLibrary where they can be told how to get it, and
    Forbidden while who is there has to say who.
    """
    if frame.asks_who:
        raise Forbidden(SAY_WHO, code="say_who")
    target = frame.target
    if target is None:
        raise NotFound(NOT_HERE)
    visitor, series = visitor_of(frame), None
    if target.webinar is not None:
        playable = find_playable(session, target.webinar)
        if slug not in (None, playable.slug):
            raise NotFound(NOT_HERE)
    else:
        series = series_of(session, frame, now=now)
        if slug not in {part.slug for part in series.parts} or slug is None:
            raise NotFound(NOT_HERE)
        playable = find_playable(session, slug)
    standing = read_standing(session, visitor, playable.webinar_id)
    viewer = FrameViewer(
        replace(visitor, login_id=standing.login_id), playable, standing, target, series
    )
    if standing.is_in_the_library(now):
        return viewer
    if standing.case.webinar.state is WebinarState.ANNOUNCED:
        raise NotInLibrary(viewer)
    raise NotFound(NOT_HERE)


def may_ask(viewer: FrameViewer, told: Told) -> bool:
    """Tell whether this person may ask a manager of their organization for access from the frame."""
    is_known = viewer.standing.login_id is not None and viewer.standing.presence not in NAMELESS
    return is_known and told.manager is not None and told.may_ask


def _slugs_of(session: Session, frame: Frame, *, now: datetime) -> tuple[str | None, ...]:
    """Return what `find_viewer` takes for each webinar of the link: None for the only one."""
    if frame.target is None or frame.target.webinar is not None:
        return (None,)
    return tuple(part.slug for part in series_of(session, frame, now=now).parts)


def find_viewer_of(
    session: Session, frame: Frame, webinar_id: int, *, now: datetime
) -> FrameViewer:
    """Return how somebody stands before this webinar (row id), if their link shows it.

    Raises NotFound where it does not, and as `find_viewer` does.
    """
    for slug in _slugs_of(session, frame, now=now):
        viewer = find_viewer(session, frame, slug, now=now)
        if viewer.playable.webinar_id == webinar_id:
            return viewer
    raise NotFound


def series_of(session: Session, frame: Frame, *, now: datetime) -> SeriesFacts:
    """Return the series that a link shows, with this person's progress; raises as `find_viewer` does."""
    if frame.asks_who:
        raise Forbidden(SAY_WHO, code="say_who")
    if frame.target is None or frame.target.series is None:
        raise NotFound(NOT_HERE)
    return find_series_facts(
        session, frame.organization_id, frame.target.series, login_id=frame.login_id, now=now
    )
