"""Certificates for attendees of a group showing, marked as group viewing."""

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
NAME_MENDED: Final = N_("The host of the showing corrected the name.")
TAKEN_OFF: Final = N_("The host of the showing took this name off the roster.")


@dataclass(frozen=True, slots=True)
class Earned:
    """Whether a showing that is over went on long enough for certificates; minutes shown and needed."""

    is_long_enough: bool
    minutes_shown: int
    minutes_needed: int


def ask_for(session: Session, showing_id: str, *, now: datetime) -> None:
    """Have the people of a closed showing, by its outside id, given their certificates."""
    job_queue.enqueue(session, kind=GIVE, lane=Lane.PROMPT, subject=showing_id, payload={}, now=now)


def read_earned(session: Session, showing_id: str) -> Earned | None:
    """Tell whether a showing earned certificates; None while it is open, or where none are offered.

    It did when it went on for as long as is asked of somebody live, or when its host has watched
    the share of the recording that is asked of one person.
    """
    row = session.execute(
        select(Showing.login_id, Showing.webinar_id, Showing.minutes_shown).where(
            Showing.public_id == showing_id
        )
    ).one()
    if row.minutes_shown is None:
        return None
    host = eligibility.read_standing(session, row.login_id, row.webinar_id)
    if not host.rule.is_offered:
        return None
    needed = host.rule.live_minutes
    is_seen = host.share + eligibility.ROUNDING >= host.rule.percent / 100
    return Earned(row.minutes_shown >= needed or is_seen, row.minutes_shown, needed)


def give_some(session: Session, showing_id: str, *, limit: int, links: Links, now: datetime) -> int:
    """Issue certificates to so many of a showing's people who have none; returns how many got one.

    Who had one that was revoked gets no other by itself.
    """
    showing = session.scalars(select(Showing).where(Showing.public_id == showing_id)).one_or_none()
    if showing is None:
        return 0
    earned = read_earned(session, showing_id)
    if earned is None or not earned.is_long_enough:
        return 0
    rule = eligibility.read_standing(session, showing.login_id, showing.webinar_id).rule
    credit = credit_for(session, showing.webinar_id, rule, was_live=True, was_recorded=True)
    waiting = session.scalars(
        select(Attendee.id)
        .where(
            Attendee.showing_id == showing.id,
            Attendee.email.contains("@"),  # who was erased has no address
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
    """Correct the certificate of somebody whose name the host mended, where one stands."""
    row = _standing(session, attendee_id)
    if row is not None and row.holder not in ("", name):
        correction = Correction(name, NAME_MENDED)
        certificates.correct(session, row.public_id, correction, actor=actor, links=links, now=now)


def follow_removal(
    session: Session, attendee_id: int, *, actor: str, links: Links, now: datetime
) -> None:
    """Revoke the certificate of somebody whom the host took off the roster, where one stands."""
    row = _standing(session, attendee_id)
    if row is not None:
        certificates.revoke(session, row.public_id, TAKEN_OFF, actor=actor, links=links, now=now)


def certificate_of(session: Session, attendee_id: int) -> str | None:
    """Return the outside id of the certificate that stands for somebody of a showing."""
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
