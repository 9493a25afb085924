"""Possible twins: two logins that may be one person, for our team to look at and merge."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.core.lti_hook_types import LikeLogins, Likeness
from lms.models.accounts import Login


@dataclass(frozen=True, slots=True)
class PossibleTwin:
    """Two logins by their public IDs, with their names and the kind of likeness."""

    login: str
    name: str
    other: str
    other_name: str
    likeness: Likeness


def possible_twins(session: Session, found: Iterable[LikeLogins]) -> tuple[PossibleTwin, ...]:
    """Return the pairs that aren't merged yet, each once; merged logins count as one."""
    alike = tuple(found)
    ids = {one for pair in alike for one in (pair.login_id, pair.other_id)}
    rows = session.execute(
        select(Login.id, func.coalesce(Login.merged_into, Login.id)).where(Login.id.in_(ids))
    )
    kept = {row[0]: row[1] for row in rows}
    logins = {
        row.id: row
        for row in session.execute(
            select(Login.id, Login.public_id, Login.name).where(Login.id.in_(set(kept.values())))
        )
    }
    twins: dict[frozenset[int], PossibleTwin] = {}
    for pair in alike:
        mine, other = logins[kept[pair.login_id]], logins[kept[pair.other_id]]
        twin = PossibleTwin(mine.public_id, mine.name, other.public_id, other.name, pair.likeness)
        if mine.id != other.id:
            twins.setdefault(frozenset((mine.id, other.id)), twin)
    return tuple(twins.values())
