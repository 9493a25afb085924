"""Registration invites: one-time links by which a platform registers itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lms.core.errors import N_, Gone, NotFound
from lms.lti_facade import audit
from lms.lti_facade.organizations import Customer, customers, family_of
from lti.frames.sessions import hashed, new_secret
from lti.models.registrations_and_keys import RegistrationInvite

LASTS: Final = timedelta(days=14)
KEPT_AFTER_ITS_END: Final = timedelta(days=90)
OVER: Final = N_("This link has run out or was used. Ask for a new one where you found it.")


@dataclass(frozen=True, slots=True)
class MadeInvite:
    """An invite that was just made; its secret is kept nowhere."""

    public_id: str
    secret: str
    organization: Customer
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Invite:
    """An invite that is open; see RegistrationInvite for what each means."""

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
    """Make a link by which one learning system may register itself, within 14 days.

    `allows_loopback` lets that system be at this machine or in a private network.
    """
    secret = new_secret()
    row = RegistrationInvite(
        organization_id=organization_id,
        token_hash=hashed(secret),
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
    return MadeInvite(row.public_id, secret, organization, row.expires_at)


def find_invite(session: Session, secret: str, *, now: datetime) -> Invite:
    """Return the open invite of a secret; raises NotFound for none, Gone for one that is over."""
    row = session.scalar(
        select(RegistrationInvite).where(RegistrationInvite.token_hash == hashed(secret))
    )
    if row is None:
        raise NotFound
    if row.used_at is not None or row.expires_at <= now:
        raise Gone(OVER)
    return _invite(session, row)


def open_invites(session: Session, organization_id: int, *, now: datetime) -> tuple[Invite, ...]:
    """Return the invites of an organization that wait to be used, the newest first."""
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
    """Let an unused invite open nothing more; raises NotFound for another organization's."""
    gone = session.execute(
        delete(RegistrationInvite)
        .where(
            RegistrationInvite.organization_id.in_(family_of(organization_id)),
            RegistrationInvite.public_id == public_id,
            RegistrationInvite.used_at.is_(None),
        )
        .returning(RegistrationInvite.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if gone is None:
        raise NotFound
    audit.record(session, "registration.invite_withdrawn", public_id, actor=actor, now=now)


def use_invite(session: Session, invite: Invite, *, now: datetime) -> None:
    """Take an invite for the one registration it is good for; raises Gone for who comes second."""
    taken = session.execute(
        update(RegistrationInvite)
        .where(
            RegistrationInvite.id == invite.id,
            RegistrationInvite.used_at.is_(None),
            RegistrationInvite.expires_at > now,
        )
        .values(used_at=now)
        .returning(RegistrationInvite.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if taken is None:
        raise Gone(OVER)


def give_back_invite(session: Session, invite: Invite) -> None:
    """Let an invite be used again, since nothing came of the registration it was taken for."""
    session.execute(
        update(RegistrationInvite)
        .where(RegistrationInvite.id == invite.id, RegistrationInvite.registration_id.is_(None))
        .values(used_at=None)
        .execution_options(synchronize_session=False)
    )


def note_registration(session: Session, invite: Invite, registration_id: int) -> None:
    """Keep which registration an invite led to."""
    session.execute(
        update(RegistrationInvite)
        .where(RegistrationInvite.id == invite.id)
        .values(registration_id=registration_id)
        .execution_options(synchronize_session=False)
    )


def forget_old(session: Session, *, now: datetime) -> None:
    """Delete the invites that ran out unused 90 days ago."""
    session.execute(
        delete(RegistrationInvite)
        .where(
            RegistrationInvite.expires_at < now - KEPT_AFTER_ITS_END,
            RegistrationInvite.used_at.is_(None),
        )
        .execution_options(synchronize_session=False)
    )


def _invite(session: Session, row: RegistrationInvite) -> Invite:
    return Invite(
        id=row.id,
        public_id=row.public_id,
        organization=customers(session, [row.organization_id])[row.organization_id],
        allows_loopback=row.allows_loopback,
        expires_at=row.expires_at,
    )
