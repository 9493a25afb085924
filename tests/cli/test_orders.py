"""carrel order, document, payment and quote: what operators and scripts can do with orders."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.mail import Mail
from lms.models.tax import ExemptionBasis
from lms.organizations.payers import Payer
from lms.organizations.tax_papers import NewExemption, add_exemption
from lms.sales.read_models import Standing
from tests.cast import Cast
from tests.cli.command_runner import Shell
from tests.clock import Clock
from tests.sales.order_fixtures import (
    GROUP,
    SEAT,
    add_ohio_tax,
    balanced,
    credited,
    documents,
    paid,
    placed,
    read,
)

pytestmark = pytest.mark.usefixtures("seller")


def test_orders_are_listed_and_shown(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = placed(database, GROUP)
    placed(database, SEAT)
    ran = carrel_command("order", "list", "elm", "--standing", "unpaid", "--json")
    (one,) = ran.answer["items"]
    assert (one["number"], one["total"]) == (facts.number, {"minor": 32_500, "currency": "USD"})
    assert facts.number in carrel_command("order", "list").out
    shown = carrel_command("order", "show", "2026-0001", "--json").answer
    assert [one["number"] for one in shown["documents"]] == ["2026-0001"]
    assert carrel_command("order", "show", "9999-9999").code == 3


def test_a_payment_is_recorded_and_reversed(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    first, second = placed(database, GROUP), placed(database, GROUP)
    made = carrel_command(
        *("payment", "record", "--amount", "400.00", "--method", "check"),
        *("--check-number", "1042", "--invoice", "2026-0001", "--invoice", "2026-0002=50.00"),
        "--json",
    )
    assert made.code == 0
    assert made.answer["open"] == {"minor": 2500, "currency": "USD"}
    assert read(database, second).open_minor == 27_500
    ran = carrel_command("payment", "reverse", made.answer["id"], "--as", "bounced", "--json")
    assert ran.answer["invoices"] == ["2026-0001", "2026-0002"]
    assert read(database, first).standing(clock.moment) is Standing.UNPAID
    assert balanced(database)


def test_check_number_used_before_needs_confirmation(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    first = placed(database, GROUP)
    check = ("payment", "record", "--amount", "100.00", "--method", "check")
    pays = ("--check-number", "9001", "--invoice", "2026-0001", "--json")
    assert carrel_command(*check, *pays).code == 0
    ran = carrel_command(*check, *pays)
    assert (ran.code, ran.complaint["code"]) == (1, "check_number_used")
    assert read(database, first).open_minor == 22_500
    again = carrel_command(*check, *pays, "--anyway")
    assert again.code == 0
    assert read(database, first).open_minor == 12_500


def test_a_check_without_a_number_is_refused(
    carrel_command: Shell, database: Database, cast: Cast
) -> None:
    placed(database, GROUP)
    ran = carrel_command(
        *("payment", "record", "--amount", "325", "--method", "check"),
        *("--invoice", "2026-0001", "--json"),
    )
    assert (ran.code, ran.complaint["code"]) == (1, "invalid")


def test_quote_is_created_and_accepted(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    made = carrel_command(
        *("quote", "add", "--email", "mia@example.org", "--name", "Mia"),
        *("--organization", "elm-county"),
        *("--line", "group_seats,webinar:reading-rooms,5,325.00", "--json"),
    )
    assert made.code == 0
    assert (made.answer["number"], made.answer["version"]) == ("Q-2026-0001", 1)
    ran = carrel_command(
        *("quote", "accept", "Q-2026-0001", "--name", "Mia", "--po", "88123"),
        *("--po-amount", "300.00", "--json"),
    )
    assert ran.code == 0
    assert (ran.answer["standing"], ran.answer["po_number"]) == ("unpaid", "88123")
    again = carrel_command("quote", "accept", "Q-2026-0001", "--name", "Mia", "--json")
    assert again.code == 1


def test_malformed_line_is_a_usage_error(
    carrel_command: Shell, database: Database, cast: Cast
) -> None:
    for line in ("seats,x,1,1", "single,webinar:reading-rooms,x,99.00", "single,1,9x"):
        ran = carrel_command("quote", "add", "--email", "mia@example.org", "--line", line)
        assert ran.code == 2


def test_an_invoice_is_reissued_and_voided(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = placed(database, GROUP)
    ran = carrel_command("document", "reissue", "2026-0001", "--po", "77", "--net", "45", "--json")
    assert (ran.code, ran.answer["number"]) == (0, "2026-0002")
    assert read(database, facts).po_number == "77"
    ran = carrel_command("document", "void", "2026-0002", "--reason", "Entered twice", "--json")
    assert ran.answer["number"] == "CN-2026-0002"
    assert read(database, facts).open_minor == 0
    assert carrel_command("document", "issue", facts.number, "--json").code == 1
    assert [one[0] for one in documents(database, facts)].count("credit_note") == 2


def test_a_document_is_emailed_again_with_its_pdf(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    placed(database, GROUP)
    ran = carrel_command("document", "resend", "2026-0001", "--to", "ap@example.org", "--json")
    assert (ran.code, ran.answer["to"]) == (0, ["ap@example.org"])
    with database.read_session() as session:
        mail = session.scalars(select(Mail).where(Mail.recipient == "ap@example.org")).one()
    assert mail.subject.startswith("Invoice 2026-0001")


def test_tax_is_credited_once_the_customer_has_an_exemption_certificate(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    add_ohio_tax(database, cast)
    facts = placed(database, GROUP)
    refused = carrel_command("document", "credit-tax", "2026-0001", "--json")
    assert (refused.code, refused.complaint["code"]) == (1, "conflict")
    with database.transaction() as session:
        paper = NewExemption(ExemptionBasis.GOVERNMENT)
        add_exemption(session, Payer(cast.organization_id), paper, actor=None, now=clock.moment)
    made = carrel_command("document", "credit-tax", "2026-0001", "--json").answer
    assert (made["kind"], made["total"]["minor"]) == ("credit_note", 2_600)
    assert read(database, facts).open_minor == 32_500


def test_unpaid_order_that_was_returned_is_not_shown_as_refunded(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = placed(database, GROUP)
    credited(database, facts)
    (one,) = carrel_command("order", "list", "--standing", "returned", "--json").answer["items"]
    assert (one["number"], one["standing"]) == (facts.number, "returned")


def test_payment_lists_an_unpaid_invoice_only_once(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = placed(database, GROUP)
    check = ("payment", "record", "--method", "check", "--check-number", "1042", "--json")
    twice = ("--invoice", "2026-0001=100.00", "--invoice", "2026-0001=225.00")
    ran = carrel_command(*check, "--amount", "325.00", *twice)
    assert (ran.code, ran.complaint["code"]) == (2, "usage")
    assert read(database, facts).open_minor == 32_500
    assert carrel_command(*check, "--amount", "325.00", "--invoice", "2026-0001").code == 0
    ran = carrel_command(*check, "--amount", "5.00", "--invoice", "2026-0001", "--anyway")
    assert ran.code == 1
    assert "carrel order explain 2026-0001" in ran.complaint["message"]
    assert carrel_command("payment", "reverse", "none", "--as", "mistake").code == 3
    assert balanced(database)


def test_explained_order_shows_payment_ids_and_local_dates(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    evening = datetime(2026, 3, 4, 2, tzinfo=UTC)  # March 3 in New York
    facts = placed(database, GROUP, at=evening)
    payment = paid(database, facts, at=evening)
    events = carrel_command("order", "explain", facts.number, "--json").answer["items"]
    assert [one["payment"] for one in events if one["what"] == "paid"] == [payment]
    said = carrel_command("order", "explain", facts.number).out
    assert payment in said
    assert "2026-03-03  invoiced 2026-0001" in said
    assert "2026-03-04" not in said
