"""A year of one customer, walked by a moved clock: every step's rows, and what explains them.

A quote in two versions is accepted by a purchase order of another amount and reissued to match; two
checks pay it and one bounces; seats are added and returned; a contract is renewed and billed in
July; and what is never paid is written off (MONEY.md).
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from lms.core.database import Database
from lms.models.documents import CreditReason
from lms.models.grants import OfferKind
from lms.models.orders import Terms
from lms.models.payments import Reversal
from lms.pricing.price_list import set_prices
from lms.sales import corrections, invoices, orders, quotes, receiving, requested_orders
from lms.sales.corrections import Correction, LineChange
from lms.sales.credit_notes import Credit
from lms.sales.new_orders import NewOrder
from lms.sales.order_history import history_of
from lms.sales.quotes import Acceptance
from lms.sales.read_models import OrderFacts, Standing, find_order_facts
from lms.sales.requested_orders import Asker
from lms.seats.pools import pools_of
from tests.cast import Cast
from tests.cli.command_runner import Shell
from tests.clock import NOW
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import (
    FIVE_SEATS,
    GROUP,
    PRICES,
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

DAY = timedelta(days=1)
JULY = datetime(2026, 7, 1, 4, tzinfo=UTC)  # midnight in New York
NEXT_JULY = datetime(2027, 7, 1, 4, tzinfo=UTC)
CONTRACT = with_line(
    GROUP,
    kind=OfferKind.CONTRACT,
    covers="everything",
    quantity=12,
    price_minor=318_000,
    starts_at=datetime(2025, 7, 1, 4, tzinfo=UTC),
    ends_at=JULY,
)


@dataclass
class Year:
    """The customer's orders, and the clock."""

    database: Database
    cast: Cast

    def quote(self, new: NewOrder, at: datetime) -> OrderFacts:
        """Draft an order and quote it."""
        with self.database.transaction() as session:
            order = orders.draft(session, new, actor=None, now=at)
            quotes.issue_quote(session, order, mail_context=OFFICE, actor=None, now=at)
            return find_order_facts(session, order.public_id)

    def quote_again(self, facts: OrderFacts, at: datetime) -> None:
        """Issue the next version of a quote."""
        with self.database.transaction() as session:
            order = locked(session, facts)
            quotes.issue_quote(session, order, mail_context=OFFICE, actor=None, now=at)

    def accept(self, facts: OrderFacts, how: Acceptance, at: datetime) -> None:
        """Accept the newest version."""
        with self.database.transaction() as session:
            newest = quotes.newest(session, facts.id)
            assert newest is not None
            quotes.accept(session, newest, how, mail_context=OFFICE, actor=None, now=at)

    def correct(self, facts: OrderFacts, right: Correction, at: datetime) -> None:
        """Correct an order."""
        with self.database.transaction() as session:
            corrections.correct(
                session,
                locked(session, facts),
                right,
                mail_context=OFFICE,
                actor=None,
                now=at,
            )

    def bill(self, at: datetime) -> int:
        """Run the day's billing; returns how many invoices were issued."""
        with self.database.transaction() as session:
            due = invoices.due_for_billing(session, zone=OFFICE.zone, now=at)
            for order_id in due:
                invoices.bill_due(session, order_id, mail_context=OFFICE, now=at)
            return len(due)

    def balances(self, facts: OrderFacts) -> list[int]:
        """Return the running balance of an order after each event with an amount."""
        with self.database.read_session() as session:
            events = history_of(session, orders.find_order(session, facts.public_id))
        return [one.balance_minor for one in events if one.amount_minor]


@pytest.fixture
def year(database: Database, cast: Cast) -> Year:
    with database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=NOW - 400 * DAY)
    return Year(database, cast)


def test_a_purchase_order_of_another_amount_two_checks_and_a_bounce(
    year: Year, carrel_command: Shell
) -> None:
    facts = year.quote(GROUP, NOW)
    year.quote_again(facts, NOW + DAY)
    po = Acceptance("Mia", po_number="88123", po_amount_minor=30_000)
    year.accept(facts, po, NOW + 2 * DAY)
    assert read(year.database, facts).total_minor == 32_500

    line = first_line(year.database, facts).public_id
    match = Correction(po_number="88123", lines=(LineChange(line, 5, 30_000),))
    year.correct(facts, match, NOW + 3 * DAY)
    assert documents(year.database, facts) == [
        ("quote", "Q-2026-0001", 32_500, 0),
        ("quote", "Q-2026-0002", 32_500, 0),
        ("invoice", "2026-0001", 32_500, 0),
        ("invoice", "2026-0002", 30_000, 30_000),
        ("credit_note", "CN-2026-0001", 32_500, 0),
    ]

    first = paid(year.database, facts, 10_000, check_number="1042", at=NOW + 9 * DAY)
    paid(year.database, facts, 20_000, check_number="1043", at=NOW + 10 * DAY)
    assert read(year.database, facts).standing(NOW) is Standing.PAID
    with year.database.transaction() as session:
        receiving.reverse(
            session,
            first,
            Reversal.BOUNCED,
            mail_context=OFFICE,
            actor=None,
            now=NOW + 12 * DAY,
        )
    after = read(year.database, facts)
    assert (after.open_minor, after.standing(NOW + 12 * DAY)) == (10_000, Standing.PARTLY_PAID)
    assert grants(year.database, facts)[0].seats == 5
    paid(year.database, facts, 10_000, check_number="1050", at=NOW + 20 * DAY)
    assert year.balances(facts)[-1] == 0
    assert balanced(year.database)
    ran = carrel_command("order", "explain", facts.number, "--json")
    assert ran.code == 0
    assert ran.answer["balance"] == {"minor": 0, "currency": "USD"}
    assert [one["number"] for one in ran.answer["items"] if one["what"] == "paid"]
    assert carrel_command("order", "explain", "2026-0002").out.splitlines()[0].startswith("DAY")


def test_seats_are_added_and_returned_at_the_order_s_prices(year: Year) -> None:
    two = replace(with_line(GROUP, quantity=2, price_minor=19_800), terms=Terms.CARD)
    facts = placed(year.database, two)
    with year.database.transaction() as session:
        (pool,) = pools_of(session, year.cast.organization_id)
        asked = requested_orders.ask_for_more(
            session,
            pool,
            3,
            Asker(year.cast.mia.id, year.cast.mia.public_id, "Mia", "mia@example.org"),
            mail_context=OFFICE,
            now=NOW + DAY,
        )
        order = orders.find_order(session, asked.order_public_id or "", lock=True)
        orders.agree(session, order, is_held=False, mail_context=OFFICE, actor=None, now=NOW + DAY)
        added = find_order_facts(session, order.public_id)
    assert added.total_minor == 12_700
    paid(year.database, added, at=NOW + 2 * DAY)
    five = placed(year.database, GROUP, at=NOW + 3 * DAY)
    paid(year.database, five, at=NOW + 4 * DAY)
    line = first_line(year.database, five).public_id
    note = credited(
        year.database, five, CreditReason.RETURN, Credit(line, seats=1), at=NOW + 5 * DAY
    )
    assert (note.total_minor, note.open_minor) == (2500, 2500)
    assert year.balances(five)[-1] == -2500
    assert read(year.database, facts).standing(NOW) is Standing.PAID
    assert balanced(year.database)


def test_a_contract_is_renewed_at_its_price_with_its_anniversary_and_billed_in_july(
    year: Year,
) -> None:
    placed(year.database, CONTRACT, at=datetime(2025, 6, 20, 15, tzinfo=UTC))
    spring = datetime(2026, 5, 4, 15, tzinfo=UTC)
    with year.database.transaction() as session:
        (pool,) = pools_of(session, year.cast.organization_id)
        asked = requested_orders.ask_to_renew(
            session,
            pool,
            Asker(year.cast.mia.id, year.cast.mia.public_id, "Mia", "mia@example.org"),
            mail_context=OFFICE,
            now=spring,
        )
        assert asked.quoted_minor == 318_000
        order = orders.find_order(session, asked.order_public_id or "", lock=True)
        quotes.issue_quote(session, order, mail_context=OFFICE, actor=None, now=spring)
        facts = find_order_facts(session, order.public_id)
    how = Acceptance("Mia", po_number="99001", bill_on=date(2026, 7, 1))
    year.accept(facts, how, spring + DAY)
    (line,) = grants(year.database, facts)
    assert (line.starts_at, line.ends_at, line.seats) == (JULY, NEXT_JULY, 12)
    assert read(year.database, facts).standing(spring + DAY) is Standing.TO_BILL
    assert year.bill(JULY - timedelta(seconds=1)) == 0
    assert year.bill(JULY) == 1
    after = read(year.database, facts)
    assert (after.total_minor, after.po_number) == (318_000, "99001")
    assert balanced(year.database)


def test_what_is_never_paid_is_written_off_and_the_access_stays(year: Year) -> None:
    facts = placed(year.database, GROUP)
    late = NOW + 200 * DAY
    assert read(year.database, facts).standing(late) is Standing.PAST_DUE
    credited(year.database, facts, CreditReason.WRITE_OFF, at=late)
    assert read(year.database, facts).standing(late) is Standing.CREDITED
    assert grants(year.database, facts)[0].revoked_at is None
    assert year.balances(facts)[-1] == 0
    assert balanced(year.database)


@pytest.mark.parametrize("reason", list(CreditReason))
def test_each_reason_of_a_credit_note_is_explained(
    year: Year, carrel_command: Shell, reason: CreditReason
) -> None:
    two_lines = replace(GROUP, lines=(FIVE_SEATS, *CONTRACT.lines))
    facts = placed(year.database, two_lines)
    if reason is CreditReason.TAX:
        return  # nothing was taxed: refused in test_credit_notes.py
    line = Credit(first_line(year.database, facts).public_id)
    wanted = () if reason in (CreditReason.WRITE_OFF, CreditReason.VOID) else (line,)
    note = credited(year.database, facts, reason, *wanted)
    ran = carrel_command("order", "explain", facts.invoice_number or "", "--json")
    (event,) = [one for one in ran.answer["items"] if one["what"] == "credited"]
    assert event["number"] == note.label
    assert event["amount"]["minor"] == -note.total_minor
    is_over = grants(year.database, facts)[0].revoked_at is not None
    assert is_over is (reason is CreditReason.RETURN)
    assert balanced(year.database)
