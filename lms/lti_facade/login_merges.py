"""Login merges for linked accounts: merge two logins with those merged into them, and undo it.

`lms.people.login_merges` merges two logins and allows no chains. Here, logins merged into the one that
is given up move with it, and leave with it, so that a person can come from several LMSs.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import family_of
from lms.core.errors import N_, Conflict, NotFound
from lms.models.accounts import Login
from lms.models.seats import Assignment, Pool
from lms.people import login_merges
from lms.people.login_merges import OnMerge as OnMerge

AT_ONCE: Final = 1000  # ids in one statement
APART: Final = N_("These accounts are no longer linked.")


def persons_logins(session: Session, login_id: int) -> tuple[int, ...]:
    """Return all logins of a person, locked, the kept one first."""
    # Ordered by id, so that two transactions lock the rows in the same order and can't deadlock.
    rows = session.execute(
        select(Login.id, Login.merged_into)
        .where(Login.id.in_(logins_of(login_id)))
        .order_by(Login.id)
        .with_for_update()
    ).all()
    if not rows:
        raise NotFound
    return tuple(row.id for row in sorted(rows, key=lambda row: row.merged_into is not None))


def kept_of(session: Session, login_ids: Collection[int]) -> Mapping[int, int]:
    """Return the kept login of each login's person; row ids."""
    found: dict[int, int] = {}
    for some in _in_parts(login_ids):
        rows = session.execute(
            select(Login.id, func.coalesce(Login.merged_into, Login.id)).where(Login.id.in_(some))
        )
        found |= {row[0]: row[1] for row in rows}
    return found


def seats_of(
    session: Session, organization_id: int, kept: Collection[int]
) -> Mapping[int, frozenset[int]]:
    """Return the pools of an organization in which people have seats now, by kept login; row ids."""
    person = func.coalesce(Login.merged_into, Login.id)
    found: dict[int, frozenset[int]] = {}
    for some in _in_parts(kept):
        rows = session.execute(
            select(person, Assignment.pool_id)
            .join_from(Assignment, Login, Login.id == Assignment.login_id)
            .join(Pool, Pool.id == Assignment.pool_id)
            .where(
                Pool.organization_id.in_(family_of(organization_id)),
                Assignment.ended_at.is_(None),
                or_(Login.id.in_(some), Login.merged_into.in_(some)),
            )
        )
        for login_id, pool_id in rows:
            found[login_id] = found.get(login_id, frozenset()) | {pool_id}
    return found


def refusal_to_join(session: Session, kept: int, given_up: int) -> str | None:
    """Return the reason why two people can't be merged, or None; row ids."""
    ids = _public_ids(session, kept, given_up)
    try:
        login_merges.check_merge(session, kept=ids[kept], merged=ids[given_up])
    except Conflict as refusal:
        return None if refusal.message == login_merges.HAS_MERGED else refusal.message
    return None


def join(
    session: Session,
    kept: int,
    given_up: int,
    *,
    hooks: Sequence[OnMerge],
    actor: str | None,
    now: datetime,
) -> None:
    """Merge a person's login, and those merged into it, into another person's; row ids.

    Both are kept logins. Raises as `lms.people.login_merges.merge` does.
    """
    # Sorted, so that two opposite merges can't deadlock.
    for login_id in sorted((kept, given_up)):
        persons_logins(session, login_id)
    _let_stand(session, Login.merged_into == given_up, kept)
    ids = _public_ids(session, kept, given_up)
    login_merges.merge(
        session,
        kept=ids[kept],
        merged=ids[given_up],
        hooks=hooks,
        actor=actor,
        now=now,
    )


def part(session: Session, leaving: Collection[int], *, actor: str | None, now: datetime) -> None:
    """Separate logins from a person, with everything that belongs to them.

    If the kept login is among them, the others are separated instead. Raises Conflict if they don't all
    belong to one person, or are all of that person's logins.
    """
    everybody = persons_logins(session, min(leaving))
    kept = everybody[0]
    if not set(leaving) <= set(everybody) or len(set(leaving)) == len(everybody):
        raise Conflict(APART)
    going = sorted(set(everybody) - set(leaving) if kept in leaving else set(leaving))
    first = session.scalars(select(Login.public_id).where(Login.id == going[0])).one()
    login_merges.unmerge(session, first, actor=actor, now=now)
    _let_stand(session, Login.id.in_(going[1:]), going[0])


def _public_ids(session: Session, *login_ids: int) -> dict[int, str]:
    rows = session.execute(select(Login.id, Login.public_id).where(Login.id.in_(login_ids)))
    return {row.id: row.public_id for row in rows}


def _let_stand(session: Session, which: ColumnElement[bool], kept: int) -> None:
    session.execute(update(Login).where(which).values(merged_into=kept))


def _in_parts(ids: Iterable[int]) -> Iterator[list[int]]:
    every = sorted(set(ids))
    for first in range(0, len(every), AT_ONCE):
        yield every[first : first + AT_ONCE]
