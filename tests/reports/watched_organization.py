"""An organization with viewers: rows for views and watch records."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.grants import Grant
from lms.models.organizations import Organization
from lms.models.playback import PlaybackSession, WatchRecord
from lms.models.recordings import Recording
from lms.models.seats import Assignment, Pool
from tests.clock import NOW
from tests.factories import (
    make_assignment,
    make_login,
    make_organization,
    make_pool,
    make_pool_grant,
    make_recording,
    make_webinar,
)

SECONDS = 1000.0
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Place:
    """A webinar of 1,000 seconds and an organization with seats for it."""

    organization: Organization
    webinar: Webinar
    recording: Recording
    pool: Pool
    grant: Grant


def make_place(session: Session, slug: str, *, organization: Organization | None = None) -> Place:
    """Add a webinar, an organization unless one is named, and fifty seats."""
    webinar = make_webinar(session, slug)
    recording = make_recording(session, webinar, seconds=SECONDS)
    place = organization or make_organization(session)
    pool = make_pool(session, place, webinar, capacity=50)
    return Place(place, webinar, recording, pool, make_pool_grant(session, pool))


def seat(session: Session, place: Place, name: str = "Pat Doe") -> Login:
    """Add a person who has had a seat for 19 days."""
    login = make_login(session, name=name)
    make_assignment(session, place.pool, login)
    return login


def view(
    session: Session,
    place: Place,
    login: Login,
    upto: float,
    *,
    at: datetime = NOW - HOUR,
    began: float = 0.0,
    through: Grant | None = None,
    frame: int | None = None,
    is_preview: bool = False,
) -> None:
    """Add a person's view of the recording, starting at `began`, up to this many seconds."""
    session.add(
        PlaybackSession(
            login_id=login.id,
            recording_id=place.recording.id,
            sign_in_id=None,
            grant_id=None if frame else (through or place.grant).id,
            organization_id=frame,
            is_preview=is_preview,
            opened_at=at,
            expires_at=at + timedelta(days=1),
            beat_at=at,
            began_s=round(began),
            reached_s=round(upto),
            ended_at=at + HOUR / 2,
            ended_as="closed",  # type: ignore[arg-type]  # as the column stores it
        )
    )
    session.flush()


def see(
    session: Session, place: Place, login: Login, upto: float, *, at: datetime = NOW - HOUR
) -> None:
    """Save that a person has watched this many seconds from the beginning."""
    buckets = round(upto / 5)
    session.add(
        WatchRecord(
            login_id=login.id,
            recording_id=place.recording.id,
            buckets=((1 << buckets) - 1).to_bytes(25, "little"),
            watched_s=buckets * 5,
            position_s=upto,
            earned_until=at,
            updated_at=at,
        )
    )
    session.flush()


def watch(
    session: Session, place: Place, login: Login, upto: float, *, at: datetime = NOW - HOUR
) -> None:
    """Add a person's view from the beginning through their seat, and save it."""
    view(session, place, login, upto, at=at)
    see(session, place, login, upto, at=at)


def seat_of(session: Session, login: Login) -> Assignment:
    """Return a person's seat."""
    return session.query(Assignment).where(Assignment.login_id == login.id).one()
