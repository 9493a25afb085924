"""Login lookup by email: the account's address, an alias, or that of a merged login."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import case, exists, func, literal, select, update
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of_kept
from lms.core.email_addresses import Address
from lms.core.errors import N_, or_not_found
from lms.models.accounts import Login, LoginAlias

AT_ONCE: Final = 1_000
NO_SUCH_LOGIN = N_("No account has this address.")
UNPROVEN = N_(
    "This address has an account that isn't confirmed yet. Ask its owner to choose “Email me a code "
    "instead” on the sign-in page first."
)


@dataclass(frozen=True, slots=True)
class Known:
    """The login of an address.

    `login_id` is the login to use and `own_id` the one that has the address; they differ if it was
    merged. `email` is the stored address: emails go there, not to what a person typed.
    """

    login_id: int
    own_id: int
    email: str
    is_confirmed: bool


def find_known(session: Session, address: Address) -> Known:
    """Return the login of an address; raises NotFound if there is none."""
    return or_not_found(look_up(session, address), NO_SUCH_LOGIN)


def look_up(session: Session, address: Address) -> Known | None:
    """Return the login of an address, or None."""
    kept = func.coalesce(Login.merged_into, Login.id)
    own = select(
        kept.label("login_id"), Login.id, Login.email, Login.confirmed_at, literal(0).label("rank")
    ).where(Login.email_key == address.key)
    further = (
        select(kept, Login.id, LoginAlias.email, Login.confirmed_at, literal(1))
        .join_from(LoginAlias, Login)
        .where(LoginAlias.email_key == address.key)
    )
    both = own.union_all(further).subquery()
    # an unconfirmed login ranks after an alias that staff added
    begun = case((both.c.confirmed_at.is_(None), 1), else_=0)
    query = select(both).order_by(begun, both.c.rank).limit(1)
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    return Known(row.login_id, row.id, row.email, row.confirmed_at is not None)


def find_many(session: Session, keys: Collection[str]) -> dict[str, int]:
    """Return the login to use for each known key of an address; see `find_known`."""
    found: dict[str, int] = {}
    kept = func.coalesce(Login.merged_into, Login.id)
    begun = case((Login.confirmed_at.is_(None), 1), else_=0).label("begun")
    asked = sorted(keys)
    for first in range(0, len(asked), AT_ONCE):
        some = asked[first : first + AT_ONCE]
        own = select(
            Login.email_key.label("key"), kept.label("login_id"), begun, literal(0).label("rank")
        ).where(Login.email_key.in_(some))
        further = (
            select(LoginAlias.email_key, kept, begun, literal(1))
            .join_from(LoginAlias, Login)
            .where(LoginAlias.email_key.in_(some))
        )
        both = own.union_all(further).subquery()
        rows = session.execute(select(both).order_by(both.c.begun.desc(), both.c.rank.desc()))
        found |= {row.key: row.login_id for row in rows}  # the best comes last and wins
    return found


def is_alias(session: Session, address: Address) -> bool:
    """Return whether this is an alias of a login."""
    return bool(session.scalar(select(exists().where(LoginAlias.email_key == address.key))))


def list_further(session: Session, login_id: int) -> Sequence[str]:
    """Return the other addresses of a login: aliases, and those of merged logins."""
    theirs = logins_of_kept(login_id)
    further = select(LoginAlias.email).where(LoginAlias.login_id.in_(theirs))
    merged = select(Login.email).where(Login.merged_into == login_id, Login.email.is_not(None))
    both = further.union(merged).subquery()
    return session.scalars(select(both.c.email).order_by(both.c.email)).all()


def kept_login(session: Session, login_id: int) -> int:
    """Return the login that a login was merged into, or itself.

    Raises NotFound for an unknown login.
    """
    kept = session.scalar(
        select(func.coalesce(Login.merged_into, Login.id)).where(Login.id == login_id)
    )
    return or_not_found(kept, NO_SUCH_LOGIN)


def forget_merged_passwords(session: Session, login_id: int) -> None:
    """Remove the passwords of logins merged into this one."""
    session.execute(
        update(Login)
        .where(Login.merged_into == login_id, Login.password_hash.is_not(None))
        .values(password_hash=None)
    )
