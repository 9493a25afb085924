"""Accounts: a login's name, email address, password, and whether it can be used."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, exists, func, select, true, update
from sqlalchemy.orm import Session, aliased

from lms import audit
from lms.accounts import browser_sessions, login_lookup, mails
from lms.accounts.login_lookup import NO_SUCH_LOGIN, UNPROVEN
from lms.accounts.mails import Reader
from lms.core.database import insert_into
from lms.core.email_addresses import Address, read_address
from lms.core.errors import N_, Conflict, Invalid, NotFound, or_not_found
from lms.core.languages import Language, default_language, readers_language
from lms.core.model_base import copied, new_public_id
from lms.mail import link_tokens_and_codes
from lms.mail.links import Links
from lms.models.accounts import EmailPurpose, Login, SellerRole
from lms.models.grants import Grant

LONGEST_NAME: Final = 200
UNCONFIRMED_KEPT_FOR: Final = timedelta(days=7)
NAME_MISSING = N_("Enter your name.")
NAME_TOO_LONG = N_("Use up to 200 characters.")
ADDRESS_TAKEN = N_("This address already has an account.")
UNCONFIRMED = N_(
    "Confirm your email address first: sign out, and choose “Email me a code instead” on the sign-in page."
)

_ACCOUNTS = select(
    Login.id,
    Login.public_id,
    Login.email,
    Login.name,
    Login.zone,
    Login.language,
    Login.seller_role,
    Login.confirmed_at,
    Login.blocked_at,
    Login.password_hash,
    Login.recovery_email,
    Login.recovery_confirmed_at,
)


@dataclass(frozen=True, slots=True)
class Account:
    """A login as its person and the command line see it; `email` is None for a learner from an LMS."""

    id: int
    public_id: str
    email: str | None
    name: str
    zone: str | None
    language: Language | None
    seller_role: SellerRole | None
    is_confirmed: bool
    is_blocked: bool
    has_password: bool
    recovery_email: str | None  # only once confirmed


@dataclass(frozen=True, slots=True)
class NewLogin:
    """A login to create; its address counts as confirmed."""

    address: Address
    name: str
    seller_role: SellerRole | None = None
    zone: str | None = None
    password_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """The hash that a password is checked against: None if there is no such account, or no password.

    The right password signs in to `login_id`; `own_id` is the login that has the hash. They differ
    if the login was merged and still has its own password.
    """

    login_id: int | None
    own_id: int | None
    password_hash: str | None


NOBODY: Final = Kept(None, None, None)


def find_by_email(session: Session, email: str) -> Account:
    """Return the login of an address, however it is written; raises NotFound.

    Finds aliases too; a merged login gives the remaining one.
    """
    try:
        address = read_address(email)
    except Invalid as error:
        raise NotFound(NO_SUCH_LOGIN) from error
    return read_account(session, login_lookup.find_known(session, address).login_id)


def read_account(session: Session, login_id: int) -> Account:
    """Return a login by row ID; raises NotFound."""
    return _found(session, Login.id == login_id)


def read_kept(session: Session, address: Address) -> Kept:
    """Return what a password for an address is checked against.

    The password of a merged login signs in to the remaining one, until either password is changed.
    """
    known = login_lookup.look_up(session, address)
    return NOBODY if known is None else read_own_kept(session, known.own_id)


def read_own_kept(session: Session, own_id: int) -> Kept:
    """Return what the password of a login is checked against."""
    stands_for = aliased(Login)
    row = session.execute(
        select(
            func.coalesce(Login.merged_into, Login.id).label("login_id"),
            Login.password_hash,
            stands_for.password_hash.label("kept_hash"),
        )
        .outerjoin(stands_for, stands_for.id == Login.merged_into)
        .where(Login.id == own_id)
    ).one_or_none()
    if row is None:
        return NOBODY
    if row.password_hash is None:
        return Kept(row.login_id, row.login_id, row.kept_hash)
    return Kept(row.login_id, own_id, row.password_hash)


def checked_name(name: str) -> str:
    """Return a name as it is stored: one line, stripped. Raises Invalid."""
    text = " ".join(name.split())
    if not text:
        raise Invalid(NAME_MISSING, field="name")
    if len(text) > LONGEST_NAME:
        raise Invalid(NAME_TOO_LONG, field="name")
    return text


def add_login(session: Session, new: NewLogin, *, actor: str | None, now: datetime) -> Account:
    """Create a login that can be used at once, for an address that another person typed.

    Takes over a sign-up that wasn't completed. Raises Conflict if the address has an account, also if a
    person claimed that by a copied link: only a proof of the address takes it from them (S13).
    """
    return _add(session, new, Login.password_hash.is_(None), actor=actor, now=now)


def add_proven(session: Session, new: NewLogin, *, now: datetime) -> Account:
    """Create the login of a person who just proved the address; raises Conflict if it has one.

    Takes over an unconfirmed account with this address, claimed or not.
    """
    return _add(session, new, true(), actor=None, now=now)


def _add(
    session: Session,
    new: NewLogin,
    is_free: ColumnElement[bool],
    *,
    actor: str | None,
    now: datetime,
) -> Account:
    values = {
        "email": new.address.shown,
        "name": checked_name(new.name),
        "seller_role": new.seller_role,
        "zone": new.zone,
        "password_hash": new.password_hash,
        "confirmed_at": now,
        **page_language(),
    }
    if login_lookup.is_alias(session, new.address):
        raise Conflict(ADDRESS_TAKEN)
    statement = insert_into(session, Login).values(
        public_id=new_public_id(), email_key=new.address.key, created_at=now, **values
    )
    made = session.execute(
        statement.on_conflict_do_update(
            index_elements=[Login.email_key],
            set_=values,
            where=Login.confirmed_at.is_(None) & is_free,
        ).returning(Login.id, Login.public_id)
    ).one_or_none()
    if made is None:
        is_proven = login_lookup.find_known(session, new.address).is_confirmed
        raise Conflict(ADDRESS_TAKEN if is_proven else UNPROVEN)
    shut_out_claimer(session, made.id, now=now)
    audit.record(session, "login.added", made.public_id, actor=actor, now=now)
    return read_account(session, made.id)


def add_unproven(session: Session, new: NewLogin, *, now: datetime) -> Account:
    """Create a login with a password and an unconfirmed address.

    Until it is confirmed, no email link or code signs in, and the address isn't found (PRODUCT.md,
    S13). Raises Conflict if the address has an account, or a password already.
    """
    add_unconfirmed(session, new.address, now=now)
    login_id = session.scalar(
        update(Login)
        .where(
            Login.email_key == new.address.key,
            Login.confirmed_at.is_(None),
            Login.password_hash.is_(None),
        )
        .values(name=checked_name(new.name), password_hash=new.password_hash, **page_language())
        .returning(Login.id)
    )
    if login_id is None:
        raise Conflict(ADDRESS_TAKEN)
    made = read_account(session, login_id)
    audit.record(session, "login.added", made.public_id, actor=None, now=now)
    return made


def confirm_address(session: Session, login_id: int, key: str, *, now: datetime) -> None:
    """Confirm a login's address, by its key, after the person proved that they receive its email."""
    public_id = session.scalar(
        update(Login)
        .where(Login.id == login_id, Login.email_key == key, Login.confirmed_at.is_(None))
        .values(confirmed_at=now)
        .returning(Login.public_id)
    )
    if public_id is not None:
        audit.record(session, "login.confirmed", public_id, actor=public_id, now=now)


def give_up_unproven(session: Session, login_id: int, *, to: int, now: datetime) -> None:
    """Merge an unconfirmed login into the login that proved its address.

    Its access stays; the person who claimed it has no way in anymore.
    """
    given_up = session.scalar(
        update(Login)
        .where(
            Login.id == login_id,
            Login.confirmed_at.is_(None),
            Login.password_hash.is_not(None),
        )
        .values(email=None, email_key=None, password_hash=None, merged_into=to)
        .returning(Login.id)
    )
    if given_up is not None:
        shut_out_claimer(session, given_up, now=now)


def shut_out_claimer(session: Session, login_id: int, *, now: datetime) -> None:
    """Leave a person who claimed an account before its address was proven no way in (PRODUCT.md, S13).

    Their browsers are signed out, and their recovery address and the links emailed to them don't work.
    """
    session.execute(
        update(Login)
        .where(Login.id == login_id)
        .values(recovery_email=None, recovery_key=None, recovery_confirmed_at=None)
    )
    purposes = (EmailPurpose.CONFIRM_SIGN_UP, *link_tokens_and_codes.WAYS_IN)
    link_tokens_and_codes.void(session, login_id, *purposes, now=now)
    browser_sessions.end_all(session, login_id, now=now)


def add_unconfirmed(session: Session, address: Address, *, now: datetime) -> None:
    """Create a login that can't be used yet, unless the address has one; concurrent calls create one.

    Until the person enters a name, it is the part of the address before the @.
    """
    if login_lookup.is_alias(session, address):
        return
    session.execute(
        insert_into(session, Login)
        .values(
            public_id=new_public_id(),
            email=address.shown,
            email_key=address.key,
            name=address.shown.rpartition("@")[0][:LONGEST_NAME],
            created_at=now,
            **page_language(),
        )
        .on_conflict_do_nothing(index_elements=[Login.email_key])
    )


def add_without_address(session: Session, name: str, *, now: datetime) -> int:
    """Create a login without an address, for a learner or an unconfirmed buyer; return its row ID."""
    chosen = page_language().get("language")
    login = Login(name=name, email=None, email_key=None, language=chosen, created_at=now)
    session.add(login)
    session.flush()
    return login.id


def invite_to_set_password(
    session: Session, account: Account, *, links: Links, now: datetime
) -> None:
    """Email a link for choosing the first password of a login that was created for a person."""
    email = account.email or ""
    reader = Reader(email, account.id, account=email)
    mails.send_link(session, reader, EmailPurpose.SET_PASSWORD, links=links, now=now)


def change_details(
    session: Session, login_id: int, *, name: str, zone: str, language: Language, now: datetime
) -> None:
    """Change a person's name, and the time zone and language of the pages and emails they get."""
    name = checked_name(name)
    changed = _update(session, login_id, name=name, zone=zone, language=language)
    audit.record(session, "login.details_changed", changed, actor=changed, now=now)


def change_password(
    session: Session,
    login_id: int,
    *,
    password_hash: str,
    keep: int | None,
    links: Links,
    now: datetime,
) -> None:
    """Change the password, sign out all browsers but `keep`, and notify the owner by email.

    Emailed links and codes that sign in or change the address stop working, because a person who
    knew the old password may have requested them. Passwords of merged logins stop working too.
    """
    changed = _update(session, login_id, password_hash=password_hash)
    link_tokens_and_codes.void(session, login_id, *link_tokens_and_codes.WAYS_IN, now=now)
    login_lookup.forget_merged_passwords(session, login_id)
    browser_sessions.end_all(session, login_id, but=keep, now=now)
    audit.record(session, "login.password_changed", changed, actor=changed, now=now)
    account = read_account(session, login_id)
    for email in filter(None, (account.email, account.recovery_email)):
        reader = Reader(email, login_id, account=account.email or "")
        mails.send_password_changed(session, reader, links=links, now=now)


def renew_hash(session: Session, kept: Kept, *, password_hash: str) -> None:
    """Store the same password with a stronger hash, unless it was changed in the meantime."""
    session.execute(
        update(Login)
        .where(Login.id == kept.own_id, Login.password_hash == kept.password_hash)
        .values(password_hash=password_hash)
    )


def forget_unconfirmed(session: Session, *, now: datetime) -> None:
    """Delete sign-ups that weren't confirmed within a week, so that their addresses aren't kept."""
    _forget(session, Login.created_at < now - UNCONFIRMED_KEPT_FOR)


def forget_begun(session: Session, login_id: int) -> None:
    """Delete a login that was never confirmed, has no password, and has no grants."""
    _forget(session, Login.id == login_id)


def _forget(session: Session, which: ColumnElement[bool]) -> None:
    session.execute(
        delete(Login).where(
            which,
            Login.email_key.is_not(None),
            Login.confirmed_at.is_(None),
            Login.password_hash.is_(None),
            ~exists().where(Grant.login_id == Login.id),
        )
    )


def _found(session: Session, which: ColumnElement[bool]) -> Account:
    row = or_not_found(session.execute(_ACCOUNTS.where(which)).one_or_none(), NO_SUCH_LOGIN)
    recovery = row.recovery_email if row.recovery_confirmed_at else None
    return copied(
        Account,
        row,
        is_confirmed=row.confirmed_at is not None,
        is_blocked=row.blocked_at is not None,
        has_password=row.password_hash is not None,
        recovery_email=recovery,
    )


def page_language() -> Mapping[str, Language]:
    """Return the column `language` for an account that a page creates, if its reader chose another than the setting."""
    chosen = readers_language()
    return {} if chosen is default_language() else {"language": chosen}


def _update(session: Session, login_id: int, **values: object) -> str:
    public_id: str | None = session.scalar(
        update(Login).where(Login.id == login_id).values(**values).returning(Login.public_id)
    )
    return or_not_found(public_id, NO_SUCH_LOGIN)
