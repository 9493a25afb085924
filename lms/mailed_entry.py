"""Coming in by mail: a code instead of the password, or a link to choose a new one.

Whoever asks for either learns nothing: an address with an account, one whose account is not
confirmed yet, and one without any get a letter each, and only its owner reads which.
"""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lms import accounts, email_tokens, letters, sign_up
from lms.addresses import Address
from lms.email_tokens import MailedCode
from lms.letters import Doors, Reader
from lms.models.people import EmailPurpose, Login

CHOOSING = (EmailPurpose.RESET_PASSWORD, EmailPurpose.SET_PASSWORD)


def ask_code(
    session: Session, address: Address, *, doors: Doors, onward: str | None, now: datetime
) -> MailedCode:
    """Send a sign-in code and return it, with what the asking browser must keep.

    Where there is no account to sign in to, the code that is returned opens nothing.
    """
    login = session.execute(
        select(Login.id, Login.email, Login.confirmed_at).where(Login.email_key == address.key)
    ).one_or_none()
    if login is None:
        letters.send_no_account(session, address.shown, doors=doors, onward=onward, now=now)
        return email_tokens.invent_code()
    reader = Reader(login.email, login.id, account=login.email)
    if login.confirmed_at is None:
        sign_up.send_confirmation(session, reader, doors=doors, onward=onward, now=now)
        return email_tokens.invent_code()
    made = email_tokens.issue_code(session, login.id, email=address.shown, now=now)
    letters.send_code(session, reader, code=made.code, now=now)
    return made


def ask_new_password(session: Session, address: Address, *, doors: Doors, now: datetime) -> None:
    """Send the link for choosing a new password, good for an hour.

    It goes to the account's address and to its recovery address, whichever of the two was given.
    An address may be the recovery address of several accounts; each gets a letter that names it.
    """
    logins = session.execute(
        select(
            Login.id,
            Login.email,
            Login.recovery_email,
            Login.confirmed_at,
            Login.recovery_confirmed_at,
        )
        .where(
            or_(
                Login.email_key == address.key,
                (Login.recovery_key == address.key) & Login.recovery_confirmed_at.is_not(None),
            ),
            Login.email.is_not(None),
        )
        .order_by(Login.id)
    ).all()
    if not logins:
        letters.send_no_account(session, address.shown, doors=doors, onward=None, now=now)
    for login in logins:
        reader = Reader(login.email, login.id, account=login.email)
        if login.confirmed_at is None:
            sign_up.send_confirmation(session, reader, doors=doors, onward=None, now=now)
            continue
        recovery = login.recovery_email if login.recovery_confirmed_at else None
        for email in filter(None, (login.email, recovery)):
            reader = Reader(email, login.id, account=login.email)
            letters.send_link(session, reader, EmailPurpose.RESET_PASSWORD, doors=doors, now=now)


def choose_password(
    session: Session, secret: str, *, password_hash: str, doors: Doors, now: datetime
) -> int:
    """Use the link up, keep the new password and sign every browser out; returns the login's id.

    Raises LinkOver for a link that is over.
    """
    ticket = email_tokens.use(session, secret, *CHOOSING, now=now)
    accounts.change_password(
        session, ticket.login_id, password_hash=password_hash, keep=None, doors=doors, now=now
    )
    return ticket.login_id
