"""Elm County with a webinar of its own, people in its seats, and training to assign."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import training
from lms.db import Database
from lms.models.organisations import Organisation
from lms.models.recordings import Recording
from lms.models.training import Trainee
from lms.models.viewing import WatchRecord
from lms.organisations import OrganisationFacts
from lms.progress import bucket_count, merge
from lms.training import NewTraining
from lms.training_progress import look
from tests import seating
from tests.cast import Cast
from tests.clock import NOW
from tests.seating import add_pool, seat

ZONE = ZoneInfo("America/New_York")
TODAY = NOW.astimezone(ZONE).date()


@dataclass(frozen=True, slots=True)
class Elm:
    """The organisation whose manager is mia; alice and bob sit in its seats, dan does not."""

    facts: OrganisationFacts
    pool_id: int
    subject: str


@pytest.fixture
def elm(database: Database, cast: Cast) -> Elm:
    with database.transaction() as session:
        place = session.get_one(Organisation, cast.organisation_id)
        pool = add_pool(session, place, cast.webinar_id, seats=6)
        seat(session, pool, cast.alice.id)
        seat(session, pool, cast.bob.id)
        facts = OrganisationFacts(place.id, place.public_id, place.slug, place.name, None)
        return Elm(facts, pool.id, f"webinar:{cast.slug}")


Assign = Callable[..., str]


@pytest.fixture
def assign(database: Database, elm: Elm) -> Assign:
    """Assign the webinar to everybody, or to whom `more` says; returns the training's outside id."""

    def do(due_on: date, **more: object) -> str:
        values = {"everyone": True, **more}
        new = NewTraining(elm.subject, due_on, **values)  # type: ignore[arg-type]  # a test's own words
        with database.transaction() as session:
            return training.assign(
                session, elm.facts, new, zone=ZONE, actor=None, now=NOW
            ).public_id

    return do


def watched(session: Session, login_id: int, recording_id: int, share: float) -> None:
    """Let a login have seen the beginning of a recording, with the buckets that say so."""
    seating.watched(session, login_id, recording_id, share)
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
