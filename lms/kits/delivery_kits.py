"""Delivery kits: recordings for organizations that host them on their own systems.

Our team allows kits for an organization, as its contract says. A kit is requested, made by a job
(lms/kits/jobs.py), downloaded by a revocable link, and deleted after two weeks.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, delete, exists, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_organizations import family_of
from lms.access.policy import Action, Admitted
from lms.core.errors import N_, Conflict, Forbidden, Gone, NotFound, or_not_found
from lms.core.runtime import hash_secret
from lms.jobs import queue as job_queue
from lms.lti_facade.viewer_access_facts import Presence, Visitor, read_standing
from lms.models.catalog import Webinar, WebinarState
from lms.models.jobs import Job, Lane
from lms.models.kits import DeliveryKit, EndedKitLink, KitPermit, KitState
from lms.models.organizations import Organization
from lms.models.recordings import Recording, RecordingState

MAKE: Final = "kit.make"
DROP: Final = "kit.drop"
KEPT_FOR: Final = timedelta(days=14)
NOT_ALLOWED: Final = N_("Your contract doesn't include hosting recordings yourselves. Contact us.")
NOT_YOURS: Final = N_("Your organization doesn't have access to this recording.")
NOT_READY: Final = N_("This recording is still processing. Try again when it's ready to play.")
MADE_ALREADY: Final = N_("This kit is already in progress or ready.")
LINK_IS_OVER: Final = N_("This link was turned off, replaced, or has expired.")
NO_FILE: Final = N_("This kit has no file to download.")
BEING_MADE: Final = N_("This kit is still in progress. Stop it first.")


@dataclass(frozen=True, slots=True)
class KitFacts:
    """A kit as its organization sees it; `progress` is the finished share, 0 to 1."""

    id: int
    public_id: str
    title: str
    state: KitState
    size_bytes: int
    has_link: bool
    downloads: int
    downloaded_at: datetime | None
    failure: str
    created_at: datetime
    expires_at: datetime | None
    job: str | None
    progress: float
    note: str
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class KitFile:
    """The stored ZIP file of a kit, and its file name for the download."""

    kit: str
    key: str
    name: str


def allow(session: Session, organization_id: int, *, actor: str | None, now: datetime) -> None:
    """Allow an organization to request kits; repeating it has no effect."""
    if is_allowed(session, organization_id):
        return
    session.add(KitPermit(organization_id=organization_id, granted_at=now))
    session.flush()
    _note(session, "kits.allowed", organization_id, actor=actor, now=now)


def forbid(session: Session, organization_id: int, *, actor: str | None, now: datetime) -> None:
    """Stop allowing kits for an organization; the links to its kits stop working."""
    gone = session.execute(
        delete(KitPermit)
        .where(KitPermit.organization_id.in_(family_of(organization_id)))
        .returning(KitPermit.organization_id)
    ).all()
    if gone:
        _note(session, "kits.forbidden", organization_id, actor=actor, now=now)


def is_allowed(session: Session, organization_id: int) -> bool:
    """Return whether an organization, or one merged with it, may request kits."""
    theirs = KitPermit.organization_id.in_(family_of(organization_id))
    return bool(session.scalar(select(exists().where(theirs))))


def ask(
    session: Session, organization_id: int, webinar: str, *, actor: str | None, now: datetime
) -> str:
    """Request the kit of a webinar (its public ID); returns the kit's public ID.

    Raises Forbidden if the organization may not request kits or has no access to the recording now;
    NotFound for an unknown webinar; Conflict if a kit exists, or if the recording isn't ready.
    """
    if not is_allowed(session, organization_id):
        raise Forbidden(NOT_ALLOWED, code="kits_not_allowed")
    query = (
        select(Recording.id, Recording.state, Webinar.id.label("webinar_id"))
        .join(Webinar, Webinar.id == Recording.webinar_id)
        .where(
            Webinar.public_id == webinar,
            Webinar.state != WebinarState.DRAFT,
            Recording.is_current,
        )
    )
    row = or_not_found(session.execute(query).one_or_none())
    if may_have(session, organization_id, row.webinar_id, now=now) is None:
        raise Forbidden(NOT_YOURS, code="not_held")
    if row.state is not RecordingState.READY:
        raise Conflict(NOT_READY)
    _must_be_first(session, organization_id, row.id)
    kit = DeliveryKit(organization_id=organization_id, recording_id=row.id, created_at=now)
    session.add(kit)
    session.flush()
    job_queue.enqueue(
        session, kind=MAKE, lane=Lane.MEDIA, subject=kit.public_id, payload={}, now=now
    )
    audit.record(session, "kit.asked", kit.public_id, actor=actor, now=now)
    return kit.public_id


def may_have(
    session: Session, organization_id: int, webinar_id: int, *, now: datetime
) -> Admitted | None:
    """Return the decision that gives an organization access to a recording now, or None."""
    visitor = Visitor(None, organization_id, Presence.LOOKING_OVER)
    decision = read_standing(session, visitor, webinar_id).decide(Action.RECORDING, now)
    return decision if isinstance(decision, Admitted) else None


def list_kits(session: Session, organization_id: int) -> tuple[KitFacts, ...]:
    """Return an organization's kits, the newest first."""
    mine = DeliveryKit.organization_id.in_(family_of(organization_id))
    rows = session.execute(_FACTS.where(mine).order_by(DeliveryKit.id.desc())).all()
    return tuple(_facts(row) for row in rows)


def find_kit(session: Session, organization_id: int, public_id: str) -> KitFacts:
    """Return an organization's kit; raises NotFound."""
    row = session.execute(
        _FACTS.where(
            DeliveryKit.organization_id.in_(family_of(organization_id)),
            DeliveryKit.public_id == public_id,
        )
    ).one_or_none()
    return _facts(or_not_found(row))


def make_link(
    session: Session, organization_id: int, public_id: str, *, actor: str | None, now: datetime
) -> str:
    """Make the link of a ready kit and return its token, which is not stored; the former link ends.

    It works until the file is deleted. Raises NotFound, Conflict without a file, Forbidden.
    """
    kit = _locked(session, DeliveryKit.public_id == public_id, organization_id)
    if kit.state is not KitState.READY or (kit.expires_at and kit.expires_at <= now):
        raise Conflict(NO_FILE)
    if not is_allowed(session, organization_id):
        raise Forbidden(NOT_ALLOWED, code="kits_not_allowed")
    token = secrets.token_urlsafe(32)
    _end_link(session, kit)
    kit.token_hash = hash_secret(token)
    session.flush()
    audit.record(session, "kit.link_made", kit.public_id, actor=actor, now=now)
    return token


def take_back_link(
    session: Session, organization_id: int, public_id: str, *, actor: str | None, now: datetime
) -> None:
    """Revoke a kit's link; the file stays for a new link. Raises NotFound."""
    kit = _locked(session, DeliveryKit.public_id == public_id, organization_id)
    if kit.token_hash is not None:
        _end_link(session, kit)
        audit.record(session, "kit.link_taken_back", kit.public_id, actor=actor, now=now)


def stop(
    session: Session, organization_id: int, public_id: str, *, actor: str | None, now: datetime
) -> None:
    """Stop making a kit. Raises NotFound, and Conflict if it has already ended."""
    facts = find_kit(session, organization_id, public_id)
    if facts.state is not KitState.MAKING or facts.job is None:
        raise Conflict(NO_FILE)
    job_queue.cancel(session, facts.job, actor=actor, now=now)


def withdraw(
    session: Session, organization_id: int, public_id: str, *, actor: str | None, now: datetime
) -> None:
    """Withdraw a kit: its link stops working and its file is deleted. Raises NotFound and Conflict."""
    kit = _locked(session, DeliveryKit.public_id == public_id, organization_id)
    if kit.state is KitState.MAKING:
        raise Conflict(BEING_MADE)
    _let_go(session, kit, now=now)
    audit.record(session, "kit.withdrawn", kit.public_id, actor=actor, now=now)


def open_link(session: Session, token: str, *, now: datetime) -> KitFile:
    """Return the file of a link, while the organization may have it.

    Raises NotFound for an unknown token, Gone for a link, file or access that ended.
    """
    row = session.execute(
        select(
            DeliveryKit.public_id,
            DeliveryKit.file_key,
            DeliveryKit.expires_at,
            DeliveryKit.organization_id,
            Webinar.id.label("webinar_id"),
            Webinar.slug,
        )
        .join(Recording, Recording.id == DeliveryKit.recording_id)
        .join(Webinar, Webinar.id == Recording.webinar_id)
        .where(DeliveryKit.token_hash == hash_secret(token))
    ).one_or_none()
    if row is None:
        ended = select(EndedKitLink.id).where(EndedKitLink.token_hash == hash_secret(token))
        if session.scalar(ended) is not None:
            raise Gone(LINK_IS_OVER)
        raise NotFound
    is_kept = row.file_key is not None and row.expires_at is not None and row.expires_at > now
    if not is_kept or not is_allowed(session, row.organization_id):
        raise Gone(LINK_IS_OVER)
    if may_have(session, row.organization_id, row.webinar_id, now=now) is None:
        raise Gone(NOT_YOURS)
    return KitFile(row.public_id, row.file_key, f"{row.slug}.zip")


def note_download(session: Session, kit: str, *, now: datetime) -> None:
    """Count a started download, and record it in the audit trail."""
    session.execute(
        update(DeliveryKit)
        .where(DeliveryKit.public_id == kit)
        .values(downloads=DeliveryKit.downloads + 1, downloaded_at=now)
    )
    audit.record(session, "kit.downloaded", kit, actor=None, now=now)


def finish(session: Session, public_id: str, key: str, size: int, *, now: datetime) -> None:
    """Record that a kit is ready, and schedule the deletion of its file."""
    kit = _locked(session, DeliveryKit.public_id == public_id)
    kit.state, kit.file_key, kit.size_bytes = KitState.READY, key, size
    kit.ready_at, kit.expires_at, kit.failure, kit.failure_detail = now, now + KEPT_FOR, "", ""
    session.flush()
    _drop_later(session, kit.public_id, key, at=now + KEPT_FOR, now=now)
    audit.record(session, "kit.made", kit.public_id, actor=None, now=now)


def fail(session: Session, public_id: str, state: KitState, sentence: str, detail: str) -> None:
    """Record that a kit was not made, unless it was deleted."""
    kit = _standing(session, DeliveryKit.public_id == public_id)
    if kit is not None and kit.state is KitState.MAKING:
        kit.state, kit.failure, kit.failure_detail = state, sentence[:500], detail
        session.flush()


def let_go(session: Session, public_id: str) -> None:
    """Record that a kit's file is deleted, if the kit still exists."""
    kit = _standing(session, DeliveryKit.public_id == public_id)
    if kit is not None and kit.state is KitState.READY:
        kit.state, kit.file_key = KitState.GONE, None
        _end_link(session, kit)


def _let_go(session: Session, kit: DeliveryKit, *, now: datetime) -> None:
    if kit.file_key is not None:
        _drop_later(session, kit.public_id, kit.file_key, at=now, now=now)
    kit.state, kit.file_key = KitState.GONE, None
    _end_link(session, kit)


def _end_link(session: Session, kit: DeliveryKit) -> None:
    """End a kit's link, and record that there was one."""
    if kit.token_hash is not None:
        session.add(EndedKitLink(token_hash=kit.token_hash, kit_id=kit.id))
        kit.token_hash = None
    session.flush()


def _drop_later(session: Session, kit: str, key: str, *, at: datetime, now: datetime) -> None:
    drop = job_queue.enqueue(
        session, kind=DROP, lane=Lane.PROMPT, subject=kit, payload={"key": key}, now=now
    )
    drop.run_at = at


def _must_be_first(session: Session, organization_id: int, recording_id: int) -> None:
    there = exists().where(
        DeliveryKit.organization_id.in_(family_of(organization_id)),
        DeliveryKit.recording_id == recording_id,
        DeliveryKit.state.in_((KitState.MAKING, KitState.READY)),
    )
    session.scalars(  # two concurrent requests wait for each other
        select(KitPermit)
        .where(KitPermit.organization_id.in_(family_of(organization_id)))
        .order_by(KitPermit.organization_id)
        .with_for_update()
    ).all()
    if session.scalar(select(there)):
        raise Conflict(MADE_ALREADY)


def _locked(
    session: Session, which: ColumnElement[bool], organization_id: int | None = None
) -> DeliveryKit:
    if organization_id is not None:
        which = and_(which, DeliveryKit.organization_id.in_(family_of(organization_id)))
    return or_not_found(_standing(session, which))


def _standing(session: Session, which: ColumnElement[bool]) -> DeliveryKit | None:
    query = select(DeliveryKit).where(which).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def _note(
    session: Session, act: str, organization_id: int, *, actor: str | None, now: datetime
) -> None:
    public_id = session.scalars(
        select(Organization.public_id).where(Organization.id == organization_id)
    ).one()
    audit.record(session, act, public_id, actor=actor, now=now)


_job = (
    select(Job)
    .where(Job.kind == MAKE, Job.subject == DeliveryKit.public_id)
    .order_by(Job.id.desc())
    .limit(1)
    .correlate(DeliveryKit)
)
_FACTS: Final = (
    select(
        DeliveryKit.id,
        DeliveryKit.public_id,
        Webinar.title,
        DeliveryKit.state,
        DeliveryKit.size_bytes,
        DeliveryKit.token_hash.is_not(None).label("has_link"),
        DeliveryKit.downloads,
        DeliveryKit.downloaded_at,
        DeliveryKit.failure,
        DeliveryKit.created_at,
        DeliveryKit.expires_at,
        _job.with_only_columns(Job.public_id).scalar_subquery().label("job"),
        _job.with_only_columns(Job.progress).scalar_subquery().label("progress"),
        _job.with_only_columns(Job.progress_note).scalar_subquery().label("note"),
        _job.with_only_columns(Job.started_at).scalar_subquery().label("started_at"),
    )
    .join(Recording, Recording.id == DeliveryKit.recording_id)
    .join(Webinar, Webinar.id == Recording.webinar_id)
)


def _facts(row: Row[*tuple[Any, ...]]) -> KitFacts:
    values = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's public name)
    values["has_link"] = bool(values["has_link"])
    values["progress"], values["note"] = values["progress"] or 0.0, values["note"] or ""
    return KitFacts(**values)
