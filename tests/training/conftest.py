"""Elm County with a webinar of its own, people with seats, and training to assign."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.models.organizations import Organization
from lms.models.playback import WatchRecord
from lms.models.recordings import Recording
from lms.models.training import Trainee
from lms.organizations.organizations import OrganizationFacts
from lms.playback.progress_bitmap import bucket_count, merge
from lms.training import assignments
from lms.training.assignments import NewTraining
from lms.training.progress import look
from tests import seat_rows
from tests.cast import Cast
from tests.clock import NOW
from tests.seat_rows import add_pool, seat
from tests.servers.databases import fill

ZONE = ZoneInfo("America/New_York")
TODAY = NOW.astimezone(ZONE).date()


@dataclass(frozen=True, slots=True)
class Elm:
    """The organization managed by mia; alice and bob have its seats, dan has none."""

    facts: OrganizationFacts
    pool_id: int
    subject: str


@pytest.fixture
def elm(database: Database, cast: Cast) -> Elm:
    def seated(session: Session) -> Elm:
        place = session.get_one(Organization, cast.organization_id)
        pool = add_pool(session, place, cast.webinar_id, seats=6)
        seat(session, pool, cast.alice.id)
        seat(session, pool, cast.bob.id)
        facts = OrganizationFacts(place.id, place.public_id, place.slug, place.name, None)
        return Elm(facts, pool.id, f"webinar:{cast.slug}")

    return fill(database, "seats of Elm County", seated)


Assign = Callable[..., str]


@pytest.fixture
def assign(database: Database, elm: Elm) -> Assign:
    """Assign the webinar to everyone, or as `more` says; return the training's public ID."""

    def do(due_on: date, **more: object) -> str:
        values = {"everyone": True, **more}
        new = NewTraining(elm.subject, due_on, **values)  # type: ignore[arg-type]  # as given
        with database.transaction() as session:
            return assignments.assign(
                session, elm.facts, new, zone=ZONE, actor=None, now=NOW
            ).public_id

    return do


def watched(session: Session, login_id: int, recording_id: int, share: float) -> None:
    """Mark the given share of a recording, from its start, as watched by a login."""
    seat_rows.watched(session, login_id, recording_id, share)
    seconds = session.get_one(Recording, recording_id).seconds or 0
    count = round(share * bucket_count(seconds))
    row = session.scalars(
        select(WatchRecord).where(
            WatchRecord.login_id == login_id, WatchRecord.recording_id == recording_id
        )
    ).one()
    row.buckets = merge(((1 << count) - 1).to_bytes(count // 8 + 1, "little"), b"", seconds=seconds)
    session.flush()


def trainee(session: Session, login_id: int) -> Trainee:
    return session.scalars(select(Trainee).where(Trainee.login_id == login_id)).one()


def look_at_all(database: Database, now: object = NOW) -> None:
    last: int | None = 0
    while last is not None:
        with database.transaction() as session:
            last = look(session, after=last, now=now)  # type: ignore[arg-type]  # a moment
