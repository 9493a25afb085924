"""Caller search: the people that staff may mean by a name, an address, or a part of either."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.email_addresses import read_address
from lms.core.errors import Invalid
from lms.core.list_queries import Page
from lms.models.accounts import Login
from lms.people.invited_people import find_invited
from lms.people.login_search import ID_LENGTH, find_people

MOST: Final = 10


@dataclass(frozen=True, slots=True)
class Match:
    """A person who may be meant; `who` is the address or public ID that identifies them.

    `login_id` is the row id of their account and `since` when it was created, None without an account.
    """

    who: str
    name: str
    email: str
    organizations: tuple[str, ...]
    login_id: int | None
    since: datetime | None


def means_one(session: Session, typed: str) -> bool:
    """Return whether a text is a complete address, known or not, or the public ID of a login."""
    try:
        read_address(typed)
    except Invalid:
        is_id = len(typed) == ID_LENGTH and select(Login.id).where(
            Login.public_id == typed.casefold()
        )
        return is_id is not False and session.scalar(is_id) is not None
    return True


def find_callers(session: Session, typed: str) -> Page[Match]:
    """Return the first ten people whose name or address has all words of a text: accounts, then invited."""
    people = find_people(session, typed, limit=MOST)
    invited = find_invited(session, typed, limit=MOST)
    accounts = [
        Match(
            who=row.email or row.public_id,
            name=row.name,
            email=row.email or "",
            organizations=row.organizations,
            login_id=row.id,
            since=row.created_at,
        )
        for row in people.items
    ]
    without = [
        Match(row.email, row.name, row.email, row.organizations, login_id=None, since=None)
        for row in invited.items
    ]
    return Page(
        _first(accounts, without),
        people.total + invited.total,
        has_more=people.has_more or invited.has_more,
    )


def find_alike(session: Session, address: str) -> Page[Match]:
    """Return people whose addresses have the same part before the @, for an unknown address."""
    return find_callers(session, address.partition("@")[0])


def find_namesakes(session: Session, name: str, address: str) -> Page[Match]:
    """Return other people of this name, or with the same part before the @ of their address."""
    before = address.partition("@")[0].casefold()
    found = {
        one.who: one
        for typed in filter(None, (name, before))
        for one in find_callers(session, typed).items
        if one.email.casefold() != address.casefold()
        and (
            one.name.casefold() == name.casefold()
            or one.email.partition("@")[0].casefold() == before
        )
    }
    return Page(tuple(found.values()), len(found))


def _first(accounts: Sequence[Match], invited: Sequence[Match]) -> tuple[Match, ...]:
    """Return ten people in all, at least half of them invited people if there are that many."""
    fair = accounts[: max(MOST - len(invited), MOST // 2)]
    return (*fair, *invited[: MOST - len(fair)])
