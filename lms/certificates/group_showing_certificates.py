"""Certificates for attendees of a group viewing, marked as such."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from lms.certificates import certificates, eligibility
from lms.certificates.certificates import Award, Correction
from lms.certificates.credit_minutes import credit_for
from lms.core.errors import N_
from lms.jobs import queue as job_queue
from lms.mail.links import Links
from lms.models.certificates import Certificate, CertificateKind
from lms.models.group_showings import Attendee, Showing
from lms.models.jobs import Lane

GIVE: Final = "certificates.group"
NAME_MENDED: Final = N_("The host of the group viewing corrected the name.")
TAKEN_OFF: Final = N_("The host of the group viewing removed this name.")


@dataclass(frozen=True, slots=True)
class Earned:
    """Whether an ended group viewing was long enough for certificates; minutes shown and needed."""

    is_long_enough: bool
    minutes_shown: int
    minutes_needed: int


def ask_for(session: Session, showing_id: str, *, now: datetime) -> None:
    """Queue the certificates for the attendees of an ended group viewing, by its public ID."""
    job_queue.enqueue(session, kind=GIVE, lane=Lane.PROMPT, subject=showing_id, payload={}, now=now)


def read_earned(session: Session, showing_id: str) -> Earned | None:
    """Return whether a group viewing earned certificates; None while open, or if none are offered.

    It did if it lasted as long as the rule requires of live attendance, or if its host has watched
    the share of the recording that the rule requires of one person.
    """
    row = session.execute(
        select(Showing.login_id, Showing.webinar_id, Showing.minutes_shown).where(
            Showing.public_id == showing_id
        )
    ).one()
    if row.minutes_shown is None:
        return None
    host, _ = eligibility.read_standing(session, row.login_id, row.webinar_id)
    if not host.rule.is_offered:
        return None
    needed = host.rule.live_minutes
    is_seen = host.share + eligibility.ROUNDING >= host.rule.percent / 100
    return Earned(row.minutes_shown >= needed or is_seen, row.minutes_shown, needed)


def give_some(session: Session, showing_id: str, *, limit: int, links: Links, now: datetime) -> int:
    """Issue certificates to up to `limit` attendees who have none; return how many.

    A person whose certificate was revoked doesn't get another automatically.
    """
    showing = session.scalars(select(Showing).where(Showing.public_id == showing_id)).one_or_none()
    if showing is None:
        return 0
    earned = read_earned(session, showing_id)
    if earned is None or not earned.is_long_enough:
        return 0
    host, _ = eligibility.read_standing(session, showing.login_id, showing.webinar_id)
    credit = credit_for(session, showing.webinar_id, host.rule, was_live=True, was_recorded=True)
    waiting = session.scalars(
        select(Attendee.id)
        .where(
            Attendee.showing_id == showing.id,
            Attendee.email.contains("@"),  # deleted people have no address
            ~exists().where(Certificate.attendee_id == Attendee.id),
        )
        .order_by(Attendee.id)
        .limit(limit)
    ).all()
    for attendee_id in waiting:
        award = Award(
            webinar_id=showing.webinar_id,
            kind=CertificateKind.GROUP,
            credit_minutes=credit,
            earned_at=showing.opened_at,
            attendee_id=attendee_id,
        )
        certificates.issue(session, award, actor=None, links=links, now=now)
    return len(waiting)


def follow_name(
    session: Session, attendee_id: int, name: str, *, actor: str, links: Links, now: datetime
) -> None:
    """Correct an attendee's valid certificate after the host corrected their name."""
    row = _standing(session, attendee_id)
    if row is not None and row.holder not in ("", name):
        correction = Correction(name, NAME_MENDED)
        certificates.correct(session, row.public_id, correction, actor=actor, links=links, now=now)


def follow_removal(
    session: Session, attendee_id: int, *, actor: str, links: Links, now: datetime
) -> None:
    """Revoke an attendee's valid certificate after the host removed them from the list."""
    row = _standing(session, attendee_id)
    if row is not None:
        certificates.revoke(session, row.public_id, TAKEN_OFF, actor=actor, links=links, now=now)


def certificate_of(session: Session, attendee_id: int) -> str | None:
    """Return the public ID of an attendee's valid certificate, or None."""
    row = _standing(session, attendee_id)
    return None if row is None else row.public_id


def _standing(session: Session, attendee_id: int) -> Certificate | None:
    return session.scalar(
        select(Certificate).where(
            Certificate.attendee_id == attendee_id,
            Certificate.revoked_at.is_(None),
            Certificate.replaced_at.is_(None),
        )
    )
