"""The staff view of ID mappings: state, proposals, reasons, and people by name."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from lms.core.errors import or_not_found
from lms.core.list_queries import Page, count_rows
from lms.core.model_base import copied
from lms.lti_facade.learner_logins import names_of
from lms.lti_facade.organizations import Customer, customers
from lti.id_mappings.mappings import AT_WORK, CHOOSABLE, NO_SUCH_MAP, place_of
from lti.id_mappings.person_match_proposals import BARRING
from lti.id_mappings.platform_people import Listed, System, listed_people
from lti.models.id_mappings import Doubt, Evidence, MapPair, MapState, PairState, PeopleMap
from lti.models.identities import Identity

PAGE: Final = 50
LISTED_MOST: Final = 100


class Show(StrEnum):
    """Which pairs a page lists."""

    CHOSEN = "chosen"
    LOOK = "look"  # not chosen, but could be
    BARRED = "barred"
    NOBODY = "nobody"
    APPLIED = "applied"
    FAILED = "failed"
    UNDONE = "undone"


_IS_BARRED: Final = MapPair.doubt.in_(sorted(BARRING))
_WAITS: Final = MapPair.state == PairState.OPEN
_IS_SOMEBODY: Final = MapPair.evidence != Evidence.NONE
WHICH: Final[Mapping[Show, tuple[ColumnElement[bool], ...]]] = {
    Show.CHOSEN: (MapPair.is_chosen.is_(True),),
    Show.LOOK: (
        _WAITS,
        MapPair.is_chosen.is_(False),
        _IS_SOMEBODY,
        or_(MapPair.doubt.is_(None), ~_IS_BARRED),
    ),
    Show.BARRED: (_WAITS, _IS_SOMEBODY, _IS_BARRED),
    Show.NOBODY: (_WAITS, MapPair.evidence == Evidence.NONE),
    Show.APPLIED: (MapPair.state == PairState.APPLIED,),
    Show.FAILED: (MapPair.state == PairState.FAILED, MapPair.is_chosen.is_(False)),
    Show.UNDONE: (MapPair.state == PairState.UNDONE, MapPair.is_chosen.is_(False)),
}


@dataclass(frozen=True, slots=True)
class MapFacts:
    """A mapping, and the number of its pairs of each kind."""

    id: int
    public_id: str
    organization: Customer
    old: System
    new: System
    state: MapState
    total: int
    failure: str
    created_at: datetime
    started_at: datetime | None
    counts: Mapping[Show, int]

    @property
    def is_at_work(self) -> bool:
        """Return whether a job is working on it."""
        return self.state in AT_WORK

    @property
    def done(self) -> int:
        """Return how many of the job's `total` pairs are done."""
        waits = Show.CHOSEN if self.state is MapState.APPLYING else Show.APPLIED
        return max(0, self.total - self.counts[waits])


@dataclass(frozen=True, slots=True)
class Side:
    """A person of one of the two LMSs; name and email are empty if they never launched and are on no roster."""

    sub: str
    name: str
    email: str | None
    has_come: bool


@dataclass(frozen=True, slots=True)
class PairFacts:
    """A pair of a mapping; `new` is None if no match was found."""

    public_id: str
    line: int | None
    old: Side
    new: Side | None
    evidence: Evidence
    doubt: Doubt | None
    state: PairState
    failure: str
    is_chosen: bool
    may_be_chosen: bool


def list_maps(session: Session) -> tuple[MapFacts, ...]:
    """Return the newest 100 mappings, newest first."""
    rows = session.scalars(select(PeopleMap).order_by(PeopleMap.id.desc()).limit(LISTED_MOST)).all()
    whose = customers(session, [row.organization_id for row in rows])
    return tuple(_facts(session, row, whose[row.organization_id]) for row in rows)


def find_map(session: Session, map_id: str) -> MapFacts:
    """Return a mapping by its public ID; raises NotFound."""
    query = select(PeopleMap).where(PeopleMap.public_id == map_id)
    row = or_not_found(session.scalar(query), NO_SUCH_MAP)
    return _facts(session, row, customers(session, (row.organization_id,))[row.organization_id])


def pairs_of(
    session: Session, facts: MapFacts, show: Show | None, *, page: int = 1, size: int = PAGE
) -> Page[PairFacts]:
    """Return a page of a mapping's pairs, of one kind or all."""
    which = (MapPair.map_id == facts.id, *(WHICH[show] if show else ()))
    wanted = select(MapPair).where(*which)
    rows = session.scalars(
        wanted.order_by(MapPair.number).offset((page - 1) * size).limit(size)
    ).all()
    old = _sides(session, facts.old, {row.old_sub for row in rows})
    new = _sides(session, facts.new, {row.new_sub for row in rows if row.new_sub})
    return Page(tuple(_pair(row, old, new) for row in rows), count_rows(session, wanted))


def _facts(session: Session, row: PeopleMap, organization: Customer) -> MapFacts:
    place = place_of(session, row)
    counts = session.execute(
        select(
            *(
                func.count().filter(*conditions).label(show.value)
                for show, conditions in WHICH.items()
            )
        ).where(MapPair.map_id == row.id)
    ).one()
    return copied(
        MapFacts,
        row,
        organization=organization,
        old=place.old,
        new=place.new,
        counts={show: getattr(counts, show.value) for show in Show},
    )


def _pair(row: MapPair, old: Mapping[str, Side], new: Mapping[str, Side]) -> PairFacts:
    return copied(
        PairFacts,
        row,
        old=old[row.old_sub],
        new=new[row.new_sub] if row.new_sub else None,
        may_be_chosen=row.state in CHOOSABLE
        and row.old_identity_id is not None
        and bool(row.new_sub)
        and row.doubt not in BARRING,
    )


def _sides(session: Session, system: System, subs: Collection[str]) -> Mapping[str, Side]:
    """Return people of this organization by their IDs on an LMS."""
    identities = {
        each.sub: each
        for each in session.scalars(
            select(Identity).where(
                Identity.issuer == system.issuer,
                Identity.organization_id == system.organization_id,
                Identity.sub.in_(subs),
            )
        )
    }
    listed = listed_people(session, system, subs)
    names = names_of(session, [each.login_id for each in identities.values()])
    return {sub: _side(sub, identities.get(sub), listed.get(sub, Listed()), names) for sub in subs}


def _side(sub: str, identity: Identity | None, listed: Listed, names: Mapping[int, str]) -> Side:
    if identity is None:
        return Side(sub, listed.name, listed.email, has_come=False)
    email = identity.email or listed.email
    return Side(sub, names[identity.login_id], email, has_come=identity.has_come)
