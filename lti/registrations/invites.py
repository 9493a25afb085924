"""Registration invites: one-time links with which a platform registers itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Gone, or_not_found
from lms.core.model_base import copied
from lms.core.runtime import hash_secret
from lms.lti_facade.organizations import Customer, customers, family_of
from lti.frames.session_creation import new_secret
from lti.models.registrations_and_keys import RegistrationInvite

LASTS: Final = timedelta(days=14)
KEPT_AFTER_ITS_END: Final = timedelta(days=90)
OVER: Final = N_(
    "This link has expired, or was used or revoked. Ask the person who gave it to you for a new one."
)


@dataclass(frozen=True, slots=True)
class MadeInvite:
    """A new invite; only the hash of its secret is stored."""

    public_id: str
    secret: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Invite:
    """An open invite; RegistrationInvite explains the fields."""

    id: int
    public_id: str
    organization: Customer
    allows_loopback: bool
    expires_at: datetime


def make_invite(
    session: Session,
    organization_id: int,
    *,
    allows_loopback: bool,
    actor: str | None,
    now: datetime,
) -> MadeInvite:
    """Create a link with which one LMS can register itself, valid for 14 days.

    `allows_loopback` permits an LMS on this machine or in a private network.
    """
    secret = new_secret()
    row = RegistrationInvite(
        organization_id=organization_id,
        token_hash=hash_secret(secret),
        allows_loopback=allows_loopback,
        created_at=now,
        expires_at=now + LASTS,
    )
    session.add(row)
    session.flush()
    organization = customers(session, [organization_id])[organization_id]
    audit.record(
        session,
        "registration.invited",
        row.public_id,
        actor=actor,
        now=now,
        detail={"organization": organization.public_id},
    )
    return MadeInvite(row.public_id, secret, row.expires_at)


def find_invite(session: Session, secret: str, *, now: datetime) -> Invite:
    """Return the open invite of a secret; raises NotFound for an unknown secret, Gone for a used or expired one."""
    query = select(RegistrationInvite).where(RegistrationInvite.token_hash == hash_secret(secret))
    row = or_not_found(session.scalar(query), OVER)  # revoked ones are deleted
    if row.used_at is not None or row.expires_at <= now:
        raise Gone(OVER)
    return _invite(session, row)


def open_invites(session: Session, organization_id: int, *, now: datetime) -> tuple[Invite, ...]:
    """Return the open invites of an organization, newest first."""
    rows = session.scalars(
        select(RegistrationInvite)
        .where(
            RegistrationInvite.organization_id.in_(family_of(organization_id)),
            RegistrationInvite.used_at.is_(None),
            RegistrationInvite.expires_at > now,
        )
        .order_by(RegistrationInvite.id.desc())
    ).all()
    return tuple(_invite(session, row) for row in rows)


def withdraw_invite(
    session: Session, organization_id: int, public_id: str, *, actor: str | None, now: datetime
) -> None:
    """Delete an unused invite; raises NotFound for another organization's."""
    query = (
        delete(RegistrationInvite)
        .where(
            RegistrationInvite.organization_id.in_(family_of(organization_id)),
            RegistrationInvite.public_id == public_id,
            RegistrationInvite.used_at.is_(None),
        )
        .returning(RegistrationInvite.id)
    )
    or_not_found(session.execute(query).one_or_none())
    audit.record(session, "registration.invite_withdrawn", public_id, actor=actor, now=now)


def use_invite(session: Session, invite: Invite, *, now: datetime) -> None:
    """Mark an invite as used, before the registration; raises Gone if it is used or expired."""
    taken = session.execute(
        update(RegistrationInvite)
        .where(
            RegistrationInvite.id == invite.id,
            RegistrationInvite.used_at.is_(None),
            RegistrationInvite.expires_at > now,
        )
        .values(used_at=now)
        .returning(RegistrationInvite.id)
    ).one_or_none()
    if taken is None:
        raise Gone(OVER)


def give_back_invite(session: Session, invite: Invite) -> None:
    """Make an invite usable again, because its registration failed."""
    session.execute(
        update(RegistrationInvite)
        .where(RegistrationInvite.id == invite.id, RegistrationInvite.registration_id.is_(None))
        .values(used_at=None)
    )


def note_registration(session: Session, invite: Invite, registration_id: int) -> None:
    """Store which registration an invite created."""
    session.execute(
        update(RegistrationInvite)
        .where(RegistrationInvite.id == invite.id)
        .values(registration_id=registration_id)
    )


def forget_old(session: Session, *, now: datetime) -> None:
    """Delete unused invites that expired more than 90 days ago."""
    session.execute(
        delete(RegistrationInvite).where(
            RegistrationInvite.expires_at < now - KEPT_AFTER_ITS_END,
            RegistrationInvite.used_at.is_(None),
        )
    )


def _invite(session: Session, row: RegistrationInvite) -> Invite:
    return copied(
        Invite, row, organization=customers(session, [row.organization_id])[row.organization_id]
    )
