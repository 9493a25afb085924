"""Money lost after a credit: the invoice is open again, minus its own credit notes."""

from dataclasses import replace

import pytest

from lms.core.database import Database
from lms.models.documents import CreditReason
from lms.models.orders import Terms
from lms.models.payments import Reversal
from lms.sales import receiving
from lms.sales.credit_notes import Credit
from lms.sales.read_models import OrderFacts, Standing
from lms.seller.settings import edit_seller
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import letters, newest
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import (
    GROUP,
    PAY,
    SEAT,
    balanced,
    credited,
    documents,
    first_line,
    paid,
    placed,
    read,
)
from tests.sales.test_credit_that_paid import paid_by
from tests.sales.test_disputes import dispute, dispute_part, lose
from tests.seller.seller_settings import COMPLETE


def bounce(database: Database, payment_id: str) -> tuple[str, ...]:
    """Reverse a payment; return the numbers of the reopened invoices."""
    with database.transaction() as session:
        return tuple(
            one.label
            for one in receiving.reverse(
                session,
                payment_id,
                Reversal.BOUNCED,
                pay=PAY,
                mail_context=OFFICE,
                actor=None,
                now=NOW,
            )
        )


def give(database: Database, facts: OrderFacts, minor: int) -> None:
    """Credit an amount of an order's first line as goodwill."""
    line = first_line(database, facts).public_id
    credited(database, facts, CreditReason.GOODWILL, Credit(line, amount_minor=minor))


@pytest.mark.parametrize("amount", [32_500, 32_400])
def test_returned_order_owes_nothing_when_its_check_bounces(
    database: Database, cast: Cast, amount: int
) -> None:
    with database.transaction() as session:
        edit_seller(session, COMPLETE, actor=None, now=NOW)
    facts = placed(database, GROUP)
    payment = paid(database, facts, amount)
    credited(database, facts)
    assert bounce(database, payment) == ()
    assert {left for _kind, _number, _total, left in documents(database, facts)} == {0}
    assert [one for one in letters(database, "mia@example.org") if "bounced" in one.kind] == []
    assert balanced(database)


def test_reopened_invoice_is_reduced_by_a_goodwill_credit(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    payment = paid(database, facts)
    give(database, facts, 2_500)
    assert bounce(database, payment) == (facts.invoice_number,)
    now = read(database, facts)
    assert (now.open_minor, now.standing(NOW)) == (30_000, Standing.UNPAID)
    assert "$300.00" in newest(database, "mia@example.org", "payment_bounced").text
    assert balanced(database)


def test_returned_order_owes_nothing_after_a_lost_dispute(database: Database, cast: Cast) -> None:
    facts = placed(database, SEAT)
    credited(database, facts)
    dispute(database, facts)
    lose(database, facts)
    assert {left for _kind, _number, _total, left in documents(database, facts)} == {0}
    assert balanced(database)


def test_amount_lost_in_a_dispute_is_reduced_by_a_goodwill_credit(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, replace(GROUP, terms=Terms.CARD))
    give(database, facts, 2_500)
    dispute_part(database, facts, 10_000)
    lose(database, facts)
    assert read(database, facts).open_minor == 7_500
    assert balanced(database)


def test_bounce_first_reverses_credit_that_paid_another_order(
    database: Database, cast: Cast
) -> None:
    first = placed(database, GROUP)
    payment = paid(database, first)
    second = paid_by(database, credited(database, first), 32_500)
    give(database, second, 2_500)
    assert bounce(database, payment) == (second.invoice_number,)
    now = read(database, second)
    assert (now.open_minor, now.standing(NOW)) == (30_000, Standing.UNPAID)
    assert read(database, first).open_minor == 0
    assert balanced(database)


def test_only_the_lost_part_of_credit_is_reversed_across_orders(
    database: Database, cast: Cast
) -> None:
    first = placed(database, replace(GROUP, terms=Terms.CARD))
    second = paid_by(database, credited(database, first), 32_500)
    third = paid_by(database, credited(database, second), 32_500)
    dispute_part(database, first, 10_000)
    lose(database, first)
    owed = [read(database, facts).open_minor for facts in (first, second, third)]
    assert owed == [0, 0, 10_000]
    assert balanced(database)
