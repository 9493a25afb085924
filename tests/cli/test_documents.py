"""carrel document: an invoice is issued and reissued under the same rules as on a page."""

from dataclasses import replace
from datetime import date

import pytest

from lms.cli.documents import UNCHANGED
from lms.core.database import Database
from lms.models.orders import Order, Terms
from lms.sales import cancellations
from lms.sales.invoices import UNPROVEN
from lms.seller.settings import edit_seller
from tests.cast import Cast
from tests.cli.command_runner import Shell
from tests.clock import NOW, Clock
from tests.sales.order_fixtures import GROUP, documents, locked, placed, with_line
from tests.seller.seller_settings import COMPLETE

pytestmark = pytest.mark.usefixtures("seller")

LATER = replace(GROUP, bill_on=date(2026, 7, 1))


def test_an_invoice_is_issued_before_its_billing_day(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = placed(database, LATER)
    ran = carrel_command("document", "issue", facts.number, "--json")
    assert (ran.code, ran.answer["number"]) == (0, "2026-0001")
    again = carrel_command("document", "issue", facts.number, "--json")
    assert (again.code, again.complaint["code"]) == (1, "conflict")


def test_a_canceled_order_is_not_invoiced(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = placed(database, LATER)
    with database.transaction() as session:
        cancellations.cancel(session, locked(session, facts), actor=None, now=NOW)
    ran = carrel_command("document", "issue", facts.number, "--json")
    assert (ran.code, ran.complaint["code"]) == (1, "conflict")
    assert documents(database, facts) == []


def test_order_from_an_unconfirmed_address_is_not_invoiced(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = placed(database, LATER)
    with database.transaction() as session:
        session.get_one(Order, facts.id).awaits_proof = True
    ran = carrel_command("document", "issue", facts.number, "--json")
    assert ran.code == 1
    assert ran.complaint["message"] == UNPROVEN
    assert documents(database, facts) == []
    with database.read_session() as session:
        assert session.get_one(Order, facts.id).bill_on == LATER.bill_on


def test_a_complimentary_order_is_not_invoiced(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    free = with_line(replace(GROUP, terms=Terms.COMPLIMENTARY), price_minor=0)
    facts = placed(database, free)
    ran = carrel_command("document", "issue", facts.number, "--json")
    assert ran.code == 1
    assert "Complimentary" in ran.complaint["message"]
    assert documents(database, facts) == []


def test_invoice_is_reissued_only_with_a_change(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = placed(database, replace(GROUP, po_number="88123"))
    for same in ((), ("--po", "88123"), ("--net", "30")):
        ran = carrel_command("document", "reissue", "2026-0001", *same, "--json")
        assert (ran.code, ran.complaint["code"]) == (1, "conflict")
        assert ran.complaint["message"] == UNCHANGED
    assert len(documents(database, facts)) == 1
    assert carrel_command("document", "reissue", "2026-0001", "--net", "45").code == 0


def test_po_number_of_another_order_needs_confirmation_to_reissue(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    first = placed(database, replace(GROUP, po_number="88123"))
    second = placed(database, GROUP)
    again = ("document", "reissue", "2026-0002", "--po", "88123", "--json")
    ran = carrel_command(*again)
    assert (ran.code, ran.complaint["code"]) == (1, "po_number_used")
    assert first.number in ran.complaint["message"]
    assert len(documents(database, second)) == 1
    assert carrel_command(*again, "--anyway").answer["number"] == "2026-0003"


def test_no_invoice_is_issued_before_the_payee_is_set(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = placed(database, LATER)
    with database.transaction() as session:
        edit_seller(session, replace(COMPLETE, ar_email=""), actor=None, now=NOW)
    ran = carrel_command("document", "issue", facts.number, "--json")
    assert (ran.code, ran.complaint["code"]) == (1, "no_payee")
    assert "Seller settings" in ran.complaint["message"]
    assert documents(database, facts) == []


def test_no_invoice_is_reissued_before_the_payee_is_set(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = placed(database, GROUP)
    with database.transaction() as session:
        edit_seller(session, replace(COMPLETE, ar_email=""), actor=None, now=NOW)
    ran = carrel_command("document", "reissue", "2026-0001", "--po", "88123", "--json")
    assert (ran.code, ran.complaint["code"]) == (1, "no_payee")
    assert len(documents(database, facts)) == 1


def test_voiding_an_invoice_needs_a_reason(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = placed(database, GROUP)
    before = documents(database, facts)
    ran = carrel_command("document", "void", "2026-0001", "--reason", " ", "--json")
    assert (ran.code, ran.complaint["code"]) == (2, "usage")
    assert documents(database, facts) == before


def test_invoice_due_date_after_the_last_supported_date_is_refused(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = placed(database, GROUP)
    before = documents(database, facts)
    ran = carrel_command("document", "reissue", "2026-0001", "--due", "9999-12-31", "--json")
    assert (ran.code, ran.complaint["code"]) == (1, "invalid")
    assert documents(database, facts) == before
