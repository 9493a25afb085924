"""Email change and recovery email: change an address, undo it, and set a recovery email."""

from datetime import datetime

from sqlalchemy import delete, exists, func, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from lms import audit
from lms.accounts import accounts, browser_sessions, login_lookup, mails, second_factors
from lms.accounts.accounts import Account
from lms.accounts.mails import Reader
from lms.core.email_addresses import Address, read_address
from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.mail import link_tokens_and_codes, opt_outs
from lms.mail.link_tokens_and_codes import Ticket
from lms.mail.links import Links
from lms.models.accounts import EmailPurpose, EmailToken, Login, LoginAlias
from lms.models.group_showings import Attendee

SAME_ADDRESS = N_("This is already the account's address.")
RECOVERY_IS_OWN = N_("Use a different address from the one you sign in with.")
ADDRESS_TAKEN = N_("This address belongs to another account.")
_NO_RECOVERY = {"recovery_email": None, "recovery_key": None, "recovery_confirmed_at": None}


def ask_change(
    session: Session, account: Account, address: Address, *, links: Links, now: datetime
) -> None:
    """Email the link that changes the account's address; only the latest one works.

    If the new address already has an account, only its owner is notified; the person asking sees no
    difference. Raises Invalid if nothing would change, or the present address was never proven.
    """
    _check_proven(account)
    if account.email is not None and read_address(account.email).key == address.key:
        raise Invalid(SAME_ADDRESS, field="email")
    link_tokens_and_codes.void(session, account.id, EmailPurpose.CHANGE_EMAIL, now=now)
    taken_by = _owner(session, address)
    if taken_by is not None and not _is_own_alias(session, account.id, address):
        reader = Reader(address.shown, taken_by, account=address.shown)
        mails.send_already_registered(session, reader, links=links, onward=None, now=now)
        return
    _send_link(session, account, address.shown, EmailPurpose.CHANGE_EMAIL, links=links, now=now)


def confirm_change(session: Session, secret: str, *, links: Links, now: datetime) -> str:
    """Use a link up, change the address, and email the old address how to undo it.

    Returns the new address. Raises LinkOver for an expired or used link, Conflict if another account
    has taken the address in the meantime, and Invalid if the present one was never proven.
    """
    ticket = link_tokens_and_codes.use(session, secret, EmailPurpose.CHANGE_EMAIL, now=now)
    before = accounts.read_account(session, ticket.login_id)
    _check_proven(before)
    _move(session, ticket.login_id, read_address(ticket.email), now=now)
    link_tokens_and_codes.void(
        session,
        ticket.login_id,
        EmailPurpose.RESET_PASSWORD,
        EmailPurpose.SET_PASSWORD,
        EmailPurpose.SIGN_IN_CODE,
        now=now,
    )
    audit.record(session, "login.email_changed", before.public_id, actor=before.public_id, now=now)
    if before.email is not None:
        _send_link(session, before, before.email, EmailPurpose.RESTORE_EMAIL, links=links, now=now)
    return ticket.email


def restore(session: Session, secret: str, *, now: datetime) -> str:
    """Undo a change of address and lock out the person who made it.

    The old address is restored; the password is removed, and so are the recovery address, apps and
    passkeys added since; every browser is signed out. Returns the secret for choosing a new
    password. Raises LinkOver for an expired or used link, and Conflict if the old address now has
    another account.
    """
    ticket = link_tokens_and_codes.use(session, secret, EmailPurpose.RESTORE_EMAIL, now=now)
    _move(session, ticket.login_id, read_address(ticket.email), now=now, is_undone=True)
    _shut_out(session, ticket, now=now)
    browser_sessions.end_ways_in(session, ticket.login_id, now=now)
    account = accounts.read_account(session, ticket.login_id)
    audit.record(
        session, "login.email_restored", account.public_id, actor=account.public_id, now=now
    )
    purpose = EmailPurpose.RESET_PASSWORD
    return link_tokens_and_codes.issue(session, account.id, purpose, email=ticket.email, now=now)


def ask_recovery(
    session: Session, account: Account, address: Address, *, links: Links, now: datetime
) -> None:
    """Email the link that confirms an account's recovery address.

    Raises Invalid for the account's own address.
    """
    if account.email is not None and read_address(account.email).key == address.key:
        raise Invalid(RECOVERY_IS_OWN, field="email")
    link_tokens_and_codes.void(session, account.id, EmailPurpose.RECOVERY_ADDRESS, now=now)
    _send_link(session, account, address.shown, EmailPurpose.RECOVERY_ADDRESS, links=links, now=now)


def confirm_recovery(session: Session, secret: str, *, links: Links, now: datetime) -> str:
    """Use a link up and store the recovery address; the account's own address is notified.

    Returns the recovery address. Raises LinkOver for an expired or used link.
    """
    ticket = link_tokens_and_codes.use(session, secret, EmailPurpose.RECOVERY_ADDRESS, now=now)
    address = read_address(ticket.email)
    _keep_recovery(session, ticket.login_id, address, links=links, now=now)
    return ticket.email


def remove_recovery(session: Session, login_id: int, *, links: Links, now: datetime) -> None:
    """Remove the recovery address; the account's own address is notified."""
    link_tokens_and_codes.void(session, login_id, EmailPurpose.RECOVERY_ADDRESS, now=now)
    _keep_recovery(session, login_id, None, links=links, now=now)


def _send_link(
    session: Session,
    account: Account,
    email: str,
    purpose: EmailPurpose,
    *,
    links: Links,
    now: datetime,
) -> None:
    reader = Reader(email, account.id, account=account.email or "")
    mails.send_link(session, reader, purpose, links=links, now=now)


def _check_proven(account: Account) -> None:
    # The person who claimed an account by a copied link may not be the one invited: what was given to the
    # address, such as a role in an organization, must not move to their own (PRODUCT.md, S13).
    if account.email is not None and not account.is_confirmed:
        raise Invalid(accounts.UNCONFIRMED, field="email")


def _owner(session: Session, address: Address) -> int | None:
    known = login_lookup.look_up(session, address)
    return known.own_id if known and known.is_confirmed else None


def _is_own_alias(session: Session, login_id: int, address: Address) -> bool:
    mine = (LoginAlias.login_id == login_id) & (LoginAlias.email_key == address.key)
    return bool(session.scalar(select(exists().where(mine))))


def _move(
    session: Session, login_id: int, address: Address, *, now: datetime, is_undone: bool = False
) -> None:
    _clear_unconfirmed(session, login_id, address, now=now)
    # an alias becomes the main address; another login's alias stays theirs
    session.execute(
        delete(LoginAlias).where(
            LoginAlias.login_id == login_id, LoginAlias.email_key == address.key
        )
    )
    if login_lookup.is_alias(session, address):
        raise Conflict(ADDRESS_TAKEN)
    before = session.scalar(select(Login.email_key).where(Login.id == login_id))
    try:
        with session.begin_nested():
            moved = session.execute(
                update(Login)
                .where(Login.id == login_id)
                .values(email=address.shown, email_key=address.key)
                .returning(Login.id)
            ).one_or_none()
    except IntegrityError as error:
        raise Conflict(ADDRESS_TAKEN) from error
    if moved is None:
        raise NotFound
    session.execute(
        update(Login)
        .where(Login.id == login_id, Login.recovery_key == address.key)
        .values(_NO_RECOVERY)
    )
    if before is not None and before != address.key:
        opt_outs.follow(session, before, address, now=now)
        _follow_viewings(session, before, address, is_undone=is_undone)


def _follow_viewings(session: Session, before: str, address: Address, *, is_undone: bool) -> None:
    """Let the certificates of group viewings follow, which are found by the attendee's address.

    The host's list keeps showing the address that was entered. When a change is undone, what was entered
    under the other address stays with it.
    """
    other = aliased(Attendee)
    is_listed = exists().where(
        other.showing_id == Attendee.showing_id, other.email_key == address.key
    )
    is_own = true() if not is_undone else func.lower(Attendee.email) != before
    session.execute(
        update(Attendee)
        .where(Attendee.email_key == before, is_own, ~is_listed)
        .values(email_key=address.key)
        .execution_options(synchronize_session="fetch")
    )


def _clear_unconfirmed(session: Session, login_id: int, address: Address, *, now: datetime) -> None:
    # An account with this address was never confirmed; the mailbox's owner, who just proved it,
    # wants the address here.
    begun = session.scalar(
        select(Login.id).where(
            Login.email_key == address.key, Login.confirmed_at.is_(None), Login.id != login_id
        )
    )
    if begun is not None:
        accounts.forget_begun(session, begun)
        accounts.give_up_unproven(session, begun, to=login_id, now=now)


def _shut_out(session: Session, ticket: Ticket, *, now: datetime) -> None:
    session.execute(update(Login).where(Login.id == ticket.login_id).values(password_hash=None))
    session.execute(
        update(Login)
        .where(Login.id == ticket.login_id, Login.recovery_confirmed_at >= ticket.created_at)
        .values(_NO_RECOVERY)
    )
    second_factors.forget_since(session, ticket.login_id, since=ticket.created_at)
    # All links and codes sent since, including the one that would undo this.
    session.execute(
        update(EmailToken)
        .where(
            EmailToken.login_id == ticket.login_id,
            EmailToken.used_at.is_(None),
            EmailToken.created_at >= ticket.created_at,
        )
        .values(used_at=now)
    )


def _keep_recovery(
    session: Session, login_id: int, address: Address | None, *, links: Links, now: datetime
) -> None:
    session.execute(
        update(Login)
        .where(Login.id == login_id)
        .values(
            recovery_email=address.shown if address else None,
            recovery_key=address.key if address else None,
            recovery_confirmed_at=now if address else None,
        )
    )
    # links for a new password may be in the mailbox of the former one
    link_tokens_and_codes.void(session, login_id, EmailPurpose.RESET_PASSWORD, now=now)
    account = accounts.read_account(session, login_id)
    audit.record(
        session, "login.recovery_changed", account.public_id, actor=account.public_id, now=now
    )
    if account.email is not None:
        reader = Reader(account.email, login_id, account=account.email)
        mails.send_recovery_changed(
            session, reader, recovery=account.recovery_email, links=links, now=now
        )
