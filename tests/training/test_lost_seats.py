"""A lost seat ends a training only if it was a seat for its webinar."""

from datetime import timedelta

from sqlalchemy import select, update

from lms.core.database import Database
from lms.models.catalog import Webinar, WebinarPresenter
from lms.models.grants import Grant, OfferKind, Scope
from lms.models.training import Training, TrainingItem
from lms.training.manager_read_models import Order, Wanted, read_people
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_presenter, make_webinar
from tests.seat_rows import add_pool, let_go, seat
from tests.training.conftest import TODAY, Assign, Elm

IN_A_MONTH = TODAY + timedelta(days=30)


def names(database: Database, training: str) -> list[str]:
    with database.read_session() as session:
        row = session.scalars(select(Training.id).where(Training.public_id == training)).one()
        found = read_people(session, row, Wanted(), Order(), offset=0, now=NOW)
    return [one.name for one in found.items]


def test_losing_a_seat_of_another_presenter_ends_no_training(
    database: Database, elm: Elm, cast: Cast, assign: Assign
) -> None:
    training, other = assign(IN_A_MONTH), assign(IN_A_MONTH)
    with database.transaction() as session:
        presenter = make_presenter(session, "Rosa Reader")
        webinar = make_webinar(session, "of-rosa")
        session.add(WebinarPresenter(webinar_id=webinar.id, presenter_id=presenter.id, position=0))
        row = session.scalars(select(Training).where(Training.public_id == other)).one()
        session.add(TrainingItem(training_id=row.id, webinar_id=webinar.id))
        session.execute(update(Webinar).values(is_in_passes=True))
        pool = add_pool(session, elm.facts.id)
        pool.scope, pool.presenter_id = Scope.PRESENTER, presenter.id
        session.execute(
            update(Grant)
            .where(Grant.pool_id == pool.id)
            .values(scope=Scope.PRESENTER, presenter_id=presenter.id)
        )
        let_go(session, seat(session, pool, cast.mia.id), opens_at=NOW)
    assert names(database, training) == ["Alice", "Bob", "Mia"]
    assert names(database, other) == ["Alice", "Bob"]


def test_pass_that_ends_before_the_due_date_does_not_count(
    database: Database, elm: Elm, cast: Cast, assign: Assign
) -> None:
    late, soon = assign(IN_A_MONTH), assign(TODAY + timedelta(days=5))
    with database.transaction() as session:
        pool = add_pool(session, elm.facts.id, cast.webinar_id)
        let_go(session, seat(session, pool, cast.mia.id), opens_at=NOW)
        session.add(
            Grant(
                login_id=cast.mia.id,
                kind=OfferKind.PASS,
                scope=Scope.EVERYTHING,
                starts_at=NOW,
                ends_at=NOW + timedelta(days=10),
                created_at=NOW,
            )
        )
        session.get_one(Webinar, cast.webinar_id).is_in_passes = True
    assert names(database, soon) == ["Alice", "Bob", "Mia"]
    assert names(database, late) == ["Alice", "Bob"]
