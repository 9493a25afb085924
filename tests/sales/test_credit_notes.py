"""Credit notes by line and reason: only a return ends access (PRODUCT.md, R1, P5, S10)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.access.policy import Code
from lms.core.database import Database
from lms.core.errors import Conflict, Invalid
from lms.models.documents import CreditReason
from lms.models.grants import Withdrawal
from lms.models.orders import LineAct, Terms
from lms.models.playback import PlaybackEnd
from lms.models.seats import AssignmentEnd, Pool
from lms.pricing.price_list import set_prices
from lms.sales import corrections, credit_notes, seat_returns
from lms.sales.corrections import Correction
from lms.sales.credit_notes import Credit
from lms.sales.line_corrections import LineChange
from lms.sales.new_orders import NewOrder
from lms.sales.read_models import OrderFacts, Standing
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import letters, newest
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import (
    GROUP,
    PRICES,
    SEAT,
    balanced,
    credited,
    documents,
    first_line,
    grants,
    locked,
    paid,
    placed,
    read,
    with_line,
)
from tests.sales.test_orders import CONTRACT, code
from tests.seats.pool_fixtures import counts, endings, let_go, people, play, take_seat

INVOICE = replace(SEAT, terms=Terms.INVOICE)


@pytest.fixture(autouse=True)
def _prices(database: Database) -> None:
    with database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=NOW - timedelta(days=9))


def pool_of(database: Database) -> Pool:
    with database.read_session() as session:
        return session.scalars(select(Pool)).one()


def return_seats(
    database: Database, facts: OrderFacts, seats: int, amount: int | None = None
) -> int:
    line = first_line(database, facts)
    wanted = Credit(line.public_id, seats=seats, amount_minor=amount)
    return credited(database, facts, CreditReason.RETURN, wanted).total_minor


def test_return_ends_access_from_that_order_only(database: Database, cast: Cast) -> None:
    first, second = placed(database), placed(database)
    credited(database, first)
    assert grants(database, first)[0].revoked_as is Withdrawal.REFUNDED
    assert grants(database, second)[0].revoked_at is None
    assert code(database, cast, cast.dan.id) is Code.OK_PERMANENT
    credited(database, second)
    assert code(database, cast, cast.dan.id) is Code.REFUNDED
    email = newest(database, "dan@example.org", "order_returned")
    assert "$99.00" in email.text
    assert read(database, second).standing(NOW) is Standing.RETURNED
    assert balanced(database)


@pytest.mark.parametrize("reason", [one for one in CreditReason if one is not CreditReason.RETURN])
def test_other_credit_reasons_do_not_end_access(
    database: Database, cast: Cast, reason: CreditReason
) -> None:
    facts = placed(database, INVOICE)
    if reason is CreditReason.TAX:
        with pytest.raises(Conflict):
            credited(database, facts, reason, Credit(first_line(database, facts).public_id))
    else:
        credited(database, facts, reason)
        assert read(database, facts).open_minor == 0
    assert code(database, cast, cast.dan.id) is Code.OK_PERMANENT
    assert not [one for one in letters(database, "dan@example.org") if "return" in one.kind]


def test_order_cannot_be_credited_twice(database: Database, cast: Cast) -> None:
    facts = placed(database)
    credited(database, facts)
    with pytest.raises(Conflict):
        credited(database, facts)


def test_credit_of_a_paid_invoice_becomes_the_payers_credit(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    paid(database, facts)
    assert credited(database, facts, CreditReason.GOODWILL).open_minor == 32_500
    assert balanced(database)


def test_credit_of_an_unpaid_invoice_reduces_what_is_owed(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    line = first_line(database, facts).public_id
    note = credited(database, facts, CreditReason.GOODWILL, Credit(line, amount_minor=2500))
    assert (note.total_minor, note.open_minor) == (2500, 0)
    assert read(database, facts).open_minor == 30_000
    with pytest.raises(Invalid) as refusal:
        credited(database, facts, CreditReason.GOODWILL, Credit(line, amount_minor=30_001))
    assert "amount" in refusal.value.fields


def test_write_off_covers_the_open_amount(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    paid(database, facts, 20_000)
    assert credited(database, facts, CreditReason.WRITE_OFF).total_minor == 12_500
    assert read(database, facts).standing(NOW) is Standing.PAID
    assert balanced(database)


def test_partly_paid_invoice_cannot_be_voided(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    paid(database, facts, 20_000)
    with pytest.raises(Conflict):
        credited(database, facts, CreditReason.VOID)


# seats


def test_returning_one_of_five_seats_credits_25_dollars(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    assert return_seats(database, facts, 1) == 2500
    assert (pool_of(database).capacity, grants(database, facts)[0].seats) == (4, 4)
    assert documents(database, facts)[-1] == ("credit_note", "CN-2026-0001", 2500, 0)


@pytest.mark.parametrize(("seats", "printed"), [(2, (2, -5_000)), (3, (3, -12_700))])
def test_returned_seats_show_a_unit_price_if_it_divides_evenly(
    database: Database, cast: Cast, seats: int, printed: tuple[int, int]
) -> None:
    facts = placed(database, GROUP)
    wanted = Credit(first_line(database, facts).public_id, seats=seats)
    note = credited(database, facts, CreditReason.RETURN, wanted)
    (line,) = note.snapshot["lines"]
    assert (line["quantity"], line["unit_minor"]) == printed


def test_returning_twice_is_worth_as_much_as_returning_at_once(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, GROUP)
    assert return_seats(database, facts, 1) + return_seats(database, facts, 1) == 32500 - 22500


def test_discounted_seats_return_a_share_of_what_was_charged(
    database: Database, cast: Cast
) -> None:
    # 5 seats list at 325.00; half was charged, so a seat returns half of 25.00
    facts = placed(database, with_line(GROUP, price_minor=16_250, discount_minor=16_250))
    assert return_seats(database, facts, 1) == 1250


def test_return_uses_the_prices_of_the_order_date(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    dearer = [replace(each, price_minor=2 * each.price_minor) for each in PRICES]
    with database.transaction() as session:
        set_prices(session, dearer, actor=None, now=NOW + timedelta(days=1))
    assert return_seats(database, facts, 1) == 2500


@pytest.fixture
def five_in_two_orders(database: Database, cast: Cast) -> tuple[OrderFacts, OrderFacts]:
    """Return two orders, as five seats cost at once: two for 198.00 and three more for 127.00."""
    two = placed(database, with_line(GROUP, quantity=2, price_minor=19_800))
    to = first_line(database, two).public_id
    more = {"act": LineAct.MORE_SEATS, "adds_to": to, "quantity": 3, "price_minor": 12_700}
    return two, placed(database, with_line(GROUP, **more))


def test_seats_bought_in_two_orders_return_as_much_as_in_one(
    database: Database, five_in_two_orders: tuple[OrderFacts, OrderFacts]
) -> None:
    two, three = five_in_two_orders
    assert [return_seats(database, three, 1) for _ in range(2)] == [2_500, 7_500]
    assert return_seats(database, three, 1) == 2_700  # the third: 225.00 - 198.00
    assert return_seats(database, two, 1) == 9_900
    assert return_seats(database, two, 1) == 9_900


def test_discount_on_the_first_seats_is_shared_by_added_seats(
    database: Database, cast: Cast
) -> None:
    two = placed(database, with_line(GROUP, quantity=2, price_minor=3_550))  # a discount of 162.50
    more = {"act": LineAct.MORE_SEATS, "quantity": 3, "price_minor": 12_700}
    to = first_line(database, two).public_id
    three = placed(database, with_line(GROUP, **more, adds_to=to))
    assert return_seats(database, three, 1) == 1_250  # half of 25.00


def test_seats_added_last_must_be_returned_first(
    database: Database, five_in_two_orders: tuple[OrderFacts, OrderFacts]
) -> None:
    """Three seats alone cost 225.00, not the 127.00 that was paid for them."""
    two, three = five_in_two_orders
    for seats in (1, 2):
        with pytest.raises(Conflict) as refused:
            return_seats(database, two, seats)
        assert refused.value.message == credit_notes.ADDED_FIRST
    assert return_seats(database, two, 1, amount=2_500) == 2_500  # unless an amount was agreed
    assert return_seats(database, three, 3) == 12_700
    assert return_seats(database, two, 1) == 17_300


def test_withheld_amount_does_not_change_the_value_of_other_seats(
    database: Database, five_in_two_orders: tuple[OrderFacts, OrderFacts]
) -> None:
    two, three = five_in_two_orders
    assert return_seats(database, three, 3, amount=10_000) == 10_000
    assert return_seats(database, two, 1) == 9_900


def test_correcting_added_seats_does_not_change_the_return_order(
    database: Database, five_in_two_orders: tuple[OrderFacts, OrderFacts]
) -> None:
    two, three = five_in_two_orders
    to = first_line(database, two).public_id
    more = {"act": LineAct.MORE_SEATS, "adds_to": to, "quantity": 1, "price_minor": 6_500}
    sixth = placed(database, with_line(GROUP, **more), at=NOW + timedelta(days=1))
    line = first_line(database, three).public_id
    with database.transaction() as session:
        corrections.correct(
            session,
            locked(session, three),
            Correction(lines=(LineChange(line, 3, 12_600),)),
            mail_context=OFFICE,
            actor=None,
            now=NOW + timedelta(days=2),
        )
    with pytest.raises(Conflict):
        return_seats(database, three, 1)
    assert return_seats(database, sixth, 1) == 6_500


def test_goodwill_credit_does_not_require_returning_added_seats_first(
    database: Database, five_in_two_orders: tuple[OrderFacts, OrderFacts]
) -> None:
    two, _three = five_in_two_orders
    wanted = Credit(first_line(database, two).public_id, seats=1)
    assert credited(database, two, CreditReason.GOODWILL, wanted).total_minor == 2_500


def test_staff_can_credit_another_amount_up_to_what_is_left(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    assert return_seats(database, facts, 1, amount=5000) == 5000
    for amount in (-1, 27_501):
        with pytest.raises(Invalid):
            return_seats(database, facts, 1, amount=amount)


def test_number_of_returned_seats_must_be_within_those_left(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    with pytest.raises(Invalid, match=credit_notes.AT_LEAST_ONE):
        return_seats(database, facts, 0)
    with pytest.raises(Invalid, match="left to return: 5"):
        return_seats(database, facts, 6)
    return_seats(database, facts, 3)
    with pytest.raises(Invalid, match="left to return: 2"):  # as when two staff return them at once
        return_seats(database, facts, 3)
    return_seats(database, facts, 2)
    with pytest.raises(Invalid, match="already returned"):
        return_seats(database, facts, 2)


def test_contract_seats_cannot_be_returned_one_by_one(database: Database, cast: Cast) -> None:
    facts = placed(database, CONTRACT)
    with pytest.raises(Invalid):
        return_seats(database, facts, 1)


def test_seats_in_use_cannot_be_returned_until_managers_release_them(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, GROUP)
    pool = pool_of(database)
    taken = [
        take_seat(database, pool.id, one, NOW + timedelta(minutes=minute))
        for minute, one in enumerate(people(database, 4))
    ]
    with database.transaction() as session:
        line = first_line(database, facts)
        over = seat_returns.seats_in_use(
            session, locked(session, facts), line, {line.id: 3}, now=NOW
        )
        assert over is not None
        assert (over.free, over.missing) == (1, 2)
        assert [one.seat for one in over.people] == taken[:2]
    with pytest.raises(Conflict) as refused:
        return_seats(database, facts, 3)
    assert refused.value.code == "seats_in_use"
    assert len(documents(database, facts)) == 1
    with database.transaction() as session:
        missing = seat_returns.ask_for_release(
            session,
            locked(session, facts),
            line,
            3,
            links=OFFICE.links,
            actor=None,
            now=NOW,
        )
    assert missing == 2
    assert "release 2 more seats" in newest(database, cast.mia.email, "seats_to_release").text
    for seat in taken[:2]:
        let_go(database, seat, reason=AssignmentEnd.LEFT)
    return_seats(database, facts, 3)
    assert counts(database, pool.id) == (2, 2)


def test_refused_return_uses_no_document_number(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    with database.transaction() as session:
        session.execute(update(Pool).values(used=5))
    with pytest.raises(Conflict):
        return_seats(database, facts, 1)
    with database.transaction() as session:
        session.execute(update(Pool).values(used=0))
    return_seats(database, facts, 1)
    assert documents(database, facts)[-1][1] == "CN-2026-0001"


def test_available_seats_of_another_order_allow_a_return(database: Database, cast: Cast) -> None:
    first, second = placed(database, GROUP), placed(database, GROUP)
    pool = pool_of(database)
    for one in people(database, 6):
        take_seat(database, pool.id, one)
    return_seats(database, first, 4)
    assert (grants(database, first)[0].seats, grants(database, second)[0].seats) == (1, 5)
    assert counts(database, pool.id) == (6, 6)


# playback


@pytest.mark.parametrize("new", [SEAT, GROUP])
def test_return_ends_only_playback_that_depended_on_it(
    database: Database, cast: Cast, new: NewOrder
) -> None:
    facts = placed(database, new)
    if new is GROUP:
        take_seat(database, pool_of(database).id, cast.dan.id)
    for login_id in (cast.alice.id, cast.dan.id):
        play(database, login_id, cast.recording_id)
    credited(database, facts)
    assert endings(database) == [(None, None), (NOW, PlaybackEnd.REFUNDED)]
