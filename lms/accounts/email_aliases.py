"""Email aliases of a login: staff add and remove them; sign-in and imports accept them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_logins import logins_of_kept
from lms.accounts import accounts, browser_sessions, login_lookup
from lms.core.bulk_insert import add_once
from lms.core.email_addresses import Address
from lms.core.errors import N_, Conflict, NotFound, or_not_found
from lms.models.accounts import Login, LoginAlias

MOST: Final = 20
KNOWN_ALREADY = N_("This account already has this address.")
TAKEN = N_(
    "This address belongs to another account. If both accounts belong to one person, merge them."
)
TOO_MANY = N_("An account can have up to 20 other addresses. Remove one first.")


@dataclass(frozen=True, slots=True)
class Alias:
    """An alias; `of` is the public ID of the login that has it."""

    public_id: str
    email: str
    of: str


def list_for(session: Session, login_id: int) -> tuple[Alias, ...]:
    """Return the aliases of a login and of those merged into it, oldest first."""
    rows = session.execute(
        select(LoginAlias.public_id, LoginAlias.email, Login.public_id)
        .join_from(LoginAlias, Login)
        .where(LoginAlias.login_id.in_(logins_of_kept(login_id)))
        .order_by(LoginAlias.id)
    )
    return tuple(Alias(*row) for row in rows)


def add_alias(
    session: Session, login_id: int, address: Address, *, actor: str | None, now: datetime
) -> Alias:
    """Add an alias to a login; deletes an unconfirmed sign-up with this address.

    Raises NotFound for an unknown login, and Conflict if the address belongs to a login, confirmed or
    claimed by a copied link, or this one has twenty aliases.
    """
    public_id = or_not_found(session.scalar(select(Login.public_id).where(Login.id == login_id)))
    _make_way(session, login_id, address)
    held = select(func.count()).where(LoginAlias.login_id == login_id)
    if (session.scalar(held) or 0) >= MOST:
        raise Conflict(TOO_MANY)
    row = LoginAlias(login_id=login_id, email=address.shown, email_key=address.key, created_at=now)
    if not add_once(session, row):
        raise Conflict(TAKEN)
    audit.record(
        session,
        "login.alias_added",
        public_id,
        actor=actor,
        now=now,
        detail={"alias": row.public_id},
    )
    return Alias(row.public_id, row.email, public_id)


def remove_alias(
    session: Session, login_id: int, alias_id: str, *, actor: str | None, now: datetime
) -> None:
    """Remove an alias from a login, and end what it opened; raises NotFound for another login's alias."""
    public_id = session.scalar(select(Login.public_id).where(Login.id == login_id))
    gone = session.scalar(
        delete(LoginAlias)
        .where(LoginAlias.login_id == login_id, LoginAlias.public_id == alias_id)
        .returning(LoginAlias.id)
    )
    if public_id is None or gone is None:
        raise NotFound
    browser_sessions.end_ways_in(session, login_lookup.kept_login(session, login_id), now=now)
    audit.record(
        session, "login.alias_removed", public_id, actor=actor, now=now, detail={"alias": alias_id}
    )


def _make_way(session: Session, login_id: int, address: Address) -> None:
    known = login_lookup.look_up(session, address)
    if known is None:
        return
    if known.is_confirmed:
        raise Conflict(KNOWN_ALREADY if known.login_id == login_id else TAKEN)
    if accounts.read_account(session, known.own_id).has_password:  # its person signs in with it
        raise Conflict(login_lookup.UNPROVEN)
    accounts.forget_begun(session, known.own_id)
