"""My webinars: what a person has access to, can watch, and has started."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, false, select
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
from lms.catalog.my_webinars_statements import PAGE_SIZE, WHOLE, Part, Sort, held, listing
from lms.core.list_queries import read_columns
from lms.core.model_base import copied
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import Scope
from lms.models.webinar_end_time import ends_at
from lms.playback.watch_page import Version
from lms.playback.watch_records import Place, place_of
from lms.search import webinar_search

MOST_BEGUN: Final = 4
DONE_SHARE: Final = 0.95


class Show(StrEnum):
    """Which webinars to list."""

    ALL = ""
    TO_COME = "live"
    HELD = "recordings"


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
    position, and `graced` the contracts in their grace period. With `has_showings`, an active grant lets
    them show a webinar to a group.
    """

    begun: tuple[Volume, ...]
    held: tuple[Volume, ...]
    free: tuple[Volume, ...]
    passes: tuple[Candidate, ...]
    claimable: tuple[Holding, ...]
    waiting: tuple[tuple[Holding, int], ...]
    graced: tuple[Holding, ...]
    has_showings: bool
    total: int


def read_my_webinars(
    session: Session, wanted: Wanted, *, login_id: int, now: datetime
) -> MyWebinars:
    """Return a page of My webinars.

    Grants narrow the search; the policy decides for each webinar whether it can be watched.
    """
    holdings = read_holdings(session, login_id, now)
    page = WHOLE[wanted.sort]
    if wanted.page > 1 or wanted.is_narrowed:
        page = listing(held(wanted.sort, _narrowed(session, wanted, now)))
    asked = {"login_id": login_id, "offset": (wanted.page - 1) * PAGE_SIZE, **_covered(holdings)}
    rows = read_columns(session, page, asked).all()
    webinar_ids = list({row.id: None for row in rows})
    cases = load_cases(session, login_id=login_id, webinar_ids=webinar_ids)
    parts: dict[str, list[Volume]] = {part: [] for part in Part}
    for (part, webinar_id), records in groupby(rows, key=attrgetter("part", "id")):
        parts[part].append(_volume(list(records), cases[webinar_id], now))
    begun = [each for each in parts[Part.BEGUN] if _goes_on(each)]
    return MyWebinars(
        begun=tuple(begun[:MOST_BEGUN]),
        held=tuple(parts[Part.HELD]),
        free=tuple(each for each in parts[Part.FREE] if each.may_watch),
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
        has_showings=any(
            each.candidate.grant.is_showing and each.candidate.code in ADMITTING
            for each in holdings
        ),
        total=next((row.total for row in rows if row.part == Part.HELD), 0),
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


def _covered(holdings: Sequence[Holding]) -> dict[str, Any]:
    """Return the parameters of a listing: the row IDs of what the grants cover, by scope."""
    targets: dict[str, list[int | None]] = {scope: [] for scope in Scope}
    for each in holdings:
        if each.candidate.code in ADMITTING or _awaits_payment(each):
            targets[each.candidate.grant.scope].append(each.target_id)
    return {**targets, Scope.EVERYTHING: bool(targets[Scope.EVERYTHING])}


def _volume(records: Sequence[Row[*tuple[Any, ...]]], case: Case, now: datetime) -> Volume:
    row, version, place = records[0], None, None
    if row.version_id is not None:
        place = place_of(records)
        version = Version(
            row.version_id, row.version_public_id, row.run, row.seconds, row.has_video
        )
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
