"""ID mappings between platforms: begin, choose, apply, undo, and discard.

Staff first review a mapping: each old person with the proposed new one, the evidence, and doubts.
Chosen pairs are applied one by one (lti/id_mappings/apply_and_undo_pairs.py), and can be undone one by
one or all together. Nothing is moved: two logins are merged (lms/people/login_merges.py).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Conflict, Invalid, or_not_found
from lms.core.model_base import locked, new_public_ids
from lms.jobs import queue as job_queue
from lms.lti_facade.organizations import customers
from lms.models.jobs import Lane
from lti.id_mappings.person_match_proposals import (
    BARRING,
    Line,
    Proposal,
    Somebody,
    propose,
    propose_listed,
)
from lti.id_mappings.platform_people import System, everybody, people_who_came
from lti.models.id_mappings import Evidence, MapPair, MapState, PairState, PeopleMap
from lti.models.registrations_and_keys import Deployment, DeploymentState, Registration

APPLY: Final = "lti.map_people"
UNDO: Final = "lti.unmap_people"
DRAFT_KEPT: Final = timedelta(days=30)
AT_WORK: Final = (MapState.APPLYING, MapState.UNDOING)
CHOOSABLE: Final = (PairState.OPEN, PairState.UNDONE, PairState.FAILED)
AT_ONCE: Final = 500

NO_SUCH_MAP: Final = N_("LMS migration not found.")
SAME_SYSTEM: Final = N_("Choose two different LMSs.")
NOT_BOTH: Final = N_("Choose two LMSs of the same organization.")
IS_AT_WORK: Final = N_("This migration is in progress. Wait until it finishes.")
NOTHING_CHOSEN: Final = N_("Select at least one pair.")
NOTHING_APPLIED: Final = N_("Nothing was merged, so there's nothing to undo.")
STANDS: Final = N_("Some pairs are merged. Undo them first.")


@dataclass(frozen=True, slots=True)
class MapPlace:
    """The two LMSs of a mapping."""

    map_id: int
    public_id: str
    old: System
    new: System


def systems(session: Session) -> tuple[System, ...]:
    """Return every LMS of every organization with an approved deployment on it."""
    rows = session.execute(
        select(Registration, Deployment.organization_id)
        .join(Deployment, Deployment.registration_id == Registration.id)
        .where(
            Deployment.state == DeploymentState.APPROVED,
            Deployment.organization_id.is_not(None),
        )
        .distinct()
        .order_by(Deployment.organization_id, Registration.id)
    )
    return tuple(
        System(
            row.Registration.id,
            row.Registration.public_id,
            row.Registration.issuer,
            row.Registration.name,
            row.organization_id,
        )
        for row in rows
    )


def begin_map(
    session: Session,
    organization_id: int,
    *,
    old: str,
    new: str,
    actor: str | None,
    now: datetime,
) -> str:
    """Begin a mapping between two registrations (public IDs) of an organization (row id), and propose its pairs.

    Returns the mapping's public ID. Raises Invalid if both are the same, or not both the
    organization's.
    """
    if old == new:
        raise Invalid(SAME_SYSTEM, field="new")
    of_both = {
        each.public_id: each for each in systems(session) if each.organization_id == organization_id
    }
    if old not in of_both or new not in of_both:
        raise Invalid(NOT_BOTH, field="new")
    row = PeopleMap(
        organization_id=organization_id,
        old_registration_id=of_both[old].registration_id,
        new_registration_id=of_both[new].registration_id,
        created_at=now,
    )
    session.add(row)
    session.flush()
    place = place_of(session, row)
    came = people_who_came(session, place.old)
    _write(session, place, propose(came, _others(session, place, came)), came, first=1)
    organization = customers(session, (organization_id,))[organization_id].public_id
    detail = {"organization": organization}
    audit.record(session, "people_map.begun", row.public_id, actor=actor, now=now, detail=detail)
    return row.public_id


def take_list(session: Session, map_id: str, lines: Sequence[Line]) -> None:
    """Add a pair for each line of an institution's list; they replace the proposals for the same people.

    Applied pairs stay, as do proposals for people who are not in the list. Raises NotFound, and
    Conflict while a job works on the mapping.
    """
    row = locked_map(session, map_id)
    check_at_rest(row)
    place = place_of(session, row)
    came = people_who_came(session, place.old)
    old = {each.sub: each for each in came}
    new = {each.sub: each for each in _others(session, place, came)}
    answers = propose_listed(lines, old, new)
    named = [each.old_sub for each in answers]
    for first in range(0, len(named), AT_ONCE):
        session.execute(
            delete(MapPair).where(
                MapPair.map_id == row.id,
                MapPair.state != PairState.APPLIED,
                MapPair.old_sub.in_(named[first : first + AT_ONCE]),
            )
        )
    session.execute(
        delete(MapPair).where(
            MapPair.map_id == row.id,
            MapPair.state != PairState.APPLIED,
            MapPair.evidence == Evidence.LISTED,
        )
    )
    last = session.scalar(select(func.max(MapPair.number)).where(MapPair.map_id == row.id)) or 0
    _write(session, place, answers, came, first=last + 1)


def choose(
    session: Session, map_id: str, *, shown: Collection[str], chosen: Collection[str]
) -> None:
    """Choose among the pairs that a page showed (public IDs); other pairs stay as they are.

    Raises NotFound, and Conflict while a job works on the mapping.
    """
    row = locked_map(session, map_id)
    check_at_rest(row)
    for ids, is_chosen in ((set(shown) - set(chosen), False), (set(chosen), True)):
        session.execute(
            update(MapPair)
            .where(
                MapPair.map_id == row.id,
                MapPair.public_id.in_(sorted(ids)),
                MapPair.state.in_(CHOOSABLE),
                MapPair.old_identity_id.is_not(None),
                MapPair.new_sub != "",
                MapPair.doubt.is_(None) | MapPair.doubt.not_in(sorted(BARRING)),
            )
            .values(is_chosen=is_chosen)
        )


def ask_apply(session: Session, map_id: str, *, actor: str | None, now: datetime) -> int:
    """Queue a job that applies the chosen pairs; return their number.

    Two simultaneous requests queue one job. Raises NotFound; Conflict if none is chosen or a job is at
    work.
    """
    row = locked_map(session, map_id)
    check_at_rest(row)
    session.execute(
        update(MapPair)
        .where(MapPair.map_id == row.id, MapPair.is_chosen, MapPair.state.in_(CHOOSABLE))
        .values(state=PairState.OPEN, failure="")
    )
    waiting = count(session, row.id, PairState.OPEN, only_chosen=True)
    if not waiting:
        raise Conflict(NOTHING_CHOSEN)
    row.total = waiting
    _start(session, row, MapState.APPLYING, APPLY, actor, now)
    detail = {"people": waiting}
    audit.record(session, "people_map.applied", map_id, actor=actor, now=now, detail=detail)
    return waiting


def ask_undo(session: Session, map_id: str, *, actor: str | None, now: datetime) -> int:
    """Queue a job that undoes all pairs of a mapping; return their number.

    Raises NotFound; Conflict if none is applied or a job is at work.
    """
    row = locked_map(session, map_id)
    check_at_rest(row)
    waiting = count(session, row.id, PairState.APPLIED)
    if not waiting:
        raise Conflict(NOTHING_APPLIED)
    row.total = waiting
    _start(session, row, MapState.UNDOING, UNDO, actor, now)
    detail = {"people": waiting}
    audit.record(session, "people_map.undone", map_id, actor=actor, now=now, detail=detail)
    return waiting


def discard(session: Session, map_id: str, *, actor: str | None, now: datetime) -> None:
    """Delete a mapping without applied pairs; raises NotFound, and Conflict if it has some."""
    row = locked_map(session, map_id)
    check_at_rest(row)
    if count(session, row.id, PairState.APPLIED):
        raise Conflict(STANDS)
    session.delete(row)
    session.flush()
    audit.record(session, "people_map.discarded", map_id, actor=actor, now=now)


def forget_old(session: Session, *, now: datetime) -> None:
    """Delete mappings that were never applied in 30 days, and the unapplied pairs of older ones."""
    is_old = PeopleMap.created_at < now - DRAFT_KEPT
    stands = select(MapPair.map_id).where(MapPair.state == PairState.APPLIED)
    old = select(PeopleMap.id).where(is_old, PeopleMap.state.not_in(AT_WORK))
    session.execute(
        delete(MapPair).where(MapPair.map_id.in_(old), MapPair.state != PairState.APPLIED)
    )
    session.execute(
        delete(PeopleMap).where(
            is_old, PeopleMap.state.not_in(AT_WORK), PeopleMap.id.not_in(stands)
        )
    )


def locked_map(session: Session, map_id: str) -> PeopleMap:
    """Return a mapping's row, locked; raises NotFound."""
    return or_not_found(standing(session, map_id), NO_SUCH_MAP)


def standing(session: Session, map_id: str) -> PeopleMap | None:
    """Return a mapping's row, locked; None if it was deleted."""
    return session.scalar(locked(select(PeopleMap).where(PeopleMap.public_id == map_id)))


def check_at_rest(row: PeopleMap) -> None:
    """Raise Conflict while a job works on a mapping."""
    if row.state in AT_WORK:
        raise Conflict(IS_AT_WORK)


def place_of(session: Session, row: PeopleMap) -> MapPlace:
    """Return the two LMSs of a mapping."""
    old = session.get_one(Registration, row.old_registration_id)
    new = session.get_one(Registration, row.new_registration_id)
    ends = [
        System(each.id, each.public_id, each.issuer, each.name, row.organization_id)
        for each in (old, new)
    ]
    # If both have one issuer, people without a recorded registration launched from the old one.
    ends[1] = replace(ends[1], takes_unnoted=old.issuer != new.issuer)
    return MapPlace(row.id, row.public_id, ends[0], ends[1])


def count(session: Session, map_id: int, state: PairState, *, only_chosen: bool = False) -> int:
    """Return the number of a mapping's pairs in a state."""
    query = select(func.count()).where(MapPair.map_id == map_id, MapPair.state == state)
    return session.scalar(query.where(MapPair.is_chosen) if only_chosen else query) or 0


def _others(session: Session, place: MapPlace, came: Collection[Somebody]) -> tuple[Somebody, ...]:
    """Return the candidates in the new LMS; the same sub of the same issuer is the same person already."""
    same = {each.sub for each in came} if place.old.issuer == place.new.issuer else frozenset()
    return tuple(each for each in everybody(session, place.new) if each.sub not in same)


def _write(
    session: Session,
    place: MapPlace,
    proposals: Sequence[Proposal],
    came: Collection[Somebody],
    *,
    first: int,
) -> None:
    identities = {each.sub: each.identity_id for each in came}
    ids = new_public_ids(len(proposals))
    rows = [
        {
            "public_id": public_id,
            "map_id": place.map_id,
            "number": number,
            "line": each.line,
            "old_sub": each.old_sub[:255],
            "new_sub": each.new_sub[:255],
            "old_identity_id": identities.get(each.old_sub),
            "evidence": each.evidence,
            "doubt": each.doubt,
            "is_chosen": each.is_chosen and identities.get(each.old_sub) is not None,
            "state": PairState.OPEN,
            "failure": "",
            "made_identity": False,
        }
        for number, (public_id, each) in enumerate(zip(ids, proposals, strict=True), start=first)
    ]
    if rows:
        session.execute(insert(MapPair), rows)


def _start(
    session: Session, row: PeopleMap, state: MapState, kind: str, actor: str | None, now: datetime
) -> None:
    row.state, row.failure, row.started_at, row.ended_at = state, "", now, None
    session.flush()
    job_queue.enqueue(
        session,
        kind=kind,
        lane=Lane.PROMPT,
        subject=row.public_id,
        payload={"actor": actor},
        now=now,
    )
