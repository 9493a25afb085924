"""The list of tax rules: adding and ending rules, and the notice about states without one."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from lms.branding import BrandingTexts, edit_branding
from lms.core.database import Database
from lms.core.errors import Conflict, Invalid, NotFound
from lms.core.postal_addresses import Address
from lms.models.organizations import Organization
from lms.models.tax import Supply
from lms.tax.rule_list import NewTaxRule, add_rule, end_rule, has_rules, list_rules, read_rate
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import letters
from tests.sales.order_fixtures import GROUP, placed, read

OHIO = NewTaxRule("OH", "Ohio sales tax", Supply.BOTH, Decimal("8.25"), date(2026, 1, 1))
DAY = timedelta(days=1)
TEAM = "team@lantern.example"


def added(database: Database, new: NewTaxRule = OHIO) -> str:
    with database.transaction() as session:
        return add_rule(session, new, actor=None, now=NOW).id


@pytest.fixture
def in_ohio(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        elm.billing_address = Address("1 Main Street", "", "Elm", "OH", "43210", "US")
        words = BrandingTexts("Lantern", "#1d6a4c", TEAM, "Lantern", "")
        edit_branding(session, words, actor=None, now=NOW)


def test_rule_applies_from_its_first_day(database: Database, in_ohio: None) -> None:
    added(database)
    assert read(database, placed(database, GROUP)).total_minor == 32_500 + 2_681


def test_ended_rule_applies_through_its_last_day(database: Database) -> None:
    rule = added(database)
    last = date(2026, 6, 30)
    with database.transaction() as session:
        end_rule(session, rule, last, actor=None, now=NOW)
    with database.read_session() as session:
        assert has_rules(session, on=last, state="OH")
        assert not has_rules(session, on=last + DAY)
        assert [one.last_day for one in list_rules(session)] == [last]
    with database.transaction() as session, pytest.raises(Conflict):
        end_rule(session, rule, last, actor=None, now=NOW)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"state": "ZZ"}, "state"),
        ({"name": " "}, "name"),
        ({"rate": Decimal(100)}, "rate"),
        ({"rate": Decimal(-1)}, "rate"),
        ({"rate": Decimal("8.25001")}, "rate"),
        ({"rate": Decimal("NaN")}, "rate"),
        ({"last_day": date(2025, 12, 31)}, "last_day"),
    ],
)
def test_invalid_field_is_named(database: Database, values: dict[str, object], field: str) -> None:
    new = NewTaxRule(
        **{
            "state": OHIO.state,
            "name": OHIO.name,
            "supply": OHIO.supply,
            "rate": OHIO.rate,
            "first_day": OHIO.first_day,
            **values,
        }
    )
    with database.transaction() as session, pytest.raises(Invalid) as refused:
        add_rule(session, new, actor=None, now=NOW)
    assert field in refused.value.fields


def test_rate_is_parsed_as_typed() -> None:
    assert read_rate(" 8.25 % ") == Decimal("8.25")
    with pytest.raises(Invalid):
        read_rate("eight")


def test_unknown_rule_is_not_found(database: Database) -> None:
    with database.transaction() as session, pytest.raises(NotFound):
        end_rule(session, "0" * 26, date(2026, 6, 30), actor=None, now=NOW)


def test_our_team_is_emailed_once_about_a_state_without_a_rule(
    database: Database, in_ohio: None
) -> None:
    first = placed(database, GROUP)
    placed(database, GROUP)
    (mail,) = [one for one in letters(database, TEAM) if one.kind == "tax_state_without_rule"]
    assert "Ohio" in mail.subject
    assert first.invoice_number is not None
    assert first.invoice_number in mail.text


def test_no_email_is_sent_for_a_state_with_a_rule(database: Database, in_ohio: None) -> None:
    added(database)
    placed(database, GROUP)
    assert "tax_state_without_rule" not in [one.kind for one in letters(database, TEAM)]
