"""carrel quote: what is confirmed or refused before a quote is created or accepted."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from lms.core.database import Database
from lms.models.grants import OfferKind
from lms.models.orders import LineAct, OrderLine
from lms.models.organizations import Organization
from lms.sales.billing import TOO_FAR
from lms.sales.new_orders import NewLine
from lms.seller.settings import SellerSettings, edit_seller
from tests.cast import Cast
from tests.cli.command_runner import Shell
from tests.clock import Clock
from tests.sales.order_fixtures import GROUP, placed

pytestmark = pytest.mark.usefixtures("seller")

FIVE_SEATS = ("--line", "group_seats,webinar:reading-rooms,5,325.00")
OF_ELM = ("quote", "add", "--email", "mia@example.org", "--organization", "elm-county")
ACCEPT = ("quote", "accept", "Q-2026-0001", "--name", "Mia", "--json")


def number_of_organizations(database: Database) -> int:
    with database.read_session() as session:
        return session.scalar(select(func.count(Organization.id))) or 0


def test_po_number_of_another_order_needs_confirmation(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    before = placed(database, replace(GROUP, po_number="88123"))
    carrel_command(*OF_ELM, *FIVE_SEATS)
    ran = carrel_command(*ACCEPT, "--po", "88123")
    assert (ran.code, ran.complaint["code"]) == (1, "po_number_used")
    assert before.number in ran.complaint["message"]
    ran = carrel_command(*ACCEPT, "--po", "88123", "--anyway")
    assert (ran.code, ran.answer["po_number"]) == (0, "88123")


def test_po_for_a_different_amount_is_accepted_and_reported(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    carrel_command(*OF_ELM, *FIVE_SEATS)
    ran = carrel_command(*ACCEPT, "--po", "88123", "--po-amount", "300.00")
    assert ran.code == 0
    assert all(said in ran.err for said in ("88123", "$300.00", "$325.00"))


def test_billing_day_that_never_comes_is_refused(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    carrel_command(*OF_ELM, *FIVE_SEATS)
    ran = carrel_command(*ACCEPT, "--bill-on", "9999-12-31")
    assert ran.code == 1
    assert TOO_FAR in ran.complaint["message"]
    assert carrel_command(*ACCEPT, "--bill-on", "2027-07-01").code == 0


def test_po_for_the_same_amount_is_not_reported(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    carrel_command(*OF_ELM, *FIVE_SEATS)
    ran = carrel_command(*ACCEPT, "--po", "88123", "--po-amount", "325.00")
    assert (ran.code, ran.err) == (0, "")


def test_replaced_version_cannot_be_accepted(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    order = carrel_command(*OF_ELM, *FIVE_SEATS, "--json").answer["order"]
    assert carrel_command("document", "issue", order, "--kind", "quote").code == 0
    ran = carrel_command(*ACCEPT)
    assert (ran.code, ran.complaint["code"]) == (1, "conflict")
    assert "newer version" in ran.complaint["message"]
    newest = carrel_command("quote", "accept", "q-2026-0002", "--name", "Mia", "--json")
    assert (newest.code, newest.answer["standing"]) == (0, "unpaid")


def test_accepting_by_order_number_accepts_the_newest_version(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    order = carrel_command(*OF_ELM, *FIVE_SEATS, "--json").answer["order"]
    carrel_command("document", "issue", order, "--kind", "quote")
    assert carrel_command("quote", "accept", order, "--name", "Mia").code == 0


def test_possible_duplicate_organization_needs_confirmation(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.read_session() as session:
        name = session.get_one(Organization, cast.organization_id).name
    before = number_of_organizations(database)
    add = ("quote", "add", "--email", "kim@example.net", "--organization-name", name, *FIVE_SEATS)
    ran = carrel_command(*add, "--json")
    assert (ran.code, ran.complaint["code"]) == (1, "may_be_known")
    assert "elm-county" in ran.complaint["message"]
    assert carrel_command(*add, "--anyway").code == 0
    assert carrel_command(*ACCEPT).code == 0
    assert number_of_organizations(database) == before + 1


def test_contract_is_quoted_for_its_dates(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    days = "from=2026-07-01,until=2027-06-30"
    ran = carrel_command(*OF_ELM, "--line", f"contract,everything,12,3180.00,{days}", "--json")
    assert ran.code == 0
    with database.read_session() as session:
        line = session.scalars(select(OrderLine)).one()
        assert line.starts_at == datetime(2026, 7, 1, 4, tzinfo=UTC)
        assert line.ends_at == datetime(2027, 7, 1, 4, tzinfo=UTC)
        assert line.act is LineAct.NEW


def test_renewal_and_added_seats_are_quoted(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    contract = NewLine(
        kind=OfferKind.CONTRACT, covers="everything", quantity=12, price_minor=318_000
    )
    placed(database, replace(GROUP, lines=(contract,)))
    for act in ("renewal,until=2027-06-30", "more_seats"):
        line = f"contract,everything,12,3180.00,act={act}"
        assert carrel_command(*OF_ELM, "--line", line).code == 0
    with database.read_session() as session:
        acts = session.scalars(select(OrderLine.act).order_by(OrderLine.id)).all()
        pools = set(session.scalars(select(OrderLine.pool_id)))
    assert acts == [LineAct.NEW, LineAct.RENEWAL, LineAct.MORE_SEATS]
    assert len(pools) == 1


@pytest.mark.parametrize(
    "end",
    ["from=July", "act=gift", "act=new,act=new", "color=red", "act=renewal,", "from=2026-07-01,x"],
)
def test_malformed_end_of_a_contract_line_is_a_usage_error(
    carrel_command: Shell, database: Database, cast: Cast, end: str
) -> None:
    ran = carrel_command(*OF_ELM, "--line", f"contract,everything,12,3180.00,{end}")
    assert ran.code == 2


@pytest.mark.parametrize("end", ["from=2026-07-01", "act=renewal"])
def test_webinar_seats_with_dates_or_a_renewal_are_a_usage_error(
    carrel_command: Shell, database: Database, cast: Cast, end: str
) -> None:
    ran = carrel_command(*OF_ELM, "--line", f"group_seats,webinar:reading-rooms,5,325.00,{end}")
    assert ran.code == 2


def test_quote_is_not_issued_before_the_payee_is_set(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        edit_seller(session, SellerSettings(), actor=None, now=clock.moment)
    ran = carrel_command(*OF_ELM, *FIVE_SEATS, "--json")
    assert (ran.code, ran.complaint["code"]) == (1, "no_payee")
    assert carrel_command("order", "list", "--json").answer["items"] == []


def test_quote_is_not_accepted_before_the_payee_is_set(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    order = carrel_command(*OF_ELM, *FIVE_SEATS, "--json").answer["order"]
    with database.transaction() as session:
        edit_seller(session, SellerSettings(), actor=None, now=clock.moment)
    ran = carrel_command(*ACCEPT)
    assert (ran.code, ran.complaint["code"]) == (1, "no_payee")
    shown = carrel_command("order", "show", order, "--json").answer["order"]
    assert (shown["placed_at"], shown["invoice"]) == (None, None)


def test_contract_ending_after_the_last_supported_date_is_refused(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    line = "contract,everything,12,3180.00,from=2026-07-01,until=9999-12-31"
    ran = carrel_command(*OF_ELM, "--line", line, "--json")
    assert (ran.code, ran.complaint["code"]) == (1, "invalid")
    assert carrel_command("order", "list", "--json").answer["items"] == []
