"""Tax rules by state, date, and kind of delivery; lines and total agree (M4, M14)."""

from datetime import date
from decimal import Decimal

from lms.core.database import Database
from lms.models.tax import Supply, TaxRule
from lms.tax.rules import NO_TAX, Taxable, say_rate, taxes_of
from tests.clock import NOW

DAY = date(2026, 3, 2)
LINES = (Taxable(Supply.RECORDED, 3333), Taxable(Supply.BOTH, 3333), Taxable(Supply.LIVE, 3334))


def add_rule(database: Database, supply: Supply, rate: str, *, from_on: date = DAY) -> None:
    with database.transaction() as session:
        session.add(
            TaxRule(
                state="TX",
                name="Texas sales tax",
                supply=supply,
                rate=Decimal(rate),
                from_on=from_on,
                created_at=NOW,
            )
        )


def taxes(database: Database, *, state: str = "TX") -> list[int]:
    with database.read_session() as session:
        found = taxes_of(session, LINES, state=state, on=DAY)
    return [one.tax_minor for one in found]


def test_tax_is_computed_on_the_total_and_spread_over_lines(database: Database) -> None:
    add_rule(database, Supply.BOTH, "8.25")
    assert taxes(database) == [275, 275, 275]  # 825.00 on 10,000
    assert sum(taxes(database)) == 825


def test_rule_for_a_kind_of_delivery_overrides_a_general_one(database: Database) -> None:
    add_rule(database, Supply.BOTH, "10")
    add_rule(database, Supply.RECORDED, "5")
    assert taxes(database) == [167, 333, 334]


def test_no_tax_is_due_in_other_states_or_earlier(database: Database) -> None:
    add_rule(database, Supply.BOTH, "8.25", from_on=date(2026, 3, 3))
    assert taxes(database) == [0, 0, 0]
    add_rule(database, Supply.BOTH, "8.25")
    assert taxes(database, state="OH") == [0, 0, 0]
    assert taxes(database, state="") == [0, 0, 0]
    assert NO_TAX.rule is None


def test_rate_is_printed_without_trailing_zeros() -> None:
    assert say_rate(Decimal("8.2500")) == "8.25%"
    assert say_rate(Decimal("6.0000")) == "6%"
