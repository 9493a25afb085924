"""Sign-up: an address first, then the account details through the emailed link.

Only the address is stored before it is confirmed. So no one can set a password for another person's
address and wait, and a request doesn't reveal whether an address has an account.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.accounts import accounts, login_lookup, mails
from lms.accounts.mails import Reader
from lms.core.email_addresses import Address
from lms.core.languages import Language
from lms.mail import link_tokens_and_codes
from lms.mail.link_tokens_and_codes import LinkOver
from lms.mail.links import Links
from lms.models.accounts import EmailPurpose, Login

REMINDED_EVERY: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Person:
    """The details that a person enters when they confirm their address.

    `language` is None for a person who chose none.
    """

    name: str
    zone: str
    password_hash: str
    language: Language | None


def ask_sign_up(
    session: Session, address: Address, *, links: Links, onward: str | None, now: datetime
) -> None:
    """Email the link that creates an account, or a notice that there is one.

    `onward` is the local path to go to afterward.
    """
    accounts.add_unconfirmed(session, address, now=now)
    known = login_lookup.find_known(session, address)
    reader = Reader(address.shown, known.own_id, account=address.shown)
    if not known.is_confirmed:
        send_confirmation(session, reader, links=links, onward=onward, now=now)
    else:
        mails.send_already_registered(session, reader, links=links, onward=onward, now=now)


def send_confirmation(
    session: Session, reader: Reader, *, links: Links, onward: str | None, now: datetime
) -> None:
    """Email a new confirmation link to a person who started to sign up."""
    purpose = EmailPurpose.CONFIRM_SIGN_UP
    mails.send_link(session, reader, purpose, links=links, onward=onward, now=now)


def is_unconfirmed(session: Session, address: Address) -> bool:
    """Return whether an address has an unconfirmed account."""
    waits = (Login.email_key == address.key) & Login.confirmed_at.is_(None)
    return session.scalar(select(Login.id).where(waits)) is not None


def remind_unconfirmed(
    session: Session, address: Address, *, links: Links, onward: str | None, now: datetime
) -> None:
    """Email a new link if the address has an unconfirmed account, at most every 15 minutes.

    For a person who tries to sign in before they confirmed the account.
    """
    login_id = session.scalar(
        select(Login.id).where(Login.email_key == address.key, Login.confirmed_at.is_(None))
    )
    if login_id is None or link_tokens_and_codes.was_issued_since(
        session, login_id, EmailPurpose.CONFIRM_SIGN_UP, since=now - REMINDED_EVERY
    ):
        return
    reader = Reader(address.shown, login_id, account=address.shown)
    send_confirmation(session, reader, links=links, onward=onward, now=now)


def confirm_sign_up(session: Session, secret: str, *, person: Person, now: datetime) -> int:
    """Use the link up and complete the account; return the login's row ID.

    Raises LinkOver for an expired or used link, and Invalid for a bad name.
    """
    ticket = link_tokens_and_codes.use(session, secret, EmailPurpose.CONFIRM_SIGN_UP, now=now)
    public_id = session.scalar(
        update(Login)
        .where(Login.id == ticket.login_id, Login.confirmed_at.is_(None))
        .values(
            name=accounts.checked_name(person.name),
            zone=person.zone,
            password_hash=person.password_hash,
            confirmed_at=now,
            **({"language": person.language} if person.language else accounts.page_language()),
        )
        .returning(Login.public_id)
    )
    if public_id is None:
        raise LinkOver
    accounts.shut_out_claimer(session, ticket.login_id, now=now)
    audit.record(session, "login.confirmed", public_id, actor=public_id, now=now)
    return ticket.login_id
