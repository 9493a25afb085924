"""Content choices: recordings and series an organization can add to its courses.

The search uses the organization's grants; whether a webinar can be shown is decided by
lms/access/policy.py.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    SQLColumnExpression,
    Subquery,
    and_,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from lms.access.grant_paths import OF_A_GRANT, grant_facts
from lms.access.merged_organizations import family_of, kept_id, kept_organization
from lms.access.policy import (
    ADMITTING,
    Action,
    Admitted,
    Candidate,
    Code,
    GrantFacts,
    LoginFacts,
    PoolPlace,
    Way,
    WebinarFacts,
    decide,
    weigh_holdings,
)
from lms.catalog.webinar_summary import Playable
from lms.core.errors import NotFound, or_not_found
from lms.core.list_queries import gathered
from lms.core.model_base import copied
from lms.models.catalog import (
    Series,
    Webinar,
    WebinarPresenter,
    WebinarSeries,
    WebinarState,
    presenter_names,
)
from lms.models.grants import Grant, Scope
from lms.models.organizations import Organization
from lms.models.recordings import Recording
from lms.models.seats import Pool
from lms.search import webinar_search
from lms.search.webinar_search import fold as fold

PAGE_SIZE: Final = 12
LAST_PAGE: Final = 10_000
HIDDEN: Final = (WebinarState.DRAFT, WebinarState.PULLED)


@dataclass(frozen=True, slots=True)
class Sought:
    """A search; empty texts are no filter, `series` is a public ID."""

    query: str = ""
    series: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Choice:
    """A webinar that the organization can show."""

    public_id: str
    slug: str
    title: str
    summary: str
    held_at: datetime
    zone: str
    is_free: bool
    presenters: tuple[str, ...]
    film: Playable


@dataclass(frozen=True, slots=True)
class SeriesChoice:
    """A series, with the number of its recordings that the organization can show."""

    public_id: str
    title: str
    recordings: int
    slug: str


@dataclass(frozen=True, slots=True)
class Selection:
    """One page of matches; `total` counts all pages, `series` are all series to choose from."""

    items: tuple[Choice, ...]
    total: int
    page: int
    series: tuple[SeriesChoice, ...]


@dataclass(frozen=True, slots=True)
class _Holding:
    target_id: int | None
    candidate: Candidate


PLAYS: Final = and_(
    Recording.webinar_id == Webinar.id, Recording.is_current, Recording.run.is_not(None)
)
_SHOWN: Final = Webinar.state.not_in(HIDDEN)
_FREE: Final = and_(Webinar.free, Webinar.state == WebinarState.ANNOUNCED)
_GRANTS: Final = (
    select(
        *OF_A_GRANT,
        func.coalesce(Grant.webinar_id, Grant.presenter_id, Grant.series_id).label("target_id"),
        Pool.public_id.label("pool"),
        Organization.id.label("organization_id"),
        Organization.public_id.label("organization"),
        Organization.name.label("organization_name"),
    )
    .join(Pool, Grant.pool_id == func.coalesce(Pool.allotted_from_id, Pool.id))
    .join(Organization, Organization.id == kept_organization(Pool.organization_id))
)


def read_selection(
    session: Session, organization_id: int, sought: Sought, *, now: datetime
) -> Selection:
    """Return one page of the recordings that an organization can show, newest (or best match) first.

    Recordings of a series are in its order. Raises NotFound for a page beyond the end.
    """
    usable = usable_by(session, organization_id, now=now)
    chosen = _chosen(sought, usable, session.get_bind().dialect.name)
    total = select(func.count()).select_from(chosen).scalar_subquery()
    facts = select(total.label("total"), gathered(_series(usable)).label("series")).subquery()
    page = (
        select(chosen)
        .order_by(*_ranked(chosen, sought))
        .limit(PAGE_SIZE)
        .offset((sought.page - 1) * PAGE_SIZE)
        .subquery()
    )
    rows = session.execute(
        select(facts, page.c.rank, *_choice_columns())
        .select_from(facts)
        .outerjoin(page, true())
        .outerjoin(Webinar, Webinar.id == page.c.id)
        .outerjoin(Recording, PLAYS)
        .order_by(*_ranked(page, sought))
    ).all()
    found = [row for row in rows if row.webinar_id is not None]
    if sought.page > 1 and not found:
        raise NotFound
    return Selection(
        items=tuple(_choice(row) for row in found),
        total=rows[0].total,
        page=sought.page,
        series=tuple(SeriesChoice(*row) for row in rows[0].series or ()),
    )


def find_choices(
    session: Session, organization_id: int, names: Collection[str], *, now: datetime
) -> Mapping[str, Choice]:
    """Return those of these webinars (public IDs) that this organization can show now, by public ID."""
    if not names:
        return {}
    rows = session.execute(
        select(*_choice_columns(), *_facts_columns())
        .join(Recording, PLAYS)
        .where(Webinar.public_id.in_(sorted(set(names))), _SHOWN)
    ).all()
    holdings, within = _holdings(session, organization_id, now), kept_id(session, organization_id)
    found = {}
    for row in rows:
        grants = tuple(each.candidate.grant for each in holdings if _covers(each, row))
        asker = LoginFacts(id=0, blocked_at=None, grants=grants)
        case = WebinarFacts(
            row.webinar_id,
            row.state,
            row.free,
            row.held_at,
            row.minutes,
            playable=True,
            is_in_passes=row.is_in_passes,
        )
        decision = decide(asker, case, Action.RECORDING, now, within=within)
        if isinstance(decision, Admitted):
            found[row.webinar_public_id] = _choice(row)
    return found


def find_choice(session: Session, organization_id: int, name: str, *, now: datetime) -> Choice:
    """Return a webinar by public ID that this organization can show now; raises NotFound for any other."""
    return or_not_found(find_choices(session, organization_id, [name], now=now).get(name))


def read_series(
    session: Session, organization_id: int, *, now: datetime
) -> tuple[SeriesChoice, ...]:
    """Return all series of which this organization can show something now, by title."""
    usable = usable_by(session, organization_id, now=now)
    return tuple(SeriesChoice(*row) for row in session.execute(_series(usable)))


def find_series(
    session: Session, organization_id: int, public_id: str, *, now: datetime
) -> SeriesChoice:
    """Return a series by public ID, of which this organization can show something now.

    Raises NotFound for any other.
    """
    usable = usable_by(session, organization_id, now=now)
    row = session.execute(_series(usable).where(Series.public_id == public_id)).one_or_none()
    return SeriesChoice(*or_not_found(row))


def usable_by(
    session: Session, organization_id: int, *, now: datetime, since: datetime | None = None
) -> ColumnElement[bool]:
    """Return the SQL condition that an organization can show a webinar, or could at any time `since`."""
    return _usable(_holdings(session, organization_id, now), since)


def _holdings(session: Session, organization_id: int, now: datetime) -> Sequence[_Holding]:
    """Return the grants of an organization's pools, evaluated for a person with a seat in each."""
    its_pools = Pool.organization_id.in_(family_of(organization_id))
    rows = session.execute(_GRANTS.where(its_pools)).all()
    targets = {(row.public_id, row.pool): row.target_id for row in rows}
    by_pool: dict[str, list[GrantFacts]] = {}
    for row in rows:
        by_pool.setdefault(row.pool, []).append(_grant(row))
    return [
        _Holding(targets[each.grant.public_id, pool], each)
        for pool, grants in by_pool.items()
        for each in weigh_holdings(grants, now)
    ]


def _grant(row: Row[*tuple[Any, ...]]) -> GrantFacts:
    place = PoolPlace(
        pool=row.pool,
        organization_id=row.organization_id,
        organization=row.organization,
        organization_name=row.organization_name,
        way=Way.CLAIMED,
    )
    return grant_facts(row, place=place)


def _usable(holdings: Sequence[_Holding], since: datetime | None) -> ColumnElement[bool]:
    """Return the SQL condition that a webinar is free or covered by a grant that admits, or did `since`.

    A grant with an end covers webinars held before that end (PRODUCT.md, A3).
    """
    by_end: dict[tuple[Scope, datetime | None], list[int]] = {}
    ends_of_everything: list[datetime | None] = []
    for each in holdings:
        grant, code = each.candidate.grant, each.candidate.code
        ended_at = grant.ends_at if code in (Code.CONTRACT_LAPSED, Code.PASS_EXPIRED) else None
        has_admitted = since is not None and ended_at is not None and ended_at > since
        if code not in ADMITTING and not has_admitted:
            continue
        if each.target_id is None:
            ends_of_everything.append(grant.ends_at)
        else:
            by_end.setdefault((grant.scope, grant.ends_at), []).append(each.target_id)
    ways = [and_(Webinar.is_in_passes, _before(end)) for end in ends_of_everything]
    ways += [and_(_in_scope(scope, ids), _before(end)) for (scope, end), ids in by_end.items()]
    return and_(_SHOWN, or_(_FREE, *ways))


def _before(end: datetime | None) -> ColumnElement[bool]:
    return true() if end is None else Webinar.held_at < end


def _in_scope(scope: Scope, ids: Sequence[int]) -> ColumnElement[bool]:
    if scope is Scope.SERIES:
        inside = select(WebinarSeries.webinar_id).where(WebinarSeries.series_id.in_(ids))
        return and_(Webinar.is_in_passes, Webinar.id.in_(inside))
    if scope is Scope.PRESENTER:
        theirs = select(WebinarPresenter.webinar_id).where(WebinarPresenter.presenter_id.in_(ids))
        return and_(Webinar.is_in_passes, Webinar.id.in_(theirs))
    return Webinar.id.in_(ids)


def _chosen(sought: Sought, usable: ColumnElement[bool], dialect: str) -> Subquery:
    words = webinar_search.words_in(sought.query)
    hits = webinar_search.hits(words, dialect) if words else None
    rank: ColumnElement[float] = literal(0.0) if hits is None else hits.c.rank
    query = select(Webinar.id, Webinar.held_at, rank.label("rank")).join(Recording, PLAYS)
    if hits is not None:
        query = query.join(hits, hits.c.webinar_id == Webinar.id)
    elif sought.query:
        query = query.where(literal(0) == 1)  # the query has no searchable words
    if sought.series:
        query = (
            query.add_columns(WebinarSeries.position)
            .join(WebinarSeries, WebinarSeries.webinar_id == Webinar.id)
            .join(Series, Series.id == WebinarSeries.series_id)
            .where(Series.public_id == sought.series)
        )
    return query.where(usable).subquery("chosen")


def _ranked(one: Subquery, sought: Sought) -> tuple[ColumnElement[Any], ...]:
    """Return the sort order of choices; a series is ordered as in `series_order.IN_ORDER`."""
    if sought.series:
        return (one.c.rank, one.c.position.nulls_last(), one.c.held_at, one.c.id)
    return (one.c.rank, one.c.held_at.desc(), one.c.id.desc())


def _series(usable: ColumnElement[bool]) -> Select[str, str, int, str]:
    return (
        select(Series.public_id, Series.title, func.count(Webinar.id), Series.slug)
        .join(WebinarSeries, WebinarSeries.series_id == Series.id)
        .join(Webinar, Webinar.id == WebinarSeries.webinar_id)
        .join(Recording, PLAYS)
        .where(usable)
        .group_by(Series.id, Series.public_id, Series.title, Series.slug)
        .order_by(Series.title, Series.id)
    )


def _choice_columns() -> tuple[SQLColumnExpression[Any], ...]:
    return (
        Webinar.id.label("webinar_id"),
        Webinar.public_id.label("webinar_public_id"),
        Webinar.slug,
        Webinar.title,
        Webinar.summary,
        Webinar.held_at,
        Webinar.zone,
        Webinar.free,
        presenter_names.label("presenters"),
        Recording.public_id.label("recording_id"),
        Recording.run,
        Recording.seconds,
        Recording.has_video,
    )


def _facts_columns() -> tuple[SQLColumnExpression[Any], ...]:
    series = select(WebinarSeries.series_id).where(WebinarSeries.webinar_id == Webinar.id)
    people = select(WebinarPresenter.presenter_id).where(WebinarPresenter.webinar_id == Webinar.id)
    return (
        Webinar.state,
        Webinar.minutes,
        Webinar.is_in_passes,
        gathered(series.correlate(Webinar)).label("series_ids"),
        gathered(people.correlate(Webinar)).label("presenter_ids"),
    )


def _covers(holding: _Holding, row: Row[*tuple[Any, ...]]) -> bool:
    match holding.candidate.grant.scope:
        case Scope.EVERYTHING:
            return True
        case Scope.WEBINAR:
            return bool(holding.target_id == row.webinar_id)
        case Scope.SERIES:
            return [holding.target_id] in (row.series_ids or [])
        case Scope.PRESENTER:
            return [holding.target_id] in (row.presenter_ids or [])


def _choice(row: Row[*tuple[Any, ...]]) -> Choice:
    return copied(
        Choice,
        row,
        public_id=row.webinar_public_id,
        is_free=row.free,
        presenters=tuple(name for (name,) in row.presenters or ()),
        film=Playable(row.recording_id, row.run, row.seconds, row.has_video),
    )
