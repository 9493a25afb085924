"""My webinars: what a person has access to, can watch, and has started."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Row,
    SQLColumnExpression,
    and_,
    bindparam,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from lms.access.decision_facts import load_cases
from lms.access.explanations import is_managed
from lms.access.person_grants_and_seats import Holding, read_holdings, read_numbers
from lms.access.policy import (
    ADMITTING,
    UNPAID,
    Action,
    Admitted,
    Candidate,
    Case,
    Code,
    Decision,
    Way,
    decide,
)
from lms.catalog.webinar_summary import presenter_names
from lms.core.model_base import copied
from lms.models.catalog import Webinar, WebinarPresenter, WebinarSeries, WebinarState
from lms.models.grants import Scope
from lms.models.playback import WatchRecord
from lms.models.recordings import Recording
from lms.models.webinar_end_time import ends_at
from lms.playback.watch_page import Version
from lms.playback.watch_records import Place, nowhere, read_places, whose
from lms.search import webinar_search

PAGE_SIZE: Final = 24
MOST_BEGUN: Final = 4
MOST_FREE: Final = 8
# Of the started webinars, this many are checked for those that can still be watched.
BEGUN_LOOKED_AT: Final = 24
DONE_SHARE: Final = 0.95


class Show(StrEnum):
    """Which webinars to list."""

    ALL = ""
    TO_COME = "live"
    HELD = "recordings"


class Sort(StrEnum):
    """In which order."""

    NEWEST = ""
    OLDEST = "oldest"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asks of My webinars; `page` counts from 1."""

    page: int = 1
    query: str = ""
    show: Show = Show.ALL
    sort: Sort = Sort.NEWEST

    @property
    def is_narrowed(self) -> bool:
        """Return whether some webinars are left out."""
        return bool(self.query or self.show)


_ORDERS: Final[Mapping[Sort, tuple[SQLColumnExpression[Any], ...]]] = {
    Sort.NEWEST: (Webinar.held_at.desc(), Webinar.id.desc()),
    Sort.OLDEST: (Webinar.held_at, Webinar.id),
    Sort.TITLE: (func.lower(Webinar.title), Webinar.id),
}


@dataclass(frozen=True, slots=True)
class Volume:
    """One webinar in My webinars: the policy's decision, and the person's position in it."""

    slug: str
    title: str
    presenters: tuple[str, ...]
    held_at: datetime
    zone: str
    minutes: int
    version: Version | None
    case: Case
    decision: Decision
    place: Place | None
    is_to_come: bool

    @property
    def is_pulled(self) -> bool:
        """Return whether it was removed for everyone."""
        return self.case.webinar.state is WebinarState.PULLED

    @property
    def is_canceled(self) -> bool:
        """Return whether it was canceled."""
        return self.case.webinar.state is WebinarState.CANCELED

    @property
    def may_watch(self) -> bool:
        """Return whether the person can watch its recording now."""
        return isinstance(self.decision, Admitted)


@dataclass(frozen=True, slots=True)
class MyWebinars:
    """One page of My webinars; `total` counts all of `held`, which is paged.

    `passes` are grants of more than one webinar, active or not, best first. `claimable` are seats
    reserved for the person or open to their domain, `waiting` the waitlists they are on with their
    position, and `graced` the contracts in their grace period.
    """

    begun: tuple[Volume, ...]
    held: tuple[Volume, ...]
    free: tuple[Volume, ...]
    passes: tuple[Candidate, ...]
    claimable: tuple[Holding, ...]
    waiting: tuple[tuple[Holding, int], ...]
    graced: tuple[Holding, ...]
    total: int


_BEGUN = (
    select(Recording.webinar_id)
    .join(WatchRecord, WatchRecord.recording_id == Recording.id)
    .where(
        WatchRecord.login_id.in_(whose),
        or_(WatchRecord.position_s > 0, WatchRecord.watched_s > 0),
        Recording.is_current,
    )
    .group_by(Recording.webinar_id)
    .order_by(func.max(WatchRecord.updated_at).desc())
    .limit(BEGUN_LOOKED_AT)
)
_VOLUMES = (
    select(
        Webinar.id,
        Webinar.slug,
        Webinar.title,
        Webinar.held_at,
        Webinar.zone,
        Webinar.minutes,
        presenter_names.label("presenters"),
        Recording.id.label("version_id"),
        Recording.public_id.label("version_public_id"),
        Recording.run,
        Recording.seconds,
        Recording.has_video,
    )
    .outerjoin(
        Recording,
        and_(Recording.webinar_id == Webinar.id, Recording.is_current, Recording.run.is_not(None)),
    )
    .where(Webinar.id.in_(bindparam("webinar_ids", expanding=True)))
)
_ON_SHELF = Webinar.state != WebinarState.DRAFT
_FREE = and_(Webinar.free, Webinar.state == WebinarState.ANNOUNCED)


def read_my_webinars(
    session: Session, wanted: Wanted, *, login_id: int, now: datetime
) -> MyWebinars:
    """Return a page of My webinars.

    Grants narrow the search; the policy decides for each webinar whether it can be watched.
    """
    holdings = read_holdings(session, login_id, now)
    covered = _covered_by(holdings)
    rows = session.execute(
        select(Webinar.id, func.count().over().label("total"))
        .where(_ON_SHELF, covered, *_narrowed(session, wanted, now))
        .order_by(*_ORDERS[wanted.sort])
        .limit(PAGE_SIZE)
        .offset((wanted.page - 1) * PAGE_SIZE)
    ).all()
    is_whole = wanted.page == 1 and not wanted.is_narrowed
    free_ids = session.scalars(
        select(Webinar.id)
        .where(_FREE, ~covered)
        .order_by(*_ORDERS[Sort.NEWEST])
        .limit(MOST_FREE if is_whole else 0)
    ).all()
    begun_ids: Sequence[int] = ()
    if is_whole:
        begun_ids = session.scalars(_BEGUN, {"login_id": login_id}).all()
    held_ids = [row.id for row in rows]
    shown = list(dict.fromkeys((*begun_ids, *held_ids, *free_ids)))
    volumes = _read_volumes(session, shown, login_id=login_id, now=now)
    begun = [volumes[found] for found in begun_ids if _goes_on(volumes[found])]
    return MyWebinars(
        begun=tuple(begun[:MOST_BEGUN]),
        held=tuple(volumes[found] for found in held_ids),
        free=tuple(volumes[found] for found in free_ids if volumes[found].may_watch),
        passes=tuple(
            each.candidate
            for each in holdings
            if _is_pass(each) and not _was_renewed(each, holdings)
        ),
        claimable=tuple(
            each for each in holdings if each.may_claim and not is_managed(each.candidate.grant)
        ),
        waiting=_waiting(session, login_id, holdings),
        graced=tuple(each for each in holdings if each.candidate.code is Code.OK_GRACE),
        total=rows[0].total if rows else 0,
    )


def _narrowed(session: Session, wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions of a search and a filter."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.query:
        words = webinar_search.words_in(wanted.query)
        hits = webinar_search.hits(words, session.get_bind().dialect.name) if words else None
        conditions.append(false() if hits is None else Webinar.id.in_(select(hits.c.webinar_id)))
    if wanted.show is Show.TO_COME:
        conditions.append(ends_at > now)
    elif wanted.show is Show.HELD:
        conditions.append(ends_at <= now)
    return conditions


def _is_pass(holding: Holding) -> bool:
    # Grants that the person can't use yet, or can't because it is full, are shown elsewhere or not.
    candidate = holding.candidate
    is_theirs = candidate.code not in (Code.NO_GRANT, Code.POOL_FULL_WAITLISTED)
    return candidate.grant.scope is not Scope.WEBINAR and is_theirs and not holding.may_claim


def _was_renewed(holding: Holding, holdings: Sequence[Holding]) -> bool:
    """Return whether a person's own pass ended and another of theirs, for the same, ends later."""
    ended = holding.candidate.grant
    if holding.candidate.code is not Code.PASS_EXPIRED or holding.place is not None:
        return False
    return any(
        other.place is None
        and other.target_id == holding.target_id
        and (grant := other.candidate.grant).scope is ended.scope
        and grant.revoked_at is None
        and (grant.ends_at is None or ended.ends_at is None or grant.ends_at > ended.ends_at)
        for other in holdings
    )


def _waiting(
    session: Session, login_id: int, holdings: Sequence[Holding]
) -> tuple[tuple[Holding, int], ...]:
    waits = [each for each in holdings if each.candidate.code is Code.POOL_FULL_WAITLISTED]
    if not waits:
        return ()
    numbers = read_numbers(session, login_id)
    return tuple(
        (each, numbers[each.place.pool])
        for each in waits
        if each.place is not None and each.place.pool in numbers
    )


def _goes_on(volume: Volume) -> bool:
    place = volume.place
    return place is not None and volume.may_watch and place.share < DONE_SHARE


def _awaits_payment(holding: Holding) -> bool:
    """Return whether a person's purchase or seat of one webinar is closed until it is paid."""
    is_theirs = holding.place is None or holding.place.way is Way.CLAIMED
    grant = holding.candidate.grant
    return holding.candidate.code in UNPAID and grant.scope is Scope.WEBINAR and is_theirs


def _covered_by(holdings: Sequence[Holding]) -> ColumnElement[bool]:
    """Return the condition that an active grant covers a webinar, or an unpaid one is for it alone.

    A canceled webinar is shown to people with a grant for it, but it is no longer part of a pass.
    """
    targets: dict[Scope, list[int | None]] = {scope: [] for scope in Scope}
    for each in holdings:
        if each.candidate.code in ADMITTING or _awaits_payment(each):
            targets[each.candidate.grant.scope].append(each.target_id)
    if not any(targets.values()):
        return false()
    of_series = select(WebinarSeries.webinar_id).where(
        WebinarSeries.series_id.in_(targets[Scope.SERIES])
    )
    of_presenters = select(WebinarPresenter.webinar_id).where(
        WebinarPresenter.presenter_id.in_(targets[Scope.PRESENTER])
    )
    in_passes = (
        true()
        if targets[Scope.EVERYTHING]
        else or_(Webinar.id.in_(of_series), Webinar.id.in_(of_presenters))
    )
    return or_(
        Webinar.id.in_(targets[Scope.WEBINAR]),
        and_(Webinar.state != WebinarState.CANCELED, Webinar.is_in_passes, in_passes),
    )


def _read_volumes(
    session: Session, webinar_ids: Sequence[int], *, login_id: int, now: datetime
) -> Mapping[int, Volume]:
    if not webinar_ids:
        return {}
    cases = load_cases(session, login_id=login_id, webinar_ids=webinar_ids)
    rows = session.execute(_VOLUMES, {"webinar_ids": list(webinar_ids)}).all()
    versions = {row.id: _version(row) for row in rows}
    places = read_places(
        session,
        login_id=login_id,
        recording_ids=[version.id for version in versions.values() if version is not None],
    )
    return {row.id: _volume(row, cases[row.id], versions[row.id], places, now) for row in rows}


def _version(row: Row[*tuple[Any, ...]]) -> Version | None:
    if row.version_id is None:
        return None
    return Version(row.version_id, row.version_public_id, row.run, row.seconds, row.has_video)


def _volume(
    row: Row[*tuple[Any, ...]],
    case: Case,
    version: Version | None,
    places: Mapping[int, Place],
    now: datetime,
) -> Volume:
    place = None
    if version is not None:
        place = places.get(version.id) or nowhere(version.seconds)
    return copied(
        Volume,
        row,
        presenters=tuple(name for (name,) in row.presenters or ()),
        version=version,
        case=case,
        decision=decide(case.login, case.webinar, Action.RECORDING, now),
        place=place,
        is_to_come=now < row.held_at + timedelta(minutes=row.minutes),
    )
