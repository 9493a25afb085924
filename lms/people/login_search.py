"""Login search for our team, by parts of names and addresses, among hundreds of thousands.

The table `login_search` has the words of each login and a trigram index of them: FTS5 on SQLite, text
arrays on PostgreSQL. Triggers maintain it, and only its migration defines it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    Text,
    column,
    false,
    func,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from lms.access.merged_organizations import kept_organization
from lms.core.json_row_aggregates import gathered
from lms.models.accounts import Login, SellerRole
from lms.models.organizations import Membership, Organization

INDEXED: Final = 3  # letters; shorter words are searched for in every row
ID_LENGTH: Final = 26


class Show(StrEnum):
    """Which logins a list shows."""

    EVERYONE = "everyone"
    STAFF = "staff"
    BLOCKED = "blocked"
    MERGED = "merged"
    UNCONFIRMED = "unconfirmed"
    INVITED = "invited"  # without a login: lms/people/invited_people.py finds them


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One login of a list."""

    public_id: str
    name: str
    email: str | None
    seller_role: SellerRole | None
    is_confirmed: bool
    is_blocked: bool
    is_merged: bool
    organizations: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class People:
    """One page of logins and how many match in all."""

    items: tuple[PersonRow, ...]
    total: int


_SHOWN: Final[dict[Show, tuple[ColumnElement[bool], ...]]] = {
    Show.EVERYONE: (),
    Show.STAFF: (Login.seller_role.is_not(None),),
    Show.BLOCKED: (Login.blocked_at.is_not(None),),
    Show.MERGED: (Login.merged_into.is_not(None),),
    Show.UNCONFIRMED: (Login.email.is_not(None), Login.confirmed_at.is_(None)),
    Show.INVITED: (false(),),
}
_organizations = gathered(
    select(Organization.name)
    .join_from(
        Membership, Organization, Organization.id == kept_organization(Membership.organization_id)
    )
    .where(Membership.login_id == Login.id)
    .distinct()
    .order_by(Organization.name)
    .correlate(Login)
)
_ROWS: Final = select(
    Login.id,
    Login.public_id,
    Login.name,
    Login.email,
    Login.seller_role,
    Login.confirmed_at,
    Login.blocked_at,
    Login.merged_into,
    Login.created_at,
    _organizations.label("organizations"),
)
_SEARCH: Final = table(
    "login_search",
    column("login_id", Integer),
    column("words", Text),
    column("trigrams", ARRAY(Text)),
)


def find_people(
    session: Session, query: str, *, show: Show = Show.EVERYONE, offset: int = 0, limit: int = 50
) -> People:
    """Return the logins whose name or addresses have every word, or the login with that public ID.

    The newest come first, after the login whose full address is the query.
    """
    words = query.split()
    if not words:
        found = select(Login.id).where(*_SHOWN[show])
        counted, newest = select(func.count(Login.id)).where(*_SHOWN[show]), Login.id.desc()
    elif is_id := _of_outside_id(session, words):
        found = select(Login.id).where(Login.id == is_id, *_SHOWN[show])
        counted, newest = found.with_only_columns(func.count()), Login.id.desc()
    else:
        matching = _matching(words, session.get_bind().dialect.name)
        found, newest = matching, matching.selected_columns[0].desc()
        if _SHOWN[show]:
            found = found.join(Login, Login.id == matching.selected_columns[0])
            found = found.where(*_SHOWN[show])
        counted = found.with_only_columns(func.count(), maintain_column_froms=True)
    exact = _of_address(session, query)
    first = () if exact is None else ((found.selected_columns[0] == exact).desc(),)
    ids = session.scalars(found.order_by(*first, newest).offset(offset).limit(limit)).all()
    rows = {row.id: _row(row) for row in session.execute(_ROWS.where(Login.id.in_(ids)))}
    found_now = tuple(rows[each] for each in ids if each in rows)
    return People(found_now, session.scalar(counted) or 0)


def _matching(words: list[str], dialect: str) -> Select[int]:
    """Return the selection of the ids whose words contain all of these."""
    indexed = [word for word in words if len(word) >= INDEXED]
    if dialect == "sqlite":
        asked = select(literal_column("login_search.rowid", Integer)).select_from(_SEARCH)
        if indexed:
            terms = " AND ".join('"' + word.replace('"', '""') + '"' for word in indexed)
            asked = asked.where(text("login_search MATCH :asked").bindparams(asked=terms))
        left = [word for word in words if len(word) < INDEXED]
    else:
        asked = select(_SEARCH.c.login_id)
        if indexed:
            trigrams = {each for word in indexed for each in _trigrams(word.lower())}
            asked = asked.where(_SEARCH.c.trigrams.contains(sorted(trigrams)))
        # trigrams of a longer word may match elsewhere
        left = [word for word in words if len(word) != INDEXED]
    for word in left:
        asked = asked.where(_SEARCH.c.words.contains(word.lower(), autoescape=True))
    if dialect == "sqlite":
        return asked
    # With ORDER BY and LIMIT, PostgreSQL would scan rows in order, hoping for an early match.
    found = asked.cte("found").prefix_with("MATERIALIZED")
    return select(found.c.login_id)


def _trigrams(word: str) -> set[str]:
    return {word[at : at + INDEXED] for at in range(len(word) - INDEXED + 1)}


def _of_outside_id(session: Session, words: list[str]) -> int | None:
    if len(words) > 1 or len(words[0]) != ID_LENGTH:
        return None
    return session.scalar(select(Login.id).where(Login.public_id == words[0].lower()))


def _of_address(session: Session, query: str) -> int | None:
    if "@" not in query:
        return None
    return session.scalar(select(Login.id).where(Login.email_key == query.strip().casefold()))


def _row(row: Row[*tuple[Any, ...]]) -> PersonRow:
    return PersonRow(
        public_id=row.public_id,
        name=row.name,
        email=row.email,
        seller_role=row.seller_role,
        is_confirmed=row.confirmed_at is not None or row.email is None,
        is_blocked=row.blocked_at is not None,
        is_merged=row.merged_into is not None,
        organizations=tuple(name for (name,) in row.organizations or ()),
        created_at=row.created_at,
    )
