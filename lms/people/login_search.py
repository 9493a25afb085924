"""Login search for our team, by parts of names and addresses, among hundreds of thousands.

The table `login_search` has the words of each login and a trigram index of them: FTS5 on SQLite, text
arrays on PostgreSQL. Triggers maintain it, and only its migration defines it. A search reads the newest
matches only, since a word like "library" can be in every address.
"""

from collections.abc import Sequence
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
from lms.core.list_queries import Page, gathered
from lms.core.model_base import copied
from lms.models.accounts import Login, SellerRole
from lms.models.organizations import Membership, Organization

INDEXED: Final = 3  # letters; shorter words are searched for in every row
MOST: Final = 1_000  # matches that can be paged through
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
    """One login of a list; `id` is its row id."""

    id: int
    public_id: str
    name: str
    email: str | None
    seller_role: SellerRole | None
    is_confirmed: bool
    is_blocked: bool
    is_merged: bool
    organizations: tuple[str, ...]
    created_at: datetime


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
) -> Page[PersonRow]:
    """Return the logins whose name or addresses have every word, or the login with that public ID.

    The newest come first, after the login whose full address is the query. At most 1,000 are found by
    words.
    """
    words = query.split()
    if not words:
        every = select(Login.id).where(*_SHOWN[show])
        ids = session.scalars(every.order_by(Login.id.desc()).offset(offset).limit(limit)).all()
        total = session.scalar(select(func.count(Login.id)).where(*_SHOWN[show])) or 0
        return Page(_rows(session, ids), total)
    if is_id := _of_outside_id(session, words):
        found = session.scalars(select(Login.id).where(Login.id == is_id, *_SHOWN[show])).all()
    else:
        found = _matching(session, words, show)
        exact = _of_address(session, query)
        found = sorted(found, key=lambda each: each != exact)
    shown = found[:MOST][offset : offset + limit]
    return Page(_rows(session, shown), min(len(found), MOST), has_more=len(found) > MOST)


def _matching(session: Session, words: Sequence[str], show: Show) -> Sequence[int]:
    """Return the ids whose words contain all of these, the newest first, and one more than can be paged."""
    if session.get_bind().dialect.name == "sqlite":
        ids = literal_column("login_search.rowid", Integer)
        terms = " AND ".join('"' + word.replace('"', '""') + '"' for word in _indexed(words))
        match = [text("login_search MATCH :asked").bindparams(asked=terms)] if terms else []
        found = _containing(ids, [word for word in words if len(word) < INDEXED], show)
        return session.scalars(found.where(*match).order_by(ids.desc()).limit(MOST + 1)).all()
    ids = _SEARCH.c.login_id
    trigrams = {each for word in _indexed(words) for each in _trigrams(word.lower())}
    # trigrams of a longer word may match elsewhere, so that the words themselves are compared, too
    found = _containing(ids, words, show)
    some = found.where(_SEARCH.c.trigrams.contains(sorted(trigrams))) if trigrams else found
    few = session.scalars(some.limit(MOST + 1)).all()
    if len(few) <= MOST:
        return sorted(few, reverse=True)
    # Without the index, which would find every match before it sorts them.
    return session.scalars(found.order_by(ids.desc()).limit(MOST + 1)).all()


def _containing(ids: ColumnElement[int], words: Sequence[str], show: Show) -> Select[int]:
    """Return the selection of the logins to show whose words contain these, by comparing every row."""
    found = select(ids).select_from(_SEARCH)
    if _SHOWN[show]:
        found = found.join(Login, Login.id == ids).where(*_SHOWN[show])
    return found.where(*(_SEARCH.c.words.contains(word.lower(), autoescape=True) for word in words))


def _indexed(words: Sequence[str]) -> Sequence[str]:
    return [word for word in words if len(word) >= INDEXED]


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


def _rows(session: Session, ids: Sequence[int]) -> tuple[PersonRow, ...]:
    rows = {row.id: _row(row) for row in session.execute(_ROWS.where(Login.id.in_(ids)))}
    return tuple(rows[each] for each in ids if each in rows)


def _row(row: Row[*tuple[Any, ...]]) -> PersonRow:
    return copied(
        PersonRow,
        row,
        is_confirmed=row.confirmed_at is not None or row.email is None,
        is_blocked=row.blocked_at is not None,
        is_merged=row.merged_into is not None,
        organizations=tuple(name for (name,) in row.organizations or ()),
    )
