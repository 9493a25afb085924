"""Logins of learners who come from a platform or through an embed link."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from lms.accounts import accounts
from lms.accounts.accounts import NewLogin
from lms.accounts.login_lookup import kept_login as kept_login
from lms.accounts.login_lookup import look_up
from lms.core.compiled_statements import CompiledStatement
from lms.core.email_addresses import Address
from lms.core.errors import N_
from lms.core.model_base import Base, new_public_id
from lms.models.accounts import Login

NAMELESS: Final = N_("A learner")
LONGEST_NAME: Final = 200
AT_ONCE: Final = 1000  # ids in one statement
_LOGINS: Final = Base.metadata.tables[Login.__tablename__]
_ADD: Final = CompiledStatement(
    insert(_LOGINS)
    .values(
        {
            name: bindparam(f"new_{name}", type_=_LOGINS.c[name].type)
            for name in ("public_id", "name", "created_at")
        }
    )
    .returning(_LOGINS.c.id)
)


def add_learner(session: Session, *, name: str | None, now: datetime) -> int:
    """Create a login without address and password; return its row id."""
    values = {
        "new_public_id": new_public_id(),
        "new_name": _usable(name) or NAMELESS,
        "new_created_at": now,
    }
    made = _ADD.one(session, values)
    assert made is not None  # noqa: S101  (an INSERT ... RETURNING always returns a row)
    return int(made[0])


def written_to(session: Session, address: Address) -> tuple[str, int | None]:
    """Return the address for an email to this address, and its login's row id, if any.

    If the address is known, the stored spelling is used instead of the typed one.
    """
    known = look_up(session, address)
    return (known.email, known.login_id) if known else (address.shown, None)


def confirmed_person(session: Session, address: Address, name: str, *, now: datetime) -> int:
    """Return the login of a person who confirmed an address, creating one if needed."""
    known = look_up(session, address)
    if known is not None and known.is_confirmed:
        return known.login_id
    new = NewLogin(address, _usable(name) or address.shown.rpartition("@")[0])
    return accounts.add_proven(session, new, now=now).id


def rename_learner(session: Session, login_id: int, name: str) -> None:
    """Update a learner's name from the LMS; a login with an address keeps its own name."""
    usable = _usable(name)
    if usable:
        session.execute(
            update(Login)
            .where(Login.id == login_id, Login.email_key.is_(None), Login.name != usable)
            .values(name=usable)
        )


def outside_id(session: Session, login_id: int | None) -> str | None:
    """Return the public ID of a login for the audit log, or None."""
    return session.scalar(select(Login.public_id).where(Login.id == login_id))


def blocked_since(login_id: SQLColumnExpression[int | None]) -> ColumnElement[datetime | None]:
    """Return an SQL expression for when a person was blocked, by their kept login; NULL if they aren't."""
    asking, kept = aliased(Login), aliased(Login)
    found = (
        select(kept.blocked_at)
        .join_from(asking, kept, kept.id == func.coalesce(asking.merged_into, asking.id))
        .where(asking.id == login_id)
    )
    return found.scalar_subquery()


def learners_name(login_id: ColumnElement[int]) -> ColumnElement[str | None]:
    """Return an SQL expression for a name that comes from the LMS; NULL for a login with an address."""
    theirs = select(Login.name).where(Login.id == login_id, Login.email_key.is_(None))
    return theirs.scalar_subquery()


def keeps_name(learners_name: str | None, said: str | None) -> bool:
    """Return whether `rename_learner` would change nothing for this `learners_name`."""
    usable = _usable(said)
    return not usable or learners_name in (None, usable)


def names_of(session: Session, login_ids: Collection[int]) -> Mapping[int, str]:
    """Return names by login row id, each as the person's LMS sends it.

    A merged login keeps its own name: instructors know the person by it, and must not see the account
    it was linked to.
    """
    every, found = sorted(set(login_ids)), dict[int, str]()
    for first in range(0, len(every), AT_ONCE):
        some = every[first : first + AT_ONCE]
        rows = session.execute(select(Login.id, Login.name).where(Login.id.in_(some)))
        found |= {row.id: row.name for row in rows}
    return found


def forget_unused_learner(session: Session, login_id: int) -> None:
    """Delete a login that was never used."""
    session.execute(
        delete(Login).where(
            Login.id == login_id, Login.email_key.is_(None), Login.merged_into.is_(None)
        )
    )


def forget_learners(session: Session, logins: Select[int | None]) -> None:
    """Delete the logins of a subquery, and what they watched, if they are anonymous."""
    session.execute(
        delete(Login).where(
            Login.id.in_(logins), Login.email_key.is_(None), Login.merged_into.is_(None)
        )
    )


def _usable(name: str | None) -> str:
    return " ".join((name or "").replace("\x00", "").split())[:LONGEST_NAME]
