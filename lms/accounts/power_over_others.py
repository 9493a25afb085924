"""Power over others: accounts on our team or that manage an organization, which only their own address opens."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.accounts import accounts, browser_sessions, login_lookup, mails
from lms.accounts.accounts import NOBODY, Kept
from lms.accounts.login_lookup import Known
from lms.accounts.mails import Reader
from lms.core.email_addresses import Address
from lms.mail import link_tokens_and_codes
from lms.models.accounts import Login
from lms.models.organizations import MANAGING, Membership


def has_power(session: Session, login_id: int) -> bool:
    """Return whether signing in with a login opens an account on our team, or that manages an organization."""
    kept_id = login_lookup.kept_login(session, login_id)
    on_team = exists().where(Login.id == kept_id, Login.seller_role.is_not(None))
    manages = exists().where(
        Membership.login_id.in_(logins_of(kept_id)), Membership.role.in_(MANAGING)
    )
    return bool(session.scalar(select(or_(on_team, manages))))


def opening_address(session: Session, known: Known) -> str:
    """Return the address that opens an account: the entered one, unless it has power over others.

    Such an account is opened by its own address alone, since staff may have added or merged the other one
    when the account opened less.
    """
    own = accounts.read_account(session, known.login_id).email
    return own if own and has_power(session, known.login_id) else known.email


def read_kept(session: Session, address: Address) -> Kept:
    """Return what a password for an address is checked against; nothing if the address opens no account."""
    known = login_lookup.look_up(session, address)
    if known is None or opening_address(session, known) != known.email:
        return NOBODY
    return accounts.read_own_kept(session, known.own_id)


def close_before_power(
    session: Session, login_ids: Collection[int], *, actor: str | None, now: datetime
) -> None:
    """Close what other people may have opened of logins that get power over others.

    That is emailed links, and the browsers, passwords, and recovery address of an account with addresses
    that staff added or merged before: their owners could sign in while it opened less. The person is emailed
    that their password was removed. All these stay for what a person (`actor`) did alone, and if there is no
    actor, as when an order that they placed is paid.
    """
    link_tokens_and_codes.void_before_power(session, login_ids, actor=actor, now=now)
    if actor is None:
        return
    others = select(Login.id).where(Login.id.in_(login_ids), Login.public_id != actor)
    for login_id in session.scalars(others.order_by(Login.id)).all():
        kept_id = login_lookup.kept_login(session, login_id)
        if login_lookup.list_further(session, kept_id):
            browser_sessions.end_ways_in(session, kept_id, now=now)
            _forget_passwords(session, kept_id, now=now)


def _forget_passwords(session: Session, kept_id: int, *, now: datetime) -> None:
    account = accounts.read_account(session, kept_id)
    session.execute(
        update(Login)
        .where(Login.id == kept_id)
        .values(
            password_hash=None, recovery_email=None, recovery_key=None, recovery_confirmed_at=None
        )
    )
    login_lookup.forget_merged_passwords(session, kept_id)
    if account.email is not None and (account.has_password or account.recovery_email is not None):
        reader = Reader(account.email, kept_id, account=account.email)
        mails.send_password_removed(session, reader, now=now)
