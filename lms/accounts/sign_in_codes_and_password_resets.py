"""Sign-in codes and password reset links sent by email.

Requests reveal nothing: an address with an account, with an unconfirmed account, or with none each
gets an email, and only its owner sees which.
"""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.accounts import accounts, login_lookup, mails, sign_up
from lms.accounts.mails import Reader
from lms.accounts.power_over_others import opening_address
from lms.core.email_addresses import Address
from lms.mail import link_tokens_and_codes
from lms.mail.link_tokens_and_codes import MailedCode
from lms.mail.links import Links
from lms.models.accounts import EmailPurpose, Login

CHOOSING = (EmailPurpose.RESET_PASSWORD, EmailPurpose.SET_PASSWORD)


def ask_code(
    session: Session, address: Address, *, links: Links, onward: str | None, now: datetime
) -> MailedCode:
    """Email a sign-in code and return it, with what the requesting browser must store.

    If there is no account to sign in to, the returned code doesn't work.
    """
    known = login_lookup.look_up(session, address)
    if known is None:
        mails.send_no_account(session, address.shown, links=links, onward=onward, now=now)
        return link_tokens_and_codes.invent_code()
    reader = Reader(opening_address(session, known), known.login_id, account=known.email)
    if not known.is_confirmed:
        sign_up.send_confirmation(session, reader, links=links, onward=onward, now=now)
        return link_tokens_and_codes.invent_code()
    made = link_tokens_and_codes.issue_code(session, known.login_id, email=address.shown, now=now)
    mails.send_code(session, reader, code=made.code, now=now)
    return made


def ask_new_password(session: Session, address: Address, *, links: Links, now: datetime) -> None:
    """Email the link for choosing a new password, valid for an hour.

    It goes to the account's address and its recovery address, whichever was entered, and also to an
    alias if that was entered and the account has no power over others. An address can be the recovery
    address of several accounts; it gets one email per account, which names it.
    """
    reached = _reached(session, address)
    if not reached:
        mails.send_no_account(session, address.shown, links=links, onward=None, now=now)
    for login_id, given in sorted(reached.items()):
        account = accounts.read_account(session, login_id)
        named = account.email or given[0]
        if not account.is_confirmed:
            reader = Reader(named, login_id, account=named)
            sign_up.send_confirmation(session, reader, links=links, onward=None, now=now)
            continue
        for email in dict.fromkeys(filter(None, (account.email, account.recovery_email, *given))):
            reader = Reader(email, login_id, account=named)
            mails.send_link(session, reader, EmailPurpose.RESET_PASSWORD, links=links, now=now)


def _reached(session: Session, address: Address) -> dict[int, list[str]]:
    """Return the logins that an address belongs to, each with the address as stored."""
    reached: defaultdict[int, list[str]] = defaultdict(list)
    if known := login_lookup.look_up(session, address):
        reached[known.login_id].append(opening_address(session, known))
    # not that of a merged account, which the person can neither see nor remove
    recovered = select(Login.id, Login.recovery_email).where(
        Login.recovery_key == address.key,
        Login.recovery_confirmed_at.is_not(None),
        Login.email.is_not(None),
        Login.merged_into.is_(None),
    )
    for login_id, email in session.execute(recovered):
        reached[login_id].append(email or address.shown)
    return dict(reached)


def choose_password(
    session: Session, secret: str, *, password_hash: str, links: Links, now: datetime
) -> int:
    """Use the link up, store the new password and sign out all browsers; return the login's row ID.

    Raises LinkOver for an expired or used link.
    """
    ticket = link_tokens_and_codes.use(session, secret, *CHOOSING, now=now)
    accounts.change_password(
        session, ticket.login_id, password_hash=password_hash, keep=None, links=links, now=now
    )
    return ticket.login_id
