"""Logins of learners who come from a platform or through an embed link."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, delete, func, select, update
from sqlalchemy.orm import Session, aliased

from lms.accounts import accounts
from lms.accounts.login_lookup import find_known
from lms.accounts.login_lookup import kept_login as kept_login
from lms.core.email_addresses import Address
from lms.core.errors import N_, NotFound
from lms.models.accounts import Login
from lms.models.organizations import Role
from lms.organizations.memberships import NewMember, found_or_made

NAMELESS: Final = N_("A learner")
LONGEST_NAME: Final = 200
AT_ONCE: Final = 1000  # ids in one statement


def add_learner(session: Session, *, name: str | None, now: datetime) -> int:
    """Make the login of somebody who comes without address and password; returns its id."""
    return accounts.add_without_address(session, _usable(name) or NAMELESS, now=now)


def written_to(session: Session, address: Address) -> tuple[str, int | None]:
    """Return where a letter to this address goes, and whose login it is, if it is anybody's.

    To an address that is known it goes as it is kept, and not as somebody typed it.
    """
    try:
        known = find_known(session, address)
    except NotFound:
        return address.shown, None
    return known.email, known.login_id


def confirmed_person(session: Session, address: Address, name: str, *, now: datetime) -> int:
    """Return the login of somebody who has shown that an address is theirs; one is made if need be."""
    person = NewMember(address, Role.MEMBER, _usable(name))
    account, _is_new = found_or_made(session, person, actor=None, now=now)
    return account.id


def rename_learner(session: Session, login_id: int, name: str) -> None:
    """Let the name follow what the learning system says; a login with an address keeps its own."""
    usable = _usable(name)
    if usable:
        session.execute(
            update(Login)
            .where(Login.id == login_id, Login.email_key.is_(None), Login.name != usable)
            .values(name=usable)
            .execution_options(synchronize_session=False)
        )


def outside_id(session: Session, login_id: int | None) -> str | None:
    """Return the outside id of a login, by which the audit log names who acted; None for nobody."""
    return session.scalar(select(Login.public_id).where(Login.id == login_id))


def blocked_since(login_id: SQLColumnExpression[int | None]) -> ColumnElement[datetime | None]:
    """Return since when a person is blocked, by the login that is kept of theirs; None for others."""
    asking, kept = aliased(Login), aliased(Login)
    found = (
        select(kept.blocked_at)
        .join_from(asking, kept, kept.id == func.coalesce(asking.merged_into, asking.id))
        .where(asking.id == login_id)
    )
    return found.scalar_subquery()


def learners_name(login_id: ColumnElement[int]) -> ColumnElement[str | None]:
    """Return the name that follows what the learning system says; a login with an address has none."""
    theirs = select(Login.name).where(Login.id == login_id, Login.email_key.is_(None))
    return theirs.scalar_subquery()


def keeps_name(learners_name: str | None, said: str | None) -> bool:
    """Tell whether `rename_learner` would change nothing, of somebody with this `learners_name`."""
    usable = _usable(said)
    return not usable or learners_name in (None, usable)


def names_of(session: Session, login_ids: Collection[int]) -> Mapping[int, str]:
    """Return the names of people by their login's row id: each as their own learning system says it.

    That of one merged stays its own: who teaches there knows the person by it, and learns nothing
    of the account that it was linked to.
    """
    every, found = sorted(set(login_ids)), dict[int, str]()
    for first in range(0, len(every), AT_ONCE):
        some = every[first : first + AT_ONCE]
        rows = session.execute(select(Login.id, Login.name).where(Login.id.in_(some)))
        found |= {row.id: row.name for row in rows}
    return found


def forget_unused_learner(session: Session, login_id: int) -> None:
    """Delete a login that nobody ever came by."""
    session.execute(
        delete(Login)
        .where(Login.id == login_id, Login.email_key.is_(None), Login.merged_into.is_(None))
        .execution_options(synchronize_session=False)
    )


def kept_logins(session: Session, login_ids: Collection[int]) -> Mapping[int, int]:
    """Return for each of these logins the one that is kept of its person."""
    rows = session.execute(
        select(Login.id, func.coalesce(Login.merged_into, Login.id).label("kept")).where(
            Login.id.in_(sorted(set(login_ids)))
        )
    )
    return {row.id: row.kept for row in rows}


def forget_learners(session: Session, logins: Select[int | None]) -> None:
    """Delete the logins of a subquery, and what they watched: people whom nobody knows."""
    session.execute(
        delete(Login)
        .where(Login.id.in_(logins), Login.email_key.is_(None), Login.merged_into.is_(None))
        .execution_options(synchronize_session=False)
    )


def _usable(name: str | None) -> str:
    return " ".join((name or "").replace("\x00", "").split())[:LONGEST_NAME]
