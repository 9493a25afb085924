"""Slides of a recording: detected by the encoder, then named, joined, or removed by our team."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Conflict, Invalid, or_not_found
from lms.models.recordings import Recording, Slide, SlideFate
from lms.models.search import Passage, PassageKind
from lms.playback.slides import SlideFacts, StoredSlide, shown_slides, slide_rows, stored_slides
from lms.recordings.recordings import find
from lms.search import passages
from media.video.renditions_and_commands import slide_picture
from media.video.slide_detection import Slide as Found

LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class RemovedSlide:
    """A slide that our team removed or joined to the one before, and may restore."""

    id: str
    starts_s: float
    picture: str
    is_joined: bool


@dataclass(frozen=True, slots=True)
class Revision:
    """Our team's edits of one slide."""

    title: str
    is_chapter: bool


_SLIDES: Final = select(Recording.seconds, slide_rows.label("slides")).where(
    Recording.public_id == bindparam("recording"), Recording.removed_at.is_(None)
)


def read_slides(session: Session, recording_id: str) -> tuple[SlideFacts, ...]:
    """Return the slides of a version in order; empty if there is only one."""
    seconds, stored = _stored(session, recording_id)
    return shown_slides(stored, seconds)


def read_removed(session: Session, recording_id: str) -> tuple[RemovedSlide, ...]:
    """Return the removed and joined slides, in order."""
    _, stored = _stored(session, recording_id)
    return tuple(
        RemovedSlide(
            each.public_id,
            each.starts_s,
            slide_picture(each.picture_s),
            is_joined=each.fate is SlideFate.JOINED,
        )
        for each in stored
        if each.fate is not SlideFate.SHOWN
    )


def pictured(session: Session, recording_id: str) -> tuple[float, ...]:
    """Return the times (seconds) at which the next encode must take a picture."""
    _, stored = _stored(session, recording_id)
    return tuple(each.picture_s for each in stored)


def keep_found(session: Session, recording_id: str, found: Iterable[Found]) -> None:
    """Save the encoder's slides in place of its earlier ones, unless our team edited them."""
    recording = find(session, recording_id)
    if recording.slides_edited_at is not None:
        return
    session.execute(
        delete(Slide)
        .where(Slide.recording_id == recording.id)
        .execution_options(synchronize_session="auto")
    )
    session.add_all(
        Slide(
            recording_id=recording.id,
            starts_s=each.starts_s,
            picture_s=each.picture_s,
            is_chapter=each.turns_page,
        )
        for each in found
    )
    session.flush()


def revise(
    session: Session,
    recording_id: str,
    revisions: Mapping[str, Revision],
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Set titles and chapters of slides; slides that aren't given stay unchanged.

    Raises Invalid for a title that is too long, NotFound for a slide of another recording.
    """
    recording = find(session, recording_id)
    for slide_id, revision in revisions.items():
        slide = _slide(session, recording, slide_id)
        title = " ".join(revision.title.split())
        if len(title) > LONGEST_TITLE:
            raise Invalid(
                N_("A slide title can have up to 200 characters. Shorten it, then save again.")
            )
        slide.title, slide.is_chapter = title, revision.is_chapter
    _edited(session, recording, actor=actor, now=now)


def decide_fate(
    session: Session,
    recording_id: str,
    slide_id: str,
    fate: SlideFate,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Join a slide to the one before it, remove it, or restore it.

    Raises NotFound for a slide of another recording, Conflict if there is none before it.
    """
    recording = find(session, recording_id)
    slide = _slide(session, recording, slide_id)
    if fate is SlideFate.JOINED and not _has_one_before(session, slide):
        raise Conflict(N_("This is the first slide, so it can't be joined with a previous one."))
    slide.fate = fate
    _edited(session, recording, actor=actor, now=now)


def index(session: Session, webinar_id: int) -> None:
    """Update the search index with the slide titles of the current version."""
    session.flush()
    plays = session.scalar(
        select(Recording.public_id).where(
            Recording.webinar_id == webinar_id, Recording.is_current, Recording.run.is_not(None)
        )
    )
    known = session.scalars(
        select(Passage.source)
        .where(*passages.of_webinar(webinar_id), Passage.kind == PassageKind.SLIDE)
        .distinct()
    ).all()
    for gone in known:
        passages.drop(session, gone)
    if plays is not None:
        named = (slide for slide in read_slides(session, plays) if slide.title)
        source = passages.Source(webinar_id, PassageKind.SLIDE, plays)
        pieces = (passages.Piece(slide.title, starts_s=slide.starts_s) for slide in named)
        passages.keep(session, source, pieces)


def _has_one_before(session: Session, slide: Slide) -> bool:
    before = select(Slide.id).where(
        Slide.recording_id == slide.recording_id,
        Slide.starts_s < slide.starts_s,
        Slide.fate == SlideFate.SHOWN,
    )
    return session.scalar(before.limit(1)) is not None


def _edited(session: Session, recording: Recording, *, actor: str | None, now: datetime) -> None:
    recording.slides_edited_at = now
    index(session, recording.webinar_id)
    audit.record(session, "recording.slides_edited", recording.public_id, actor=actor, now=now)


def _slide(session: Session, recording: Recording, slide_id: str) -> Slide:
    slide = session.scalar(
        select(Slide).where(Slide.recording_id == recording.id, Slide.public_id == slide_id)
    )
    return or_not_found(slide)


def _stored(session: Session, recording_id: str) -> tuple[float, list[StoredSlide]]:
    row = or_not_found(session.execute(_SLIDES, {"recording": recording_id}).one_or_none())
    return row.seconds or 0.0, stored_slides(row.slides)
