"""Handout page times: when a page is shown in a recording, detected or set by our team."""

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
    """A slide of a recording: when it begins, and the key of its picture."""

    starts_s: float
    key: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """A drawn page of a handout; `page_id` is its row id."""

    page_id: int
    handout_id: str
    number: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A version of a recording with its slides, and the pages of each handout of the webinar."""

    slides: tuple[Glimpse, ...]
    handouts: tuple[tuple[Leaf, ...], ...]


def have_matched(session: Session, recording_id: str, *, now: datetime) -> None:
    """Queue the matching of the webinar's handouts with a version of its recording."""
    job_queue.enqueue(
        session, kind=MATCH, lane=Lane.PROMPT, subject=recording_id, payload={}, now=now
    )


def have_handout_matched(session: Session, handout_id: str, *, now: datetime) -> None:
    """Queue the matching of a handout with the current version, if there is one."""
    current = session.scalar(
        select(Recording.public_id)
        .join(Handout, Handout.webinar_id == Recording.webinar_id)
        .where(Handout.public_id == handout_id, Recording.is_current, Recording.run.is_not(None))
    )
    if current is not None:
        have_matched(session, current, now=now)


def read_pair(session: Session, recording_id: str) -> Pair:
    """Return the slides and pages to compare; a deleted version has no slides."""
    recording = session.scalar(select(Recording).where(Recording.public_id == recording_id))
    if recording is None or recording.run is None:
        return Pair((), ())
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
        tuple(
            Glimpse(slide.starts_s, f"{folder}/{slide.picture}")
            for slide in read_slides(session, recording_id)
        ),
        tuple(tuple(each) for each in leaves.values()),
    )


def keep_found(session: Session, recording_id: str, found: Mapping[int, float]) -> None:
    """Save when pages were detected, by row id; times that our team set stay."""
    recording = session.scalar(select(Recording).where(Recording.public_id == recording_id))
    if recording is None:
        return
    mine = HandoutPageTime.recording_id == recording.id
    session.execute(
        delete(HandoutPageTime)
        .where(mine, HandoutPageTime.is_by_staff.is_(False))
        .execution_options(synchronize_session="auto")
    )
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
    """Set when pages are shown in the current version, by their numbers; None for never.

    Raises NotFound for an unknown page or without a current version, Invalid for a time after the end.
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
                N_("The recording ends before that. Enter an earlier time."),
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
