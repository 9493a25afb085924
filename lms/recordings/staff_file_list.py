"""The staff file list of a webinar: recording versions, captions, and handouts."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from lms.core.errors import or_not_found
from lms.core.model_base import copied
from lms.jobs.queue import ENDED, JobFacts, latest_job
from lms.models.catalog import Webinar
from lms.models.handouts import Handout, HandoutPage
from lms.models.jobs import JobState
from lms.models.recordings import Caption, FormerCaption, Recording, RecordingState
from lms.recordings.recordings import ENCODE
from media.files.file_types import DocumentKind


@dataclass(frozen=True, slots=True)
class CaptionFacts:
    """One caption track; `id` is its public ID."""

    id: str
    language: str
    label: str
    is_default: bool
    is_shown: bool


@dataclass(frozen=True, slots=True)
class FormerCaptionFacts:
    """A caption track that was removed or replaced, and can be restored."""

    id: str
    language: str
    label: str
    removed_at: datetime


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """One version of a recording and its progress; `share` is 0 to 1."""

    id: str
    number: int
    is_current: bool
    name: str
    size_bytes: int
    seconds: float | None
    is_playable: bool
    state: RecordingState
    share: float
    note: str
    started_at: datetime | None
    is_canceling: bool
    failure: str | None
    failure_detail: str | None
    created_at: datetime
    captions: tuple[CaptionFacts, ...]
    former_captions: tuple[FormerCaptionFacts, ...]

    @property
    def may_be_removed(self) -> bool:
        """Return whether it may be deleted: it is neither current and playable nor in progress."""
        return not self.is_under_way and not (self.is_current and self.is_playable)

    @property
    def is_under_way(self) -> bool:
        """Return whether its processing is queued or running."""
        return self.state in (RecordingState.WAITING, RecordingState.PROCESSING)


@dataclass(frozen=True, slots=True)
class HandoutFacts:
    """One handout; `id` is its public ID, `taken_out` has the words for the removed content."""

    id: str
    kind: DocumentKind
    title: str
    name: str
    size_bytes: int
    pages: int
    taken_out: tuple[str, ...]
    drawn: int
    is_read: bool
    is_stamped: bool


@dataclass(frozen=True, slots=True)
class WebinarFiles:
    """All files of a webinar; versions newest first. Removed ones can be restored."""

    slug: str
    versions: tuple[VersionFacts, ...]
    removed_versions: tuple[VersionFacts, ...]
    handouts: tuple[HandoutFacts, ...]
    removed: tuple[HandoutFacts, ...]

    @property
    def plays(self) -> bool:
        """Return whether one of the versions can be played."""
        return any(version.is_current and version.is_playable for version in self.versions)


def read_webinar_files(session: Session, slug: str) -> WebinarFiles:
    """Return a webinar's files for our team; raises NotFound."""
    webinar_id = or_not_found(session.scalar(select(Webinar.id).where(Webinar.slug == slug)))
    is_here = Recording.removed_at.is_(None)
    versions = session.scalars(
        select(Recording)
        .where(Recording.webinar_id == webinar_id, or_(is_here, Recording.original_key != ""))
        .order_by(Recording.number.desc())
    ).all()
    drawn = (
        select(func.count())
        .select_from(HandoutPage)
        .where(HandoutPage.handout_id == Handout.id)
        .scalar_subquery()
    )
    handouts = session.execute(
        select(Handout, drawn).where(Handout.webinar_id == webinar_id).order_by(Handout.position)
    ).all()
    return WebinarFiles(
        slug=slug,
        versions=tuple(_version(session, one) for one in versions if one.removed_at is None),
        removed_versions=tuple(_version(session, one) for one in versions if one.removed_at),
        handouts=tuple(_handout(*each) for each in handouts if each[0].removed_at is None),
        removed=tuple(_handout(*each) for each in handouts if each[0].removed_at is not None),
    )


def _handout(handout: Handout, drawn: int) -> HandoutFacts:
    return copied(
        HandoutFacts,
        handout,
        id=handout.public_id,
        taken_out=tuple(handout.taken_out.split()),
        drawn=drawn,
        is_read=handout.read_at is not None,
    )


def read_version(session: Session, recording_id: str) -> VersionFacts:
    """Return one version for our team; raises NotFound."""
    recording = session.scalar(select(Recording).where(Recording.public_id == recording_id))
    return _version(session, or_not_found(recording))


@dataclass(frozen=True, slots=True)
class VersionPlace:
    """The webinar of a version, for a page about only that version."""

    recording_id: str
    number: int
    slug: str
    title: str
    is_ready: bool


def read_place(session: Session, recording_id: str) -> VersionPlace:
    """Return a version's webinar, by the version's public ID; raises NotFound."""
    query = (
        select(Recording.number, Recording.state, Webinar.slug, Webinar.title)
        .join(Webinar, Webinar.id == Recording.webinar_id)
        .where(Recording.public_id == recording_id)
    )
    row = or_not_found(session.execute(query).one_or_none())
    is_ready = row.state is RecordingState.READY
    return VersionPlace(recording_id, row.number, row.slug, row.title, is_ready)


def _version(session: Session, recording: Recording) -> VersionFacts:
    job = latest_job(session, kind=ENCODE, subject=recording.public_id)
    captions = session.scalars(
        select(Caption).where(Caption.recording_id == recording.id).order_by(Caption.language)
    )
    former = session.scalars(
        select(FormerCaption)
        .where(FormerCaption.recording_id == recording.id)
        .order_by(FormerCaption.removed_at.desc(), FormerCaption.id.desc())
    )
    return copied(
        VersionFacts,
        recording,
        id=recording.public_id,
        name=recording.original_name,
        is_playable=recording.run is not None,
        state=_state(recording, job),
        share=job.progress if job is not None else 0.0,
        note=job.progress_note if job is not None else "",
        started_at=job.started_at if job is not None and job.state not in ENDED else None,
        is_canceling=job is not None and job.cancel_requested and job.state not in ENDED,
        captions=tuple(
            CaptionFacts(
                row.public_id,
                row.language,
                row.label,
                row.is_default,
                row.key is not None,
            )
            for row in captions
        ),
        former_captions=tuple(
            FormerCaptionFacts(row.public_id, row.language, row.label, row.removed_at)
            for row in former
        ),
    )


def _state(recording: Recording, job: JobFacts | None) -> RecordingState:
    """Return the state to show: a queued job has not changed the row yet."""
    if job is None or job.state in ENDED:
        return recording.state
    return RecordingState.WAITING if job.state is JobState.QUEUED else RecordingState.PROCESSING
