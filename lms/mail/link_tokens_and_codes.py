"""Tokens in mailed links and short mailed codes; only their hashes are stored."""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from lms.core.errors import N_, Gone
from lms.core.model_base import new_public_id
from lms.core.runtime import hash_secret
from lms.models.accounts import EmailPurpose, EmailToken, Login

LIFE: Final = {
    EmailPurpose.CONFIRM_SIGN_UP: timedelta(days=2),
    EmailPurpose.RESET_PASSWORD: timedelta(hours=1),
    EmailPurpose.SET_PASSWORD: timedelta(days=14),
    EmailPurpose.SIGN_IN_CODE: timedelta(minutes=10),
    EmailPurpose.CHANGE_EMAIL: timedelta(days=1),
    EmailPurpose.RESTORE_EMAIL: timedelta(days=7),
    EmailPurpose.RECOVERY_ADDRESS: timedelta(days=2),
    EmailPurpose.CONFIRM_ORDER: timedelta(days=60),
}
# Links that open or move an account: void once another person may have gained access to it.
WAYS_IN: Final = (
    EmailPurpose.RESET_PASSWORD,
    EmailPurpose.SET_PASSWORD,
    EmailPurpose.SIGN_IN_CODE,
    EmailPurpose.CHANGE_EMAIL,
    EmailPurpose.RECOVERY_ADDRESS,
)
CODE_DIGITS: Final = 8
CODE_TRIES: Final = 5
KEPT_AFTER_ITS_END: Final = timedelta(days=30)
LINK_IS_OVER = N_("This link was already used or has expired.")


class LinkOver(Gone):
    """An emailed link was used, has expired, or never existed."""

    def __init__(self) -> None:
        super().__init__(LINK_IS_OVER)


@dataclass(frozen=True, slots=True)
class Ticket:
    """The facts of a link: its login, its purpose, the address it was sent to or is about, and its time."""

    login_id: int
    purpose: EmailPurpose
    email: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MailedCode:
    """A code and the secret that the requesting browser keeps; neither is of use without the other."""

    code: str
    ticket: str
    browser_secret: str


@dataclass(frozen=True, slots=True)
class RightCode:
    """The code was right and is now used; carries its login."""

    login_id: int


@dataclass(frozen=True, slots=True)
class WrongCode:
    """The code is wrong, used, expired, or tried too often; the answer doesn't reveal which."""


def issue(
    session: Session, login_id: int, purpose: EmailPurpose, *, email: str, now: datetime
) -> str:
    """Make a 256-bit secret for a link, store its hash, and return the secret."""
    secret = secrets.token_urlsafe(32)
    _keep(session, login_id, purpose, email=email, token_hash=hash_secret(secret), now=now)
    return secret


def read(session: Session, secret: str, *purposes: EmailPurpose, now: datetime) -> Ticket:
    """Return the facts of a link without using it up.

    Raises LinkOver if it was used, has expired, or never existed for any of these purposes.
    """
    row = session.execute(
        select(
            EmailToken.login_id, EmailToken.purpose, EmailToken.email, EmailToken.created_at
        ).where(*_good(secret, purposes, now))
    ).one_or_none()
    if row is None:
        raise LinkOver
    return Ticket(row.login_id, row.purpose, row.email, row.created_at)


def use(session: Session, secret: str, *purposes: EmailPurpose, now: datetime) -> Ticket:
    """Use a link up and return its facts; of two simultaneous uses, one succeeds. Raises LinkOver."""
    row = session.execute(
        update(EmailToken)
        .where(*_good(secret, purposes, now))
        .values(used_at=now)
        .returning(EmailToken.login_id, EmailToken.purpose, EmailToken.email, EmailToken.created_at)
    ).one_or_none()
    if row is None:
        raise LinkOver
    return Ticket(row.login_id, row.purpose, row.email, row.created_at)


def void(session: Session, login_id: int, *purposes: EmailPurpose, now: datetime) -> None:
    """Void every open secret of these purposes."""
    session.execute(
        update(EmailToken)
        .where(
            EmailToken.login_id == login_id,
            EmailToken.purpose.in_(purposes),
            EmailToken.used_at.is_(None),
        )
        .values(used_at=now)
    )


def void_before_power(
    session: Session, login_ids: Collection[int], *, actor: str | None, now: datetime
) -> None:
    """Void the open links for a first password, or back to an earlier address, emailed before now.

    For logins that get power over others: such an email may have been forwarded, or its mailbox have
    another owner, when its link opened less. A link of this moment invites the person to that power,
    and stays. So does the way back for what a person (`actor`) did alone: a thief of the account could
    otherwise end it by an order for an organization.
    """
    others = select(Login.id).where(Login.public_id != (actor or ""))
    session.execute(
        update(EmailToken)
        .where(
            EmailToken.login_id.in_(login_ids),
            or_(
                EmailToken.purpose == EmailPurpose.SET_PASSWORD,
                and_(
                    EmailToken.purpose == EmailPurpose.RESTORE_EMAIL,
                    EmailToken.login_id.in_(others),
                ),
            ),
            EmailToken.used_at.is_(None),
            EmailToken.created_at < now,
        )
        .values(used_at=now)
    )


def was_issued_since(
    session: Session, login_id: int, purpose: EmailPurpose, *, since: datetime
) -> bool:
    """Return whether such a secret was issued after a moment."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    EmailToken.login_id == login_id,
                    EmailToken.purpose == purpose,
                    EmailToken.created_at > since,
                )
            )
        )
    )


def issue_code(session: Session, login_id: int, *, email: str, now: datetime) -> MailedCode:
    """Make an 8-digit code, valid for 10 minutes and 5 attempts in the browser that requested it."""
    made = invent_code()
    _keep(
        session,
        login_id,
        EmailPurpose.SIGN_IN_CODE,
        email=email,
        token_hash=hash_code(made.browser_secret, made.code),
        now=now,
        public_id=made.ticket,
    )
    return made


def invent_code() -> MailedCode:
    """Return a code that opens nothing, for a browser that asked with an unknown address."""
    return MailedCode(random_code(CODE_DIGITS), new_public_id(), secrets.token_urlsafe(32))


def random_code(digits: int) -> str:
    """Return a string of random digits."""
    return f"{secrets.randbelow(10**digits):0{digits}d}"


def hash_code(browser_secret: str, code: str) -> bytes:
    """Return the stored hash of a code, keyed by 256 bits that only the requesting browser has.

    A hash of the digits alone could be brute-forced.
    """
    return hmac.digest(browser_secret.encode(), code.encode(), hashlib.sha256)


def try_code(session: Session, answer: MailedCode, *, now: datetime) -> RightCode | WrongCode:
    """Try a code; every try counts, simultaneous ones too, so the caller must commit either way."""
    row = session.execute(
        update(EmailToken)
        .where(
            EmailToken.public_id == answer.ticket,
            EmailToken.purpose == EmailPurpose.SIGN_IN_CODE,
            EmailToken.used_at.is_(None),
            EmailToken.expires_at > now,
            EmailToken.tries < CODE_TRIES,
        )
        .values(tries=EmailToken.tries + 1)
        .returning(EmailToken.id, EmailToken.login_id, EmailToken.token_hash)
    ).one_or_none()
    offered = hash_code(answer.browser_secret, answer.code)
    if row is None or not hmac.compare_digest(row.token_hash, offered):
        return WrongCode()
    session.execute(update(EmailToken).where(EmailToken.id == row.id).values(used_at=now))
    return RightCode(row.login_id)


def forget_old(session: Session, *, now: datetime) -> None:
    """Delete secrets that expired a month ago."""
    session.execute(delete(EmailToken).where(EmailToken.expires_at < now - KEPT_AFTER_ITS_END))


def _good(
    secret: str, purposes: Sequence[EmailPurpose], now: datetime
) -> tuple[ColumnElement[bool], ...]:
    return (
        EmailToken.token_hash == hash_secret(secret),
        EmailToken.purpose.in_(purposes),
        EmailToken.used_at.is_(None),
        EmailToken.expires_at > now,
    )


def _keep(  # noqa: PLR0913  (each is a column)
    session: Session,
    login_id: int,
    purpose: EmailPurpose,
    *,
    email: str,
    token_hash: bytes,
    now: datetime,
    public_id: str | None = None,
) -> None:
    session.add(
        EmailToken(
            public_id=public_id or new_public_id(),
            token_hash=token_hash,
            purpose=purpose,
            login_id=login_id,
            email=email,
            created_at=now,
            expires_at=now + LIFE[purpose],
        )
    )
    session.flush()
