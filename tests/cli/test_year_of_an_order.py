"""A year of one customer on a moved clock: the rows after every step, and how they are explained.

After each step `order explain` and the nightly check run. A quote in two versions is accepted by
a purchase order of another amount and reissued to match; two checks pay it and one bounces; seats
are added and returned; a contract is renewed and billed in July; an unpaid order is written off.
See MONEY.md.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from lms.branding import BrandingTexts, edit_branding
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.jobs.queue import JobRun
from lms.models.documents import CreditReason
from lms.models.grants import OfferKind
from lms.models.orders import Terms
from lms.models.payments import Reversal
from lms.payments.jobs import check as check_balances
from lms.pricing.price_list import set_prices
from lms.requests.asker import Asker
from lms.sales import corrections, invoices, orders, quotes, receiving, requested_orders
from lms.sales.corrections import Correction
from lms.sales.credit_notes import Credit
from lms.sales.line_corrections import LineChange
from lms.sales.new_orders import NewOrder
from lms.sales.quotes import Acceptance
from lms.sales.read_models import OrderFacts, Standing, find_order_facts
from lms.seats.pools import PoolFacts, pools_of
from lms.seller.settings import edit_seller
from tests.cast import Cast
from tests.cli.command_runner import Shell
from tests.clock import NOW, Clock
from tests.live.upcoming_webinar import Quiet
from tests.mailbox import letters
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import (
    FIVE_SEATS,
    GROUP,
    PAY,
    PRICES,
    add_ohio_tax,
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
from tests.seller.seller_settings import COMPLETE

DAY = timedelta(days=1)
TEAM = "team@lantern.example"
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
    """The customer's orders, the command line and the nightly check."""

    carrel: Carrel
    cast: Cast
    shell: Shell

    @property
    def database(self) -> Database:
        return self.carrel.database

    @property
    def asker(self) -> Asker:
        """The manager who asks for a renewal or more seats."""
        return Asker(self.cast.mia.id, self.cast.mia.public_id, "Mia", "mia@example.org")

    def check(self, facts: OrderFacts, balance_minor: int) -> None:
        """Check the balance in `order explain`, and that the nightly check finds no difference."""
        ran = self.shell("order", "explain", facts.number, "--json")
        assert ran.code == 0
        assert ran.answer["balance"]["minor"] == balance_minor
        amounts = [one["amount"]["minor"] for one in ran.answer["items"] if one["amount"]]
        assert sum(amounts) == balance_minor
        assert read(self.database, facts).open_minor == max(balance_minor, 0)
        check_balances(self.carrel, JobRun(0, "", "", {}, 1, 1, Quiet()))
        assert [one.kind for one in letters(self.database, TEAM) if "differ" in one.kind] == []
        assert balanced(self.database)

    def pool(self, *, is_permanent: bool) -> PoolFacts:
        """Return the pool of the customer's webinar seats, or of its contract."""
        with self.database.read_session() as session:
            (found,) = [
                one
                for one in pools_of(session, self.cast.organization_id)
                if one.is_permanent is is_permanent
            ]
        return found

    def quote(self, new: NewOrder, at: datetime) -> OrderFacts:
        """Draft an order and quote it."""
        with self.database.transaction() as session:
            order = orders.draft(session, new, actor=None, now=at)
            quotes.issue_quote(session, order, mail_context=OFFICE, actor=None, now=at)
            return find_order_facts(session, order.public_id)

    def quote_again(self, facts: OrderFacts, new: NewOrder, at: datetime) -> None:
        """Change what is quoted and issue the next version."""
        with self.database.transaction() as session:
            order = locked(session, facts)
            orders.revise(session, order, new, actor=None, now=at)
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
        """Run the day's billing; return how many invoices were issued."""
        with self.database.transaction() as session:
            due = invoices.due_for_billing(session, zone=OFFICE.zone, now=at)
            for order_id in due:
                invoices.bill_due(session, order_id, mail_context=OFFICE, now=at)
            return len(due)


@pytest.fixture
def year(carrel: Carrel, cast: Cast, carrel_command: Shell, clock: Clock) -> Year:
    with carrel.database.transaction() as session:
        words = BrandingTexts("Lantern", "#1d6a4c", TEAM, "Lantern", "")
        edit_branding(session, words, actor=None, now=NOW)
        edit_seller(session, COMPLETE, actor=None, now=NOW)
        set_prices(session, PRICES, actor=None, now=NOW - 400 * DAY)
    return Year(carrel, cast, carrel_command)


def test_balances_match_through_a_year_of_one_customer(year: Year) -> None:
    placed_contract(year, datetime(2025, 6, 20, 15, tzinfo=UTC))
    seats_are_added_and_returned(year, NOW)
    a_quote_is_paid_by_checks(year, NOW + 7 * DAY)
    the_contract_is_renewed(year, datetime(2026, 5, 4, 15, tzinfo=UTC))
    a_debt_is_written_off(year, JULY + 9 * DAY)


def placed_contract(year: Year, at: datetime) -> None:
    facts = placed(year.database, CONTRACT, at=at)
    year.check(facts, 318_000)
    paid(year.database, facts, at=at + 20 * DAY)
    year.check(facts, 0)


def a_quote_is_paid_by_checks(year: Year, at: datetime) -> None:
    """Accept the second version by a PO of another amount; two checks pay it, and one bounces."""
    facts = year.quote(with_line(GROUP, price_minor=35_000), at)
    year.check(facts, 0)
    year.quote_again(facts, GROUP, at + DAY)
    year.check(facts, 0)
    po = Acceptance("Mia", po_number="88123", po_amount_minor=30_000)
    year.accept(facts, po, at + 2 * DAY)
    assert read(year.database, facts).total_minor == 32_500
    year.check(facts, 32_500)

    line = first_line(year.database, facts).public_id
    match = Correction(po_number="88123", lines=(LineChange(line, 5, 30_000),))
    year.correct(facts, match, at + 3 * DAY)
    assert documents(year.database, facts) == [
        ("quote", "Q-2026-0001", 35_000, 0),
        ("quote", "Q-2026-0002", 32_500, 0),
        ("invoice", "2026-0004", 32_500, 0),
        ("invoice", "2026-0005", 30_000, 30_000),
        ("credit_note", "CN-2026-0002", 32_500, 0),
    ]
    year.check(facts, 30_000)

    first = paid(year.database, facts, 10_000, check_number="1042", at=at + 9 * DAY)
    year.check(facts, 20_000)
    paid(year.database, facts, 20_000, check_number="1043", at=at + 10 * DAY)
    assert read(year.database, facts).standing(at + 10 * DAY) is Standing.PAID
    year.check(facts, 0)
    bounced = at + 12 * DAY
    with year.database.transaction() as session:
        receiving.reverse(
            session, first, Reversal.BOUNCED, pay=PAY, mail_context=OFFICE, actor=None, now=bounced
        )
    assert read(year.database, facts).standing(bounced) is Standing.PARTLY_PAID
    assert grants(year.database, facts)[0].seats == 5
    year.check(facts, 10_000)
    paid(year.database, facts, 10_000, check_number="1050", at=at + 20 * DAY)
    year.check(facts, 0)
    lines = year.shell("order", "explain", "2026-0005").out.splitlines()
    assert lines[0].startswith("DAY")


def seats_are_added_and_returned(year: Year, at: datetime) -> None:
    """Add seats at the price for all of them, and return one at its current value."""
    two = replace(with_line(GROUP, quantity=2, price_minor=19_800), terms=Terms.CARD)
    facts = placed(year.database, two, at=at)
    year.check(facts, 0)
    pool = year.pool(is_permanent=True)
    with year.database.transaction() as session:
        asked = requested_orders.ask_for_more(
            session, pool, 3, year.asker, mail_context=OFFICE, now=at + DAY
        )
        order = orders.find_order(session, asked.order_public_id or "", lock=True)
        orders.agree(session, order, is_held=False, mail_context=OFFICE, actor=None, now=at + DAY)
        added = find_order_facts(session, order.public_id)
    year.check(added, 12_700)
    paid(year.database, added, at=at + 2 * DAY)
    year.check(added, 0)
    five = placed(year.database, GROUP, at=at + 3 * DAY)
    year.check(five, 32_500)
    paid(year.database, five, at=at + 4 * DAY)
    year.check(five, 0)
    line = first_line(year.database, five).public_id
    note = credited(
        year.database, five, CreditReason.RETURN, Credit(line, seats=1), at=at + 5 * DAY
    )
    assert (note.total_minor, note.open_minor) == (2500, 2500)
    year.check(five, -2500)
    assert read(year.database, facts).standing(at + 5 * DAY) is Standing.PAID


def the_contract_is_renewed(year: Year, at: datetime) -> None:
    """Renew the contract at its price on its anniversary, and bill it on July 1."""
    pool = year.pool(is_permanent=False)
    with year.database.transaction() as session:
        asked = requested_orders.ask_to_renew(
            session, pool, year.asker, mail_context=OFFICE, now=at
        )
        assert asked.quoted_minor == 318_000
        order = orders.find_order(session, asked.order_public_id or "", lock=True)
        quotes.issue_quote(session, order, mail_context=OFFICE, actor=None, now=at)
        facts = find_order_facts(session, order.public_id)
    year.check(facts, 0)
    how = Acceptance("Mia", po_number="99001", bill_on=date(2026, 7, 1))
    year.accept(facts, how, at + DAY)
    (line,) = grants(year.database, facts)
    assert (line.starts_at, line.ends_at, line.seats) == (JULY, NEXT_JULY, 12)
    assert read(year.database, facts).standing(at + DAY) is Standing.TO_BILL
    year.check(facts, 0)
    assert year.bill(JULY - timedelta(seconds=1)) == 0
    assert year.bill(JULY) == 1
    after = read(year.database, facts)
    assert (after.total_minor, after.po_number) == (318_000, "99001")
    year.check(facts, 318_000)


def a_debt_is_written_off(year: Year, at: datetime) -> None:
    """Write off an unpaid order; access continues."""
    facts = placed(year.database, GROUP, at=at)
    year.check(facts, 32_500)
    late = at + 200 * DAY
    assert read(year.database, facts).standing(late) is Standing.PAST_DUE
    credited(year.database, facts, CreditReason.WRITE_OFF, at=late)
    assert read(year.database, facts).standing(late) is Standing.CREDITED
    assert grants(year.database, facts)[0].revoked_at is None
    year.check(facts, 0)


@pytest.mark.parametrize("reason", list(CreditReason))
def test_order_explain_shows_the_reason_of_each_credit_note(
    year: Year, reason: CreditReason
) -> None:
    if reason is CreditReason.TAX:
        add_ohio_tax(year.database, year.cast)
    facts = placed(year.database, replace(GROUP, lines=(FIVE_SEATS, *CONTRACT.lines)))
    line = Credit(first_line(year.database, facts).public_id)
    is_whole = reason in (CreditReason.WRITE_OFF, CreditReason.VOID)
    note = credited(year.database, facts, reason, *(() if is_whole else (line,)))
    amount = 2_600 if reason is CreditReason.TAX else 350_500 if is_whole else 32_500
    assert note.total_minor == amount
    year.check(facts, facts.total_minor - amount)
    ran = year.shell("order", "explain", facts.invoice_number or "", "--json")
    (event,) = [one for one in ran.answer["items"] if one["what"] == "credited"]
    assert (event["number"], event["amount"]["minor"]) == (note.label, -amount)
    is_over = grants(year.database, facts)[0].revoked_at is not None
    assert is_over is (reason is CreditReason.RETURN)
