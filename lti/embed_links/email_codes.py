"""Email codes: a visitor of an embed link confirms an email address with six digits."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lms.core.email_addresses import Address, read_address
from lms.core.errors import N_
from lms.lti_facade.learner_logins import confirmed_person, written_to
from lms.lti_facade.organizations import customers
from lms.mail import outbox as mail_outbox
from lms.mail.link_tokens_and_codes import CODE_TRIES, hash_code, random_code
from lti.frames.sessions import Frame, name_frame
from lti.models.embed_links import EmbedCode, EmbedViewer

DIGITS: Final = 6
LASTS: Final = timedelta(minutes=10)
SUBJECT: Final = N_("Your code to watch")


@dataclass(frozen=True, slots=True)
class Named:
    """The code was right; `secret` is that of the person's new session."""

    secret: str


@dataclass(frozen=True, slots=True)
class WrongCode:
    """The code is wrong, used, expired or was tried too often; the caller doesn't learn which."""


def send_code(
    session: Session, frame: Frame, secret: str, address: Address, *, name: str, now: datetime
) -> None:
    """Email a code to an address; the email is the same whether or not the address is known.

    It replaces the frame's earlier code, and works only in the frame with this secret.
    """
    code = random_code(DIGITS)
    session.execute(
        delete(EmbedCode)
        .where(EmbedCode.frame_id == frame.id)
        .execution_options(synchronize_session="auto")
    )
    session.add(
        EmbedCode(
            frame_id=frame.id,
            email=address.shown,
            email_key=address.key,
            name=name,
            code_hash=hash_code(secret, code),
            created_at=now,
            expires_at=now + LASTS,
        )
    )
    session.flush()
    to, login_id = written_to(session, address)
    organization = customers(session, [frame.organization_id])[frame.organization_id]
    mail_outbox.post(
        session,
        kind=mail_outbox.EMBED_CODE,
        to=to,
        login_id=login_id,
        subject=SUBJECT,
        values={"code": f"{code[:3]} {code[3:]}", "organization": organization.name},
        now=now,
    )


def asked_address(session: Session, frame_id: int, *, now: datetime) -> str | None:
    """Return the address to which this frame's code was sent, None once it has expired."""
    return session.scalar(
        select(EmbedCode.email).where(EmbedCode.frame_id == frame_id, EmbedCode.expires_at > now)
    )


def try_code(
    session: Session,
    frame: Frame,
    secret: str,
    code: str,
    *,
    browser: str | None,
    now: datetime,
) -> Named | WrongCode:
    """Check a code; every try counts, even simultaneous ones, so the caller must commit either way.

    A correct code is deleted. The person is found by the address, or a login is created.
    """
    row = session.execute(
        update(EmbedCode)
        .where(
            EmbedCode.frame_id == frame.id,
            EmbedCode.expires_at > now,
            EmbedCode.tries < CODE_TRIES,
        )
        .values(tries=EmbedCode.tries + 1)
        .returning(EmbedCode.email, EmbedCode.name, EmbedCode.code_hash)
    ).one_or_none()
    if row is None or not hmac.compare_digest(row.code_hash, hash_code(secret, code)):
        return WrongCode()
    # Of two simultaneous correct tries, only the one that deletes the row is accepted.
    used = session.execute(
        delete(EmbedCode)
        .where(EmbedCode.frame_id == frame.id)
        .returning(EmbedCode.frame_id)
        .execution_options(synchronize_session="auto")
    ).one_or_none()
    if used is None:
        return WrongCode()
    address = read_address(row.email)
    login_id = confirmed_person(session, address, row.name, now=now)
    _note_viewer(session, frame, login_id, address, now=now)
    return Named(name_frame(session, frame, login_id, browser=browser, now=now))


def forget_old(session: Session, *, now: datetime) -> None:
    """Delete expired codes, with the addresses they were sent to."""
    session.execute(delete(EmbedCode).where(EmbedCode.expires_at < now))


def _note_viewer(
    session: Session, frame: Frame, login_id: int, address: Address, *, now: datetime
) -> None:
    """Store the address that a person last confirmed for a link."""
    if frame.embed_link_id is None:
        return
    found = session.scalar(
        select(EmbedViewer)
        .where(EmbedViewer.embed_link_id == frame.embed_link_id, EmbedViewer.login_id == login_id)
        .with_for_update()
    )
    if found is None:
        session.add(
            EmbedViewer(
                embed_link_id=frame.embed_link_id,
                login_id=login_id,
                email=address.shown,
                email_key=address.key,
                created_at=now,
                seen_at=now,
            )
        )
    else:
        found.email, found.email_key, found.seen_at = address.shown, address.key, now
    session.flush()
