"""Viewing queries shared by reports: playback started, and the share each person has watched.

A person is all logins merged into one; erased people are excluded. For an organization, only playback
through its seats (while a person has one) and in its own frames counts; everything else is private.
Shares are those of lms/seats/watch_progress.py, so that every page shows the same ones.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    true,
    union,
    union_all,
)
from sqlalchemy.orm import aliased

from lms.access.merged_organizations import family_of, kept_organization
from lms.models.accounts import ERASED_AS, Login
from lms.models.grants import Grant
from lms.models.playback import PlaybackSession, WatchRecord
from lms.models.recordings import Recording
from lms.models.seats import Assignment, Pool
from lms.reports.periods_and_count_suppression import Span
from lms.seats.watch_progress import COMPLETED_FROM, records_of
from lms.training.trainees import people_of

# Without a declared type, SQLite builds no automatic index over the expression.
person: Final = cast(func.coalesce(Login.merged_into, Login.id), Integer)


@dataclass(frozen=True, slots=True)
class Whose:
    """The scope of a report: one organization, some of its groups, or the installation; row ids."""

    organization_id: int | None = None
    groups: tuple[int, ...] | None = None

    def is_of(self, organization_id: Any) -> ColumnElement[bool]:  # noqa: ANN401  (a column)
        """Return the condition that a row of an organization is in the report."""
        if self.organization_id is None:
            return true()
        found: ColumnElement[bool] = organization_id.in_(family_of(self.organization_id))
        return found

    def concerns(self) -> ColumnElement[bool]:
        """Return the condition that the person of `Login` is in one of the groups, if the scope has groups."""
        if self.organization_id is None or self.groups is None:
            return true()
        return person.in_(people_of(self.organization_id, self.groups))


HOUSE: Final = Whose()


def is_known() -> ColumnElement[bool]:
    """Return the condition that a login has not been erased."""
    return or_(
        Login.email.is_not(None),
        Login.blocked_reason.is_(None),
        Login.blocked_reason != ERASED_AS,
    )


def has_finished(share: ColumnElement[Any]) -> ColumnElement[int]:
    """Return 1 if enough of a webinar was watched to complete it, else 0."""
    return case((share >= COMPLETED_FROM, 1), else_=0)


def played(whose: Whose, span: Span) -> Subquery:
    """Return the views of a period: id, organization_id, person, webinar_id, opened_at and gained_s.

    A view is a playback session that began, even if nothing was watched; staff previews are excluded.
    """
    if whose.organization_id is None:
        everything = _views(PlaybackSession.organization_id, span)
        return everything.where(is_known()).subquery("played")
    return played_by_organizations(whose, span)


def played_by_organizations(whose: Whose, span: Span) -> Subquery:
    """Return the views of organizations, each with the organization whose seat or frame it used."""
    through_seats = (
        _views(_counted_as(Pool.organization_id), span)
        .join(Grant, Grant.id == PlaybackSession.grant_id)
        .join(Pool, or_(Pool.id == Grant.pool_id, Pool.allotted_from_id == Grant.pool_id))
        .where(
            is_known(),
            whose.concerns(),
            whose.is_of(Pool.organization_id),
            had_a_seat(PlaybackSession.opened_at),
        )
    )
    in_frames = _views(_counted_as(PlaybackSession.organization_id), span).where(
        is_known(),
        whose.concerns(),
        PlaybackSession.organization_id.is_not(None),
        whose.is_of(PlaybackSession.organization_id),
    )
    return union(through_seats, in_frames).subquery("played")


def had_a_seat(at: Any) -> ColumnElement[bool]:  # noqa: ANN401  (a column)
    """Return the condition that the person of `Login` had a seat of `Pool` at a time."""
    own, theirs, other = aliased(Assignment), aliased(Assignment), aliased(Login)
    mine = exists().where(
        own.pool_id == Pool.id,
        own.login_id.in_((Login.id, Login.merged_into)),
        own.claimed_at <= at,
        or_(own.ended_at.is_(None), own.ended_at > at),
    )
    # "> 0" makes the database use the partial index of the few merged logins.
    by_another = exists().where(
        other.merged_into == person,
        other.merged_into > 0,
        theirs.login_id == other.id,
        theirs.pool_id == Pool.id,
        theirs.claimed_at <= at,
        or_(theirs.ended_at.is_(None), theirs.ended_at > at),
    )
    return or_(mine, by_another)


def watching(whose: Whose, span: Span, *, by_organization: bool = False) -> CTE:
    """Return who watched which webinar in a period: person, webinar_id, views, gained_s and share.

    `share` is what they have watched by now, 0 to 1. `by_organization` adds organization_id, with one
    row for each.
    """
    source = played_by_organizations(whose, span) if by_organization else played(whose, span)
    keys = [source.c.person, source.c.webinar_id]
    if by_organization:
        keys.insert(0, source.c.organization_id)
    pairs = (
        select(
            *keys,
            func.count().label("views"),
            func.sum(source.c.gained_s).label("gained_s"),
        )
        .group_by(*keys)
        .cte("pairs")
    )
    if not by_organization and whose.organization_id is None:
        return select(*pairs.c, _share_of(pairs).label("share")).cte("watching")
    shares = seen(whose)
    on = [shares.c.person == pairs.c.person, shares.c.webinar_id == pairs.c.webinar_id]
    if by_organization:
        on.append(shares.c.organization_id == pairs.c.organization_id)
    return (
        select(*pairs.c, func.coalesce(shares.c.share, 0.0).label("share"))
        .outerjoin(shares, and_(*on))
        .cte("watching")
    )


def seen(whose: Whose, logins: Select[int] | None = None) -> Subquery:
    """Return what people of organizations have watched: organization_id, person, webinar_id, share.

    The best version counts, while they had seats, or when they last played in a frame. `logins` limits
    the people.
    """
    of: ColumnElement[bool] = Assignment.pool_id.in_(
        select(Pool.id).where(whose.is_of(Pool.organization_id))
    )
    played_by: ColumnElement[bool] = true()
    if logins is not None:
        of, played_by = and_(of, Assignment.login_id.in_(logins)), Login.id.in_(logins)
    each = records_of(of)
    in_seats = (
        select(
            _counted_as(Pool.organization_id),
            person.label("person"),
            each.c.webinar_id,
            (each.c.watched_s / each.c.seconds).label("share"),
        )
        .select_from(each)
        .join(Assignment, Assignment.id == each.c.assignment_id)
        .join(Pool, Pool.id == Assignment.pool_id)
        .join(Login, Login.id == Assignment.login_id)
        .where(each.c.seconds > 0, is_known())
    )
    in_frames = (
        select(
            _counted_as(PlaybackSession.organization_id),
            person.label("person"),
            Recording.webinar_id,
            (PlaybackSession.reached_s / Recording.seconds).label("share"),
        )
        .select_from(PlaybackSession)
        .join(Recording, Recording.id == PlaybackSession.recording_id)
        .join(Login, Login.id == PlaybackSession.login_id)
        .where(
            PlaybackSession.organization_id.is_not(None),
            whose.is_of(PlaybackSession.organization_id),
            PlaybackSession.is_preview.is_(False),
            PlaybackSession.reached_s > 0,
            Recording.seconds > 0,
            is_known(),
            played_by,
        )
    )
    every = union_all(in_seats, in_frames).subquery()
    keys = (every.c.organization_id, every.c.person, every.c.webinar_id)
    return (
        select(*keys, _capped(func.max(every.c.share)).label("share"))
        .group_by(*keys)
        .subquery("seen")
    )


def seen_anywhere(logins: Select[int] | None) -> Subquery:
    """Return what everyone, or the owners of `logins`, have watched: person, webinar_id, share."""
    asked = (
        select(
            person.label("person"),
            Recording.webinar_id,
            _capped(func.max(WatchRecord.watched_s / Recording.seconds)).label("share"),
        )
        .select_from(WatchRecord)
        .join(Recording, Recording.id == WatchRecord.recording_id)
        .join(Login, Login.id == WatchRecord.login_id)
        .where(WatchRecord.watched_s > 0, Recording.seconds > 0, is_known())
        .group_by(person, Recording.webinar_id)
    )
    if logins is not None:
        asked = asked.where(WatchRecord.login_id.in_(logins))
    return asked.subquery("seen")


def _share_of(pairs: CTE) -> ScalarSelect[float]:
    """Return a subquery of the share that a pair's person has watched, found by indexes pair by pair."""
    own, other = aliased(Login), aliased(Login)
    # "> 0" makes the database use the partial index of the few merged logins.
    theirs = union_all(
        select(own.id).where(own.id == pairs.c.person).correlate(pairs),
        select(other.id)
        .where(other.merged_into == pairs.c.person, other.merged_into > 0)
        .correlate(pairs),
    )
    share = _capped(WatchRecord.watched_s / Recording.seconds)
    return (
        select(func.coalesce(func.max(share), 0.0))
        .select_from(Recording)
        .join(WatchRecord, WatchRecord.recording_id == Recording.id)
        .where(
            Recording.webinar_id == pairs.c.webinar_id,
            Recording.seconds > 0,
            WatchRecord.login_id.in_(theirs),
        )
        .correlate(pairs)
        .scalar_subquery()
    )


def _counted_as(organization_id: Any) -> ColumnElement[int]:  # noqa: ANN401  (a column)
    """Return the organization that a row counts for: the kept one after a merge."""
    return cast(kept_organization(organization_id), Integer).label("organization_id")


def _views(organization_id: Any, span: Span) -> Select[Any]:  # noqa: ANN401  (a column)
    began, reached = PlaybackSession.began_s, PlaybackSession.reached_s
    asked = (
        select(
            PlaybackSession.id,
            organization_id.label("organization_id"),
            person.label("person"),
            Recording.webinar_id,
            PlaybackSession.opened_at,
            case((reached > began, reached - began), else_=0).label("gained_s"),
        )
        .select_from(PlaybackSession)
        .join(Recording, Recording.id == PlaybackSession.recording_id)
        .join(Login, Login.id == PlaybackSession.login_id)
        .where(PlaybackSession.is_preview.is_(False), PlaybackSession.opened_at < span.ends_at)
    )
    if span.starts_at is not None:
        asked = asked.where(PlaybackSession.opened_at >= span.starts_at)
    return asked


def _capped(share: ColumnElement[Any]) -> ColumnElement[float]:
    return case((share > 1.0, 1.0), else_=share)
