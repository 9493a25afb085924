"""Staff pages: crediting sales tax under an exemption certificate, and expired certificates."""

from datetime import timedelta

import pytest

from lms.core.database import Database
from lms.models.documents import CreditReason, DocumentKind
from lms.models.tax import ExemptionBasis
from lms.organizations.payers import Payer
from lms.organizations.tax_papers import NewExemption, add_exemption
from lms.sales.read_models import OrderFacts, Standing
from lms.sales.tax_credits import NOT_PROVEN
from lms.web.sales.order_notices import PAPER_EXPIRED
from tests.cast import Cast, Roles
from tests.clock import NOW
from tests.page_texts import shows
from tests.sales.order_fixtures import GROUP, add_ohio_tax, placed, read
from tests.visitor import Visitor
from tests.web.sales.order_pages import documents, send


def path_of(order: OrderFacts, act: str = "") -> str:
    return f"/staff/orders/{order.public_id}{act}"


@pytest.fixture
def taxed(staff: Visitor, cast: Cast, database: Database) -> OrderFacts:
    """Return an order of five seats for $325.00 plus $26.00 of Ohio sales tax."""
    add_ohio_tax(database, cast)
    return placed(database, GROUP, at=NOW - timedelta(days=10))


@pytest.mark.parametrize("person", ["alice", "mia", "beth"])
def test_only_staff_can_credit_tax(
    client: Visitor, cast: Cast, roles: Roles, taxed: OrderFacts, person: str
) -> None:
    client.sign_in(getattr(roles if person == "beth" else cast, person).id)
    assert client.get(path_of(taxed, "/tax-credit")).status_code == 404
    assert client.post(path_of(taxed, "/tax-credit")).status_code == 404


def test_tax_can_be_credited_once_an_exemption_certificate_exists(
    staff: Visitor, cast: Cast, database: Database, taxed: OrderFacts
) -> None:
    tax_page = path_of(taxed, "/tax-credit")
    assert tax_page not in staff.get(path_of(taxed)).text
    for answer in (staff.get(tax_page), staff.post(tax_page)):
        assert shows(answer.text, NOT_PROVEN)
        assert "is_mailed" not in answer.text  # the page has no form
    assert answer.status_code == 409
    paper = {"basis": "government", "states": "Ohio"}
    added = staff.post("/staff/organizations/elm-county/tax-papers/new", data=paper)
    assert added.status_code == 303
    for page in (path_of(taxed), "/staff/organizations/elm-county"):
        text = staff.get(page).text
        assert tax_page in text
        assert "$26.00" in text
    assert "$26.00" in staff.get(tax_page).text
    answer = send(staff, tax_page)
    assert (answer.status_code, answer.location) == (303, path_of(taxed))
    [note] = documents(database, DocumentKind.CREDIT_NOTE)
    assert (note.reason, note.total_minor) == (CreditReason.TAX, 2_600)
    assert read(database, taxed).open_minor == 32_500
    assert tax_page not in staff.get(path_of(taxed)).text
    again = staff.post(tax_page)
    assert again.status_code == 409
    assert shows(again.text, NOT_PROVEN)


def test_order_page_says_that_the_exemption_certificate_expired(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    add_ohio_tax(database, cast)
    with database.transaction() as session:
        ended = NewExemption(ExemptionBasis.GOVERNMENT, until=(NOW - timedelta(days=1)).date())
        add_exemption(session, Payer(cast.organization_id), ended, actor=None, now=NOW)
    facts = placed(database, GROUP)
    text = staff.get(path_of(facts)).text
    assert shows(text, PAPER_EXPIRED)
    assert facts.standing(NOW) is Standing.UNPAID  # the order isn't blocked
