"""Quotes for more seats or a renewal of a contract, accepted after its term changed (C3, C5)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lms.core.database import Database
from lms.core.errors import Invalid
from lms.models.orders import LineAct, Quote
from lms.sales import contract_lines
from lms.sales.new_orders import NewLine
from lms.sales.order_access import RENEWED, TERM_OVER
from lms.sales.read_models import OrderFacts
from lms.seats.pools import pools_of
from tests.cast import Cast
from tests.clock import NOW
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import documents, grants, placed, read, with_line
from tests.sales.test_orders import CONTRACT
from tests.sales.test_quotes import accepted, drafted, quoted

DAY = timedelta(days=1)
END = datetime(2026, 4, 1, 4, tzinfo=UTC)
NEXT_END = datetime(2027, 4, 1, 4, tzinfo=UTC)


def quote_of(
    database: Database, cast: Cast, act: LineAct, *, at: datetime = NOW
) -> tuple[OrderFacts, Quote]:
    """Quote the contract's renewal, or two more seats, valid for as long as possible."""
    with database.transaction() as session:
        (pool,) = pools_of(session, cast.organization_id)
        line: NewLine = (
            contract_lines.renewal_line(session, pool, None, OFFICE.zone, now=at)
            if act is LineAct.RENEWAL
            else contract_lines.line_of_more_seats(session, pool, 2, OFFICE.zone, now=at)
        )
    facts = drafted(database, replace(CONTRACT, lines=(line,)), at=at)
    last = at.astimezone(OFFICE.zone).date() + 180 * DAY
    return facts, quoted(database, facts, at=at, expires_on=last)


@pytest.fixture
def contract(database: Database, cast: Cast) -> OrderFacts:
    """A contract that ends in a month."""
    return placed(database, with_line(CONTRACT, starts_at=END - 365 * DAY, ends_at=END))


def test_more_seats_cannot_be_sold_after_the_term_ends(
    database: Database, cast: Cast, contract: OrderFacts
) -> None:
    facts, quote = quote_of(database, cast, LineAct.MORE_SEATS)
    with pytest.raises(Invalid) as refusal:
        accepted(database, quote, at=END)
    assert refusal.value.message == TERM_OVER
    assert [kind for kind, *_ in documents(database, facts)] == ["quote"]
    accepted(database, quote, at=END - DAY)
    assert [one.ends_at for one in grants(database, facts)] == [END]


def test_term_cannot_be_renewed_twice(database: Database, cast: Cast, contract: OrderFacts) -> None:
    first, second = (quote_of(database, cast, LineAct.RENEWAL) for _ in range(2))
    accepted(database, first[1])
    with pytest.raises(Invalid) as refusal:
        accepted(database, second[1])
    assert (refusal.value.message, dict(refusal.value.fields)) == (RENEWED, {})
    assert read(database, second[0]).placed_at is None
    again, quote = quote_of(database, cast, LineAct.RENEWAL)  # the following year
    accepted(database, quote)
    assert [one.starts_at for one in grants(database, again)] == [NEXT_END]


def test_renewal_in_the_grace_period_keeps_its_dates(
    database: Database, cast: Cast, contract: OrderFacts
) -> None:
    facts, quote = quote_of(database, cast, LineAct.RENEWAL)
    accepted(database, quote, at=END + 50 * DAY)
    assert [(one.starts_at, one.ends_at) for one in grants(database, facts)] == [(END, NEXT_END)]


@pytest.mark.parametrize("quoted_at", [NOW, END + 20 * DAY], ids=["before", "after"])
def test_renewal_after_the_grace_period_is_a_full_term(
    database: Database, cast: Cast, contract: OrderFacts, quoted_at: datetime
) -> None:
    facts, quote = quote_of(database, cast, LineAct.RENEWAL, at=quoted_at)
    late = END + 100 * DAY
    accepted(database, quote, at=late)
    (grant,) = grants(database, facts)
    assert grant.starts_at == late
    assert grant.ends_at is not None
    assert grant.ends_at - late > 365 * DAY


def test_agreed_end_date_is_kept_after_the_grace_period(
    database: Database, cast: Cast, contract: OrderFacts
) -> None:
    until = datetime(2026, 12, 31, 5, tzinfo=UTC)
    line = replace(CONTRACT.lines[0], act=LineAct.RENEWAL, starts_at=END, ends_at=until)
    facts = drafted(database, replace(CONTRACT, lines=(line,)))
    quote = quoted(database, facts, expires_on=END.date() + 120 * DAY)
    accepted(database, quote, at=END + 100 * DAY)
    assert [one.ends_at for one in grants(database, facts)] == [until]
