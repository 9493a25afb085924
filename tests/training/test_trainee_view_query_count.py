"""A person's training list takes the same number of queries for any number of trainings."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from lms.core.database import Database
from lms.models.catalog import Webinar
from lms.models.training import Training, TrainingItem
from lms.training.trainee_read_models import list_own, read_own
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_recording, make_webinar
from tests.training.conftest import TODAY, Assign, Elm, watched

IN_A_MONTH = TODAY + timedelta(days=30)


def more(database: Database, cast: Cast, training_id: str) -> None:
    """Add three webinars to a training; the first of them is already watched."""
    with database.transaction() as session:
        row = session.scalars(select(Training.id).where(Training.public_id == training_id)).one()
        for number in range(3):
            webinar = make_webinar(session, f"more-{row}-{number}")
            recording = make_recording(session, webinar)
            if not number:
                watched(session, cast.alice.id, recording.id, 1.0)
            session.add(TrainingItem(training_id=row, webinar_id=webinar.id))


def cost(database: Database, cast: Cast) -> int:
    """Return the number of statements for Alice's own list."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    with database.read_session() as session:
        event.listen(database.engine, "before_cursor_execute", note)
        try:
            list_own(session, cast.alice.id, now=NOW)
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
    return len(seen)


def test_five_trainings_take_no_more_queries_than_one(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    more(database, cast, assign(IN_A_MONTH))
    before = cost(database, cast)
    for _ in range(4):
        more(database, cast, assign(IN_A_MONTH))
    assert cost(database, cast) == before


def test_each_training_has_its_own_webinars_in_their_order(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    one, other = assign(IN_A_MONTH), assign(IN_A_MONTH)
    more(database, cast, other)
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).held_at = NOW - timedelta(days=900)
    with database.read_session() as session:
        found = {len(each.webinars): each for each in list_own(session, cast.alice.id, now=NOW)}
        assert [each.slug for each in found[1].webinars] == [cast.slug]
        assert found[4].webinars[0].slug == cast.slug
        assert [each.is_completed for each in found[4].webinars] == [False, True, False, False]
        assert found[4].is_begun
        assert not found[1].is_begun
        for each in found.values():
            assert read_own(session, cast.alice.id, each.trainee_id, now=NOW) == each
    assert one != other


@pytest.mark.parametrize("who", ["dan", "ada"])
def test_person_without_training_has_an_empty_list(
    database: Database, cast: Cast, assign: Assign, who: str
) -> None:
    assign(IN_A_MONTH)
    with database.read_session() as session:
        assert list_own(session, getattr(cast, who).id, now=NOW) == ()
