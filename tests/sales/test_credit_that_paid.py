"""Corrections of orders paid with another order's credit: the credit pays the new invoice, too."""

import pytest

from lms.core.database import Database
from lms.models.documents import Document
from lms.payments.credit_use import CreditUse
from lms.sales import receiving
from lms.sales.corrections import Correction, correct
from lms.sales.line_corrections import LineChange
from lms.sales.payer_corrections import NewPayer
from lms.sales.read_models import OrderFacts
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_organization
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import (
    GROUP,
    balanced,
    credited,
    first_line,
    locked,
    paid,
    placed,
    read,
)


@pytest.fixture
def credit(database: Database, cast: Cast) -> Document:
    """A credit of 325.00 from an order that was paid and returned."""
    facts = placed(database, GROUP)
    paid(database, facts)
    return credited(database, facts)


def paid_by(database: Database, credit: Document, amount: int) -> OrderFacts:
    """Place an order for 325.00, and pay an amount of it with the credit."""
    facts = placed(database, GROUP)
    use = CreditUse(credit.public_id, facts.invoice_id or "", amount, credit.open_minor)
    with database.transaction() as session:
        receiving.use_credit(session, use, mail_context=OFFICE, actor=None, now=NOW)
    return facts


def corrected(database: Database, facts: OrderFacts, correction: Correction) -> OrderFacts:
    with database.transaction() as session:
        order = locked(session, facts)
        correct(session, order, correction, mail_context=OFFICE, actor=None, now=NOW)
    return read(database, facts)


def unused(database: Database, credit: Document) -> int:
    with database.read_session() as session:
        return session.get_one(Document, credit.id).open_minor


@pytest.mark.parametrize("amount", [32_500, 10_000])
def test_corrected_order_stays_paid_by_credit_and_check(
    database: Database, credit: Document, amount: int
) -> None:
    facts = paid_by(database, credit, amount)
    if amount < facts.total_minor:
        paid(database, facts, check_number="1043")
    now = corrected(database, facts, Correction(po_number="PO-7"))
    assert (now.total_minor, now.open_minor) == (32_500, 0)
    assert unused(database, credit) == 32_500 - amount
    assert balanced(database)


def test_credit_that_a_corrected_order_no_longer_needs_is_unused(
    database: Database, credit: Document
) -> None:
    facts = paid_by(database, credit, 32_500)
    change = LineChange(first_line(database, facts).public_id, 4, 30_000)
    assert corrected(database, facts, Correction(lines=(change,))).open_minor == 0
    assert unused(database, credit) == 2_500
    assert balanced(database)


def test_credit_stays_with_the_former_payer(database: Database, credit: Document) -> None:
    facts = paid_by(database, credit, 32_500)
    with database.transaction() as session:
        make_organization(session, "oak-county", name="Oak County Library")
    oak = Correction(payer=NewPayer("oak-county", "ora@example.org", "Ora"))
    assert corrected(database, facts, oak).open_minor == 32_500
    assert unused(database, credit) == 32_500
    assert balanced(database)
