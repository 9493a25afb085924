"""Statements: amounts owed by age, with unapplied credit; test orders are left out."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from lms.core.database import Database
from lms.core.errors import Conflict, Invalid
from lms.documents.printed import printed_document
from lms.documents.snapshots import unpack
from lms.models.documents import CreditReason, Document
from lms.payments.balances import Customer
from lms.sales.statements import issue_statement
from tests.cast import Cast
from tests.clock import NOW
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, credited, paid, placed

FIRST = NOW.date()
LATER = NOW + timedelta(days=45)


def statement(database: Database, cast: Cast, *, since: date = FIRST) -> Document:
    """Issue a statement for the cast's organization since a date, 45 days later."""
    with database.transaction() as session:
        return issue_statement(
            session,
            Customer(None, cast.organization_id, "elm-county", "Elm County"),
            since=since,
            mail_context=OFFICE,
            actor=None,
            now=LATER,
            is_mailed=False,
        )


def test_credit_is_not_deducted_from_amounts_not_yet_due(database: Database, cast: Cast) -> None:
    settled = placed(database, GROUP)
    placed(database, GROUP)
    placed(database, GROUP, at=LATER)
    paid(database, settled)
    credited(database, settled, CreditReason.GOODWILL)
    made = statement(database, cast)
    assert made.snapshot["aging"] == {
        "current_minor": 32_500,
        "days_1_to_30_minor": 32_500,
        "days_31_to_60_minor": 0,
        "days_61_to_90_minor": 0,
        "over_90_days_minor": 0,
        "credit_minor": -32_500,
    }
    assert made.snapshot["open_minor"] == 32_500


def test_test_orders_are_not_on_statements(database: Database, cast: Cast) -> None:
    placed(database, replace(GROUP, livemode=False))
    with pytest.raises(Conflict):
        statement(database, cast)


def test_statement_prints_its_period(database: Database, cast: Cast) -> None:
    placed(database, GROUP)
    printed = printed_document(unpack(statement(database, cast).snapshot))
    facts = {fact.label: fact.value for fact in printed.facts}
    assert facts["Period"] == "Mar 2, 2026 to Apr 16, 2026"


def test_older_statement_without_a_period_prints_none(database: Database, cast: Cast) -> None:
    placed(database, GROUP)
    before = statement(database, cast).snapshot
    before = {name: value for name, value in before.items() if name != "since"}
    assert "Period" not in {fact.label for fact in printed_document(unpack(before)).facts}


def test_statement_cannot_start_in_the_future(database: Database, cast: Cast) -> None:
    placed(database, GROUP)
    with pytest.raises(Invalid):
        statement(database, cast, since=LATER.date() + timedelta(days=1))
