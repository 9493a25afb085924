"""The launch log: one line for each opening and its outcome, kept for 90 days."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Update, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from lms.core.compiled_statements import CompiledStatement
from lms.core.model_base import Base, copied, new_public_id
from lms.lti_facade.organizations import family_of
from lti.models.launches import LaunchEntry, LaunchOutcome
from lti.models.registrations_and_keys import Deployment, Registration
from lti.protocol.refusals import LaunchRefused

KEPT: Final = timedelta(days=90)
# Anyone can send invalid launches; a limit keeps them from burying the lines of real platforms.
STRANGERS_AN_HOUR: Final = 200
REFERENCE_LENGTH: Final = 8
LONGEST_REASON: Final = 500
MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A launch to log; the ids are row ids, None if unknown.

    `public_id` is the public ID of the line, and of the framed session if one is opened.
    """

    registration_id: int | None = None
    deployment_id: int | None = None
    message_type: str = ""
    refusal: LaunchRefused | None = None
    public_id: str = field(default_factory=new_public_id)


@dataclass(frozen=True, slots=True)
class LaunchLine:
    """A line of the log; `reference` is what the person saw, `registration` a public ID."""

    public_id: str
    reference: str
    at: datetime
    registration: str | None
    platform: str | None
    deployment: str | None
    message_type: str
    outcome: LaunchOutcome
    code: str
    reason: str


_ENTRIES: Final = Base.metadata.tables[LaunchEntry.__tablename__]
_WRITE: Final = CompiledStatement(
    insert(_ENTRIES).values(
        {
            column.name: bindparam(f"line_{column.name}", type_=column.type)
            for column in _ENTRIES.c
            if column.name != "id"
        }
    )
)


def reference_of(public_id: str) -> str:
    """Return the reference that an error page shows, by which the log line can be found."""
    return public_id[:REFERENCE_LENGTH]


def write_launch(session: Session, occurrence: Occurrence, *, now: datetime) -> str:
    """Write one line and return its reference; skips launches of unknown platforms over the hourly limit."""
    if occurrence.registration_id is not None or not _is_flooded(session, now):
        _WRITE.count(session, _line_of(occurrence, now=now))
    return reference_of(occurrence.public_id)


def note_played(session: Session, frame_id: str) -> None:
    """Set the outcome of a launch to played; `frame_id` is the framed session's public ID."""
    session.execute(
        _of_frame(frame_id).values(outcome=LaunchOutcome.PLAYED, status=200, code="ok", reason="")
    )


def note_refused(session: Session, frame_id: str, *, code: str, reason: str) -> str:
    """Set the outcome of a launch to refused, for a session whose viewer can't play; return the reference to show.

    A launch that was played stays played. `frame_id` is the framed session's public ID.
    """
    session.execute(
        _of_frame(frame_id).values(
            outcome=LaunchOutcome.REFUSED, status=403, code=code, reason=reason[:LONGEST_REASON]
        )
    )
    return reference_of(frame_id)


def _of_frame(frame_id: str) -> Update:
    return update(LaunchEntry).where(
        LaunchEntry.public_id == frame_id, LaunchEntry.outcome != LaunchOutcome.PLAYED
    )


def _line_of(occurrence: Occurrence, *, now: datetime) -> Mapping[str, Any]:
    refusal = occurrence.refusal
    line = {
        "public_id": occurrence.public_id,
        "at": now,
        "registration_id": occurrence.registration_id,
        "deployment_id": occurrence.deployment_id,
        "message_type": occurrence.message_type,
        "outcome": LaunchOutcome.LAUNCHED if refusal is None else LaunchOutcome.REFUSED,
        "status": 303 if refusal is None else refusal.status,
        "code": "ok" if refusal is None else refusal.code,
        "reason": "" if refusal is None else _reason(refusal),
    }
    return {f"line_{name}": value for name, value in line.items()}


def list_launches(
    session: Session,
    *,
    organization_id: int | None = None,
    registration: str | None = None,
    refused_only: bool = False,
    code: str | None = None,
    most: int = MOST,
) -> tuple[LaunchLine, ...]:
    """Return lines, newest first: all, or those of an organization or of one registration.

    `code` keeps only refusals for one reason.
    """
    query = (
        select(LaunchEntry, Registration.public_id, Registration.name, Deployment.deployment_id)
        .outerjoin(Registration, Registration.id == LaunchEntry.registration_id)
        .outerjoin(Deployment, Deployment.id == LaunchEntry.deployment_id)
        .order_by(LaunchEntry.at.desc(), LaunchEntry.id.desc())
        .limit(most)
    )
    if organization_id is not None:
        # A shared registration has deployments of several organizations: show only this one's.
        whose = family_of(organization_id)
        query = query.where(
            Deployment.organization_id.in_(whose)
            | (Deployment.id.is_(None) & Registration.organization_id.in_(whose))
        )
    if registration is not None:
        query = query.where(Registration.public_id == registration)
    if code is not None:
        query = query.where(LaunchEntry.code == code)
    if refused_only:
        query = query.where(LaunchEntry.outcome == LaunchOutcome.REFUSED)
    return tuple(
        copied(
            LaunchLine,
            entry,
            reference=reference_of(entry.public_id),
            registration=known,
            platform=platform,
            deployment=deployment,
        )
        for entry, known, platform, deployment in session.execute(query)
    )


def forget_old_launches(session: Session, *, now: datetime) -> None:
    """Delete the lines of launches more than 90 days ago."""
    session.execute(delete(LaunchEntry).where(LaunchEntry.at < now - KEPT))


def _is_flooded(session: Session, now: datetime) -> bool:
    recent = (
        select(LaunchEntry.id)
        .where(LaunchEntry.at > now - timedelta(hours=1), LaunchEntry.registration_id.is_(None))
        .limit(STRANGERS_AN_HOUR)
        .subquery()
    )
    found = session.scalar(select(func.count()).select_from(recent)) or 0
    return found >= STRANGERS_AN_HOUR


def _reason(refusal: LaunchRefused) -> str:
    said = f"{refusal.message} ({refusal.detail})" if refusal.detail else refusal.message
    return said[:LONGEST_REASON]
