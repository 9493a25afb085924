"""Only available seats can be returned or removed by a correction (R1, S10, C2)."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.errors import Conflict
from lms.models.documents import CreditReason
from lms.models.grants import OfferKind
from lms.models.orders import LineAct
from lms.models.seats import Pool
from lms.sales import corrections, seat_returns
from lms.sales.corrections import Correction
from lms.sales.credit_notes import Credit
from lms.sales.line_corrections import LineChange
from lms.sales.read_models import OrderFacts
from lms.sales.seat_returns import InUse
from tests.cast import Cast
from tests.clock import NOW
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import (
    FIVE_SEATS,
    GROUP,
    credited,
    documents,
    first_line,
    grants,
    locked,
    placed,
    with_line,
)
from tests.seats.pool_fixtures import counts, let_go, people, take_seat

INSTITUTIONAL = with_line(GROUP, kind=OfferKind.INSTITUTIONAL, quantity=None, price_minor=49_900)
CONTRACT = with_line(
    GROUP, kind=OfferKind.CONTRACT, covers="everything", quantity=3, price_minor=30_000
)
RENEWAL = with_line(CONTRACT, act=LineAct.RENEWAL)


def taken(database: Database, number: int) -> tuple[int, list[str]]:
    """Let people claim seats of the only pool; return its ID and the seats."""
    with database.read_session() as session:
        pool_id = session.scalars(select(Pool.id)).one()
    return pool_id, [take_seat(database, pool_id, one) for one in people(database, number)]


def in_use(database: Database, facts: OrderFacts, fewer: int | None) -> InUse | None:
    with database.read_session() as session:
        order, line = locked(session, facts), first_line(database, facts)
        return seat_returns.seats_in_use(session, order, line, {line.id: fewer}, now=NOW)


def corrected(database: Database, facts: OrderFacts, seats: int) -> None:
    change = LineChange(first_line(database, facts).public_id, seats, 20_000)
    with database.transaction() as session:
        corrections.correct(
            session,
            locked(session, facts),
            Correction(lines=(change,)),
            mail_context=OFFICE,
            actor=None,
            now=NOW,
        )


@pytest.fixture
def added(database: Database, cast: Cast) -> OrderFacts:
    """Three seats added to five."""
    to = first_line(database, placed(database, GROUP)).public_id
    more = {"act": LineAct.MORE_SEATS, "adds_to": to, "quantity": 3, "price_minor": 19_500}
    return placed(database, with_line(GROUP, **more))


@pytest.mark.parametrize("seats", [2, 3])
def test_added_seats_in_use_cannot_be_returned(
    database: Database, added: OrderFacts, seats: int
) -> None:
    pool_id, held = taken(database, 8)
    over = in_use(database, added, seats)
    assert over is not None
    assert (over.free, over.missing, len(over.people)) == (0, seats, seats)
    with pytest.raises(Conflict) as refused:
        credited(
            database,
            added,
            CreditReason.RETURN,
            Credit(first_line(database, added).public_id, seats=seats),
        )
    assert refused.value.code == "seats_in_use"
    assert counts(database, pool_id) == (8, 8)
    assert len(documents(database, added)) == 1
    for seat in held[:seats]:
        let_go(database, seat)
    assert in_use(database, added, seats) is None


def test_all_added_seats_can_be_returned_once_enough_are_available(
    database: Database, added: OrderFacts
) -> None:
    pool_id, _held = taken(database, 5)
    credited(database, added)
    assert counts(database, pool_id) == (5, 5)


def test_unlimited_seats_can_be_returned_once_the_rest_is_enough(
    database: Database, cast: Cast
) -> None:
    placed(database, GROUP)
    license_ = placed(database, INSTITUTIONAL)
    pool_id, held = taken(database, 7)
    over = in_use(database, license_, None)
    assert over is not None
    assert over.missing == 2
    with pytest.raises(Conflict):
        credited(database, license_)
    for seat in held[:2]:
        let_go(database, seat)
    credited(database, license_)
    assert counts(database, pool_id) == (5, 5)


def test_return_of_a_whole_order_needs_no_available_seats(database: Database, cast: Cast) -> None:
    both = replace(GROUP, lines=(FIVE_SEATS, replace(FIVE_SEATS, quantity=3, price_minor=22_500)))
    facts = placed(database, both)
    pool_id, _held = taken(database, 8)
    credited(database, facts)
    assert counts(database, pool_id) == (0, 0)


def test_renewal_can_be_returned_while_seats_of_the_current_term_are_in_use(
    database: Database, cast: Cast
) -> None:
    placed(database, CONTRACT)
    renewal = placed(database, RENEWAL)
    pool_id, _held = taken(database, 3)
    assert in_use(database, renewal, None) is None
    credited(database, renewal)
    assert counts(database, pool_id) == (3, 3)


def test_renewal_can_be_corrected_to_fewer_seats_than_are_in_use(
    database: Database, cast: Cast
) -> None:
    now, renewal = placed(database, CONTRACT), placed(database, RENEWAL)
    pool_id, _held = taken(database, 3)
    corrected(database, renewal, 2)
    assert [one.seats for one in grants(database, renewal)] == [2]
    assert counts(database, pool_id) == (3, 3)
    with pytest.raises(Conflict):
        corrected(database, now, 2)
