"""Handout page times: when a page is seen in a recording, found or set by staff."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Invalid, NotFound
from lms.jobs import queue as job_queue
from lms.models.handouts import Handout, HandoutPage, HandoutPageTime
from lms.models.jobs import Lane
from lms.models.recordings import Recording
from lms.recordings.slides import read_slides

MATCH: Final = "handout.match"


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A slide of a recording: when it begins, and where its picture is kept."""

    starts_s: float
    key: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page of a handout that is drawn; `page_id` is its row."""

    page_id: int
    handout_id: str
    number: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A version of a recording with its slides, and the pages of each handout beside it."""

    recording_id: str
    slides: tuple[Glimpse, ...]
    handouts: tuple[tuple[Leaf, ...], ...]


def have_matched(session: Session, recording_id: str, *, now: datetime) -> None:
    """Have a worker look for the webinar's handouts in a version of its recording."""
    job_queue.enqueue(
        session, kind=MATCH, lane=Lane.PROMPT, subject=recording_id, payload={}, now=now
    )


def have_handout_matched(session: Session, handout_id: str, *, now: datetime) -> None:
    """Have a worker look for a handout in the version that plays, if one does."""
    current = session.scalar(
        select(Recording.public_id)
        .join(Handout, Handout.webinar_id == Recording.webinar_id)
        .where(Handout.public_id == handout_id, Recording.is_current, Recording.run.is_not(None))
    )
    if current is not None:
        have_matched(session, current, now=now)


def read_pair(session: Session, recording_id: str) -> Pair:
    """Return what is to be compared; a version that is gone has no slides."""
    recording = session.scalar(select(Recording).where(Recording.public_id == recording_id))
    if recording is None or recording.run is None:
        return Pair(recording_id, (), ())
    folder = f"renditions/{recording_id}/{recording.run}"
    rows = session.execute(
        select(HandoutPage.id, HandoutPage.number, Handout.public_id)
        .join(Handout, Handout.id == HandoutPage.handout_id)
        .where(
            Handout.webinar_id == recording.webinar_id,
            Handout.removed_at.is_(None),
            HandoutPage.width > 0,
        )
        .order_by(Handout.position, HandoutPage.number)
    ).all()
    leaves: dict[str, list[Leaf]] = {}
    for row in rows:
        leaves.setdefault(row.public_id, []).append(Leaf(row.id, row.public_id, row.number))
    return Pair(
        recording_id,
        tuple(
            Glimpse(slide.starts_s, f"{folder}/{slide.picture}")
            for slide in read_slides(session, recording_id)
        ),
        tuple(tuple(each) for each in leaves.values()),
    )


def keep_found(session: Session, recording_id: str, found: Mapping[int, float]) -> None:
    """Keep when pages were found to be seen, by their rows; what staff said stays."""
    recording = session.scalar(select(Recording).where(Recording.public_id == recording_id))
    if recording is None:
        return
    mine = HandoutPageTime.recording_id == recording.id
    session.execute(delete(HandoutPageTime).where(mine, HandoutPageTime.is_by_staff.is_(False)))
    said = set(session.scalars(select(HandoutPageTime.page_id).where(mine)))
    there = set(session.scalars(select(HandoutPage.id).where(HandoutPage.id.in_(found))))
    session.add_all(
        HandoutPageTime(page_id=page_id, recording_id=recording.id, starts_s=starts_s)
        for page_id, starts_s in found.items()
        if page_id in there - said
    )
    session.flush()


def set_moments(
    session: Session,
    handout_id: str,
    moments: Mapping[int, float | None],
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Say by hand when pages are seen in the version that plays, by their numbers; None for never.

    Raises NotFound for a page that is not there or where nothing plays, Invalid for a time behind
    the end.
    """
    recording = session.scalar(
        select(Recording)
        .join(Handout, Handout.webinar_id == Recording.webinar_id)
        .where(Handout.public_id == handout_id, Recording.is_current, Recording.run.is_not(None))
    )
    rows = session.execute(
        select(HandoutPage.number, HandoutPage.id)
        .join(Handout, Handout.id == HandoutPage.handout_id)
        .where(Handout.public_id == handout_id)
    )
    pages = {row.number: row.id for row in rows}
    if recording is None or not set(moments) <= set(pages):
        raise NotFound
    for number, starts_s in moments.items():
        if starts_s is not None and starts_s >= (recording.seconds or 0.0):
            raise Invalid(
                N_("The recording ends before that. Give a time within it."),
                fields={f"at-{number}": N_("The recording ends before that.")},
            )
        at = session.scalar(
            select(HandoutPageTime).where(
                HandoutPageTime.page_id == pages[number],
                HandoutPageTime.recording_id == recording.id,
            )
        )
        if at is None:
            at = HandoutPageTime(page_id=pages[number], recording_id=recording.id)
            session.add(at)
        at.starts_s, at.is_by_staff = starts_s, True
    session.flush()
    audit.record(session, "handout.timed", handout_id, actor=actor, now=now)
