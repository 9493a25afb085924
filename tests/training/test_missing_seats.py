"""Trainees without a seat: who needs one from their manager, and which seats cover the training."""

from datetime import timedelta

from sqlalchemy import select, update

from lms.core.database import Database
from lms.models.catalog import Webinar
from lms.models.grants import Grant, OfferKind, Scope
from lms.models.seats import ClaimPolicy, Pool, VerifiedDomain
from lms.models.training import Trainee, Training
from lms.training.missing_seats import read_people_without_seat, read_pool_ids_covering
from lms.training.trainees import add_trainees
from tests.cast import Cast
from tests.clock import NOW
from tests.seat_rows import add_pool, seat
from tests.training.conftest import TODAY, Assign, Elm

IN_A_MONTH = TODAY + timedelta(days=30)


def without_seat(database: Database, training: str) -> tuple[str, ...]:
    with database.read_session() as session:
        found = session.scalars(select(Training.id).where(Training.public_id == training)).one()
        return read_people_without_seat(session, found)


def test_only_people_who_need_a_seat_from_their_manager_are_listed(
    database: Database, elm: Elm, cast: Cast, assign: Assign
) -> None:
    training = assign(IN_A_MONTH)  # alice and bob have seats, mia is only a member
    assert without_seat(database, training) == ("mia@example.org",)
    with database.transaction() as session:
        # the organization can't see what she bought herself
        session.add(
            Grant(
                login_id=cast.mia.id,
                kind=OfferKind.SINGLE,
                scope=Scope.WEBINAR,
                webinar_id=cast.webinar_id,
                starts_at=NOW,
                created_at=NOW,
            )
        )
        row = session.scalars(select(Training)).one()
        add_trainees(session, row.id, [cast.dan.id], now=NOW)
    # dan has no seat and isn't a member, so the training isn't his
    assert without_seat(database, training) == ("mia@example.org",)
    with database.transaction() as session:
        seat(session, session.get_one(Pool, elm.pool_id), cast.mia.id)
    assert without_seat(database, training) == ()


def test_people_who_are_done_invited_or_can_claim_are_not_listed(
    database: Database, elm: Elm, cast: Cast, assign: Assign
) -> None:
    training = assign(IN_A_MONTH)
    assert without_seat(database, training) == ("mia@example.org",)

    with database.transaction() as session:
        session.execute(
            update(Trainee)
            .where(Trainee.login_id == cast.mia.id)
            .values(completed_at=NOW, done_at=NOW)
        )
    assert without_seat(database, training) == ()
    with database.transaction() as session:
        session.execute(update(Trainee).values(completed_at=None, done_at=None))
        session.add(
            VerifiedDomain(organization_id=elm.facts.id, domain="example.org", verified_at=NOW)
        )
    assert without_seat(database, training) == (
        "mia@example.org",
    )  # claiming is by invitation only

    with database.transaction() as session:
        session.get_one(Pool, elm.pool_id).claim_policy = ClaimPolicy.DOMAIN
    assert without_seat(database, training) == ()
    with database.transaction() as session:
        pool = session.get_one(Pool, elm.pool_id)
        pool.used = pool.capacity
    assert without_seat(database, training) == ("mia@example.org",)  # no seat is available

    with database.transaction() as session:
        pool = session.get_one(Pool, elm.pool_id)
        pool.claim_policy, pool.used = ClaimPolicy.INVITATION, 2
        seat(session, pool, email="mia@example.org")
    assert without_seat(database, training) == ()


def test_a_free_webinar_needs_no_seat(
    database: Database, elm: Elm, cast: Cast, assign: Assign
) -> None:
    training = assign(IN_A_MONTH)
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).free = True
    assert without_seat(database, training) == ()


def test_seats_of_the_webinar_come_before_seats_of_everything(
    database: Database, elm: Elm, cast: Cast, assign: Assign
) -> None:
    with database.transaction() as session:
        wide = add_pool(session, elm.facts.id)
        session.get_one(Webinar, cast.webinar_id).is_in_passes = True
        narrow = session.get_one(Pool, elm.pool_id).public_id
        wanted = (narrow, wide.public_id)
    training = assign(IN_A_MONTH)
    with database.read_session() as session:
        row = session.scalars(select(Training.id).where(Training.public_id == training)).one()
        assert read_pool_ids_covering(session, row) == wanted
