"""Recordings of jobs: the webinar's title and the length of the recording a job is about."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.models.catalog import Webinar
from lms.models.recordings import Recording


def titles_of(session: Session, subjects: Collection[str]) -> Mapping[str, str]:
    """Return the webinar's title for each public ID of a recording; other IDs are left out."""
    found = select(Recording.public_id, Webinar.title).join_from(
        Recording, Webinar, Recording.webinar_id == Webinar.id
    )
    rows = session.execute(found.where(Recording.public_id.in_(set(subjects) - {""})))
    return {row.public_id: row.title for row in rows}


def seconds_of(session: Session, subject: str) -> float | None:
    """Return the length in seconds of the recording that a job is about, or None."""
    return session.scalar(select(Recording.seconds).where(Recording.public_id == subject))
