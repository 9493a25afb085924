"""Viewer access in a frame: who is watching, the recording or series, and what they can do."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from lms.core.errors import N_, Forbidden, NotFound, or_not_found
from lms.lti_facade.link_content import (
    NO_SERIES,
    NOT_HERE,
    PlayableWebinar,
    SeriesFacts,
    announced_slugs,
    find_playable,
    find_series_facts,
)
from lms.lti_facade.refusal_texts import Told, WebinarState
from lms.lti_facade.viewer_access_facts import NAMELESS, Presence, Standing, Visitor, read_standing
from lti.frames.sessions import Frame
from lti.models.embed_links import SeatRule
from lti.models.launches import FrameRole
from lti.protocol.content_target import Target

SAY_WHO: Final = N_("Tell us who you are first.")


@dataclass(frozen=True, slots=True)
class FrameViewer:
    """What a frame shows of one webinar; `series` is set if the link names a series."""

    visitor: Visitor
    playable: PlayableWebinar
    standing: Standing
    target: Target
    series: SeriesFacts | None

    @property
    def series_to_get(self) -> SeriesFacts | None:
        """Return the link's series if the organization has access to none of it."""
        return None if self.series is None or self.series.parts else self.series

    @property
    def part(self) -> str | None:
        """Return the webinar's slug in the pages of a series; None if the link names the webinar."""
        return None if self.series is None else self.playable.slug

    @property
    def catalog_page(self) -> str:
        """Return the path of the page where the link's content is sold."""
        series = self.series_to_get
        return f"/series/{series.slug}" if series else f"/webinars/{self.playable.slug}"


class NotInLibrary(NotFound):
    """The organization has no access to a webinar or series that is in the public catalog."""

    def __init__(self, viewer: FrameViewer) -> None:
        super().__init__(NO_SERIES if viewer.series_to_get else NOT_HERE)
        self.viewer = viewer


def visitor_of(frame: Frame) -> Visitor:
    """Return who the viewer counts as: instructors and test users take no seat (I4)."""
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
    """Return the viewer's access to the webinar of their link, or to one of its series.

    Webinars of which the organization owns nothing count as not found, even if the person has access
    elsewhere. Raises NotFound, NotInLibrary if the person can be told how to get it, and Forbidden
    until they have identified themselves.
    """
    if frame.asks_who:
        raise Forbidden(SAY_WHO, code="say_who")
    target = or_not_found(frame.target, NOT_HERE)
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
    viewer = _viewer(session, visitor, playable, target, series)
    if viewer.standing.is_in_the_library(now):
        return viewer
    if viewer.standing.case.webinar.state is WebinarState.ANNOUNCED:
        raise NotInLibrary(viewer)
    raise NotFound(NOT_HERE)


def _viewer(
    session: Session,
    visitor: Visitor,
    playable: PlayableWebinar,
    target: Target,
    series: SeriesFacts | None,
) -> FrameViewer:
    standing = read_standing(session, visitor, playable.webinar_id)
    known = replace(visitor, login_id=standing.login_id)
    return FrameViewer(known, playable, standing, target, series)


def _before_none(
    session: Session, frame: Frame, target: Target, series: SeriesFacts, *, now: datetime
) -> FrameViewer:
    """Return the viewer's access to a series of which nothing plays for their organization.

    That is their access to its first webinar that the organization has, such as one without a recording
    yet, or else to its first webinar. Raises NotFound if none is announced.
    """
    first = None
    for slug in announced_slugs(session, series.slug):
        playable = find_playable(session, slug)
        viewer = _viewer(session, visitor_of(frame), playable, target, series)
        if viewer.standing.is_in_the_library(now):
            return viewer
        first = first or viewer
    return or_not_found(first, NO_SERIES)


def may_ask(viewer: FrameViewer, told: Told) -> bool:
    """Return whether this person can request access from a manager of their organization."""
    is_known = viewer.standing.login_id is not None and viewer.standing.presence not in NAMELESS
    return is_known and told.manager is not None and told.may_ask


def _slugs_of(session: Session, frame: Frame, *, now: datetime) -> tuple[str | None, ...]:
    """Return the slugs for `find_viewer` of the link's webinars; None for a single webinar."""
    if frame.target is None or frame.target.webinar is not None:
        return (None,)
    return tuple(part.slug for part in series_of(session, frame, now=now).parts)


def find_viewer_of(
    session: Session, frame: Frame, webinar_id: int, *, now: datetime
) -> FrameViewer:
    """Return the viewer's access to this webinar (row id), if their link shows it.

    Raises NotFound if it does not, and as `find_viewer` does.
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
    target = frame.target
    if target is None or target.series is None:
        raise NotFound(NOT_HERE)
    series = find_series_facts(
        session, frame.organization_id, target.series, login_id=frame.login_id, now=now
    )
    if not series.parts:
        raise NotInLibrary(_before_none(session, frame, target, series, now=now))
    return series
