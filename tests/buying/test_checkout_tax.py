"""Sales tax at checkout: questions, amounts, and claimed exemptions (M13)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from lms.buying.carts import Item
from lms.buying.checkout import Payment
from lms.buying.checkout_tax import asks_about_tax
from lms.core.database import Database
from lms.core.dates_and_time_zones import default_zone
from lms.core.errors import Invalid
from lms.models.grants import OfferKind
from lms.models.tax import ExemptionBasis, Supply
from lms.tax.rule_list import NewTaxRule, add_rule, end_rule, list_rules
from tests.buying.buying_fixtures import (
    WEBINAR,
    confirmed,
    details,
    filled,
    open_for_business,
    ordered,
)
from tests.cast import Cast
from tests.clock import NOW
from tests.sales.order_fixtures import documents

MYSELF = {"is_for_organization": False, "payment": Payment.INVOICE}


@pytest.fixture(autouse=True)
def _in_illinois(database: Database, cast: Cast) -> None:
    open_for_business(database)
    with database.transaction() as session:
        new = NewTaxRule("IL", "Illinois sales tax", Supply.BOTH, Decimal(8), date(2026, 1, 1))
        add_rule(session, new, actor=None, now=NOW)


def single(database: Database) -> str:
    return filled(database, Item(OfferKind.SINGLE, WEBINAR))


def test_organization_is_taxed_by_its_address(database: Database) -> None:
    facts = ordered(database, filled(database), details())
    confirmed(database)
    assert documents(database, facts)[0][2] == 32_500 + 2_600


def test_buyer_who_claims_exemption_is_charged_no_tax(database: Database) -> None:
    facts = ordered(database, filled(database), details(exempt_as=ExemptionBasis.GOVERNMENT))
    confirmed(database)
    assert documents(database, facts)[0][2] == 32_500


def test_person_is_taxed_by_state(database: Database) -> None:
    entered = details(**MYSELF, home_state="il", home_postal_code="62701")
    facts = ordered(database, single(database), entered)
    confirmed(database)
    assert documents(database, facts)[0][2] == 9_900 + 792


@pytest.mark.parametrize(
    ("state", "code", "field"), [("", "62701", "home_state"), ("IL", "x", "home_postal_code")]
)
def test_person_must_enter_state_and_zip_code(
    database: Database, state: str, code: str, field: str
) -> None:
    entered = details(**MYSELF, home_state=state, home_postal_code=code)
    with pytest.raises(Invalid) as refused:
        ordered(database, single(database), entered)
    assert field in refused.value.fields


def test_tax_questions_follow_the_sellers_time_zone(database: Database, cast: Cast) -> None:
    """On the last evening of a rule, it is already the next day in UTC."""
    with database.transaction() as session:
        [rule] = list_rules(session)
        end_rule(session, rule.id, last_day=date(2026, 3, 31), actor=None, now=NOW)
        for hour, asks in ((23, True), (24, False)):
            at = datetime(2026, 3, 31, tzinfo=default_zone()) + timedelta(hours=hour)
            assert asks_about_tax(session, now=at.astimezone(UTC)) is asks
