"""Apply and undo pairs of an ID mapping, one by one; resumes after an interruption.

Two people become one by a merge (lms/people/login_merges.py), which moves nothing. A new person who has
not launched yet gets an identity first, with its own login, which is merged like any other, so that
undo is the same for both.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Conflict, Refused, or_not_found
from lms.core.model_base import locked
from lms.lti_facade.learner_logins import forget_unused_learner, names_of
from lms.lti_facade.login_merges import OnMerge, join, part, persons_logins
from lti.id_mappings.mappings import MapPlace, check_at_rest, locked_map
from lti.id_mappings.platform_people import roster_name
from lti.models.id_mappings import MapPair, PairState, PeopleMap
from lti.models.identities import Identity
from lti.models.launches import FrameRole
from lti.people.account_linking import account_of
from lti.people.identities import find_identity, make_identity
from lti.people.identities_joined_by_mappings import links_of, one_person
from lti.protocol.messages import Person

GONE: Final = N_("This person's data was deleted, or they're no longer in the old LMS.")
ONE_ALREADY: Final = N_("These are already the same person.")
BOTH_LINKED: Final = N_(
    "Each is linked to a different account. If both accounts belong to the same person, merge them first."
)
MAPPED_ELSEWHERE: Final = N_("One of them is in another merged pair. Undo that merge first.")
LINKED_THEMSELVES: Final = N_(
    "This person linked both to one account, so they stay the same person."
)


def apply_pair(
    session: Session,
    place: MapPlace,
    pair: MapPair,
    *,
    hooks: Sequence[OnMerge],
    actor: str | None,
    now: datetime,
) -> None:
    """Merge the two people of a pair, or store why they can't be merged.

    A refused merge is rolled back. In both cases the pair is no longer chosen.
    """
    pair.is_chosen = False
    try:
        with session.begin_nested():
            _apply(session, place, pair, hooks=hooks, actor=actor, now=now)
    except Refused as refusal:
        session.refresh(pair)
        pair.is_chosen = False
        pair.state, pair.failure = PairState.FAILED, refusal.message
    session.flush()


def _apply(
    session: Session,
    place: MapPlace,
    pair: MapPair,
    *,
    hooks: Sequence[OnMerge],
    actor: str | None,
    now: datetime,
) -> None:
    old = or_not_found(
        None if pair.old_identity_id is None else session.get(Identity, pair.old_identity_id), GONE
    )
    new = find_identity(session, place.new.issuer, place.new.organization_id, pair.new_sub)
    if new is None:
        new = _make_beforehand(session, place, pair.new_sub, old, now)
        pair.made_identity = True
    if _is_mapped(session, pair, old.id, new.id):
        raise Conflict(MAPPED_ELSEWHERE)
    old_root = persons_logins(session, old.login_id)[0]
    new_root = persons_logins(session, new.login_id)[0]
    if old_root == new_root:
        raise Conflict(ONE_ALREADY)
    if account_of(session, old_root) and account_of(session, new_root):
        raise Conflict(BOTH_LINKED)
    kept, given_up = old_root, new_root
    if account_of(session, new_root):
        kept, given_up = new_root, old_root
    join(session, kept, given_up, hooks=hooks, actor=actor, now=now)
    pair.new_identity_id, pair.applied_at = new.id, now
    pair.state, pair.failure = PairState.APPLIED, ""
    session.flush()


def undo_pair(session: Session, pair: MapPair, *, actor: str | None, now: datetime) -> None:
    """Make the two people of an applied pair separate again, each with their own access.

    If the person linked one side to an account, that side stays linked. If they linked both, or the two
    were separated meanwhile, nothing is separated. An identity that the pair created is deleted if it
    was never used.
    """
    new_id = pair.new_identity_id
    if pair.state is not PairState.APPLIED or pair.old_identity_id is None or new_id is None:
        return
    old_side = one_person(session, pair.old_identity_id, without=pair.id)
    new_side = one_person(session, new_id, without=pair.id)
    pair.failure = _part(session, old_side, new_side, actor=actor, now=now)
    pair.state, pair.applied_at, pair.new_identity_id = PairState.UNDONE, None, None
    session.flush()
    new = session.get_one(Identity, new_id)
    if pair.made_identity and not new.has_come and not pair.failure:
        login_id = new.login_id
        session.execute(delete(Identity).where(Identity.id == new_id))
        session.expunge(new)
        forget_unused_learner(session, login_id)
    pair.made_identity = False
    session.flush()


def undo_one(
    session: Session, map_id: str, pair_id: str, *, actor: str | None, now: datetime
) -> str:
    """Undo one pair of a mapping (public IDs); return the message to show, "" for none.

    Raises NotFound, and Conflict while a job works on the mapping.
    """
    row = locked_map(session, map_id)
    check_at_rest(row)
    query = (
        select(MapPair)
        .where(
            MapPair.map_id == row.id,
            MapPair.public_id == pair_id,
            MapPair.state == PairState.APPLIED,
        )
        .with_for_update()
    )
    pair = or_not_found(session.scalar(query))
    undo_pair(session, pair, actor=actor, now=now)
    detail = {"map": map_id}
    audit.record(session, "people_map.pair_undone", pair_id, actor=actor, now=now, detail=detail)
    return pair.failure


def next_pairs(session: Session, row: PeopleMap, state: PairState, most: int) -> Sequence[MapPair]:
    """Return the next pairs to process, locked: chosen open ones, or applied ones."""
    query = select(MapPair).where(MapPair.map_id == row.id, MapPair.state == state)
    if state is PairState.OPEN:
        query = query.where(MapPair.is_chosen)
    return session.scalars(locked(query.order_by(MapPair.number).limit(most))).all()


def _part(
    session: Session,
    old_side: Sequence[Identity],
    new_side: Sequence[Identity],
    *,
    actor: str | None,
    now: datetime,
) -> str:
    """Separate two sides of one person; return why not, "" if it was done."""
    old_logins, new_logins = ({one.login_id for one in side} for side in (old_side, new_side))
    everybody = persons_logins(session, old_side[0].login_id)
    if not new_logins <= set(everybody):
        return ""  # separated meanwhile
    account = account_of(session, everybody[0])
    leaving = new_logins
    if account is not None:
        old_links, new_links = (
            links_of(session, [one.id for one in side], account.id) for side in (old_side, new_side)
        )
        if old_links and new_links:
            return LINKED_THEMSELVES
        if new_links:
            leaving = old_logins
    part(session, leaving, actor=actor, now=now)
    return ""


def _make_beforehand(
    session: Session, place: MapPlace, sub: str, old: Identity, now: datetime
) -> Identity:
    name = roster_name(session, place.new, sub) or names_of(session, (old.login_id,))[old.login_id]
    return make_identity(
        session,
        place.new.issuer,
        place.new.organization_id,
        Person(sub, FrameRole.LEARNER, name),
        registration_id=place.new.registration_id,
        now=now,
    )


def _is_mapped(session: Session, pair: MapPair, old_id: int, new_id: int) -> bool:
    return (
        session.scalar(
            select(MapPair.id)
            .where(
                MapPair.state == PairState.APPLIED,
                MapPair.id != pair.id,
                (MapPair.old_identity_id == old_id) | (MapPair.new_identity_id == new_id),
            )
            .limit(1)
        )
        is not None
    )
