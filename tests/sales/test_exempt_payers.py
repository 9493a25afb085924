"""A buyer's tax exemption, claimed or proven, doesn't carry over to another payer."""

from lms.core.database import Database
from lms.core.postal_addresses import Address
from lms.models.organizations import Organization
from lms.models.tax import ExemptionBasis
from lms.sales import orders
from lms.sales.corrections import Correction, correct
from lms.sales.payer_corrections import NewPayer
from lms.sales.read_models import OrderFacts, find_order_facts
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_organization
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, add_ohio_tax, balanced, locked, placed, read
from tests.sales.test_tax_credits import TAX, add_paper, credit


def claimed(database: Database) -> OrderFacts:
    """Place an order for Elm County, which claims to be exempt."""
    with database.transaction() as session:
        order = orders.draft(session, GROUP, actor=None, now=NOW)
        order.exempt_as = ExemptionBasis.GOVERNMENT
        orders.agree(session, order, is_held=False, mail_context=OFFICE, actor=None, now=NOW)
        return find_order_facts(session, order.public_id)


def move_to_oak(database: Database, facts: OrderFacts) -> int:
    """Correct an order's payer to another Ohio library; return the new total."""
    with database.transaction() as session:
        oak = make_organization(session, "oak-county", name="Oak County Library")
        session.get_one(Organization, oak.id).billing_address = Address(
            "2 Main Street", "", "Oak", "OH", "43210", "US"
        )
    with database.transaction() as session:
        payer = Correction(payer=NewPayer("oak-county", "ora@example.org", "Ora"))
        order = locked(session, facts)
        correct(session, order, payer, mail_context=OFFICE, actor=None, now=NOW)
    assert balanced(database)
    return read(database, facts).total_minor


def test_another_payer_is_charged_sales_tax(database: Database, cast: Cast) -> None:
    add_ohio_tax(database, cast)
    facts = claimed(database)
    assert facts.total_minor == 32_500
    assert move_to_oak(database, facts) == 32_500 + TAX


def test_tax_credited_to_the_former_payer_is_charged_to_the_new_one(
    database: Database, cast: Cast
) -> None:
    add_ohio_tax(database, cast)
    facts = placed(database, GROUP)
    add_paper(database, cast)
    assert credit(database, facts).total_minor == TAX
    assert move_to_oak(database, facts) == 32_500 + TAX
