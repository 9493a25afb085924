"""Text of documents: dates and amounts in words, and what differs by kind."""

from dataclasses import replace
from datetime import date

import pytest

from lms.documents.printed import REASONS, TEST, PrintedDocument, printed_document
from lms.documents.snapshots import Aging, Line
from lms.models.documents import CreditReason
from tests.documents.sample_snapshots import (
    A4_INVOICE,
    CONTRACT,
    CREDIT_NOTE,
    FREE,
    INVOICE,
    PAID_INVOICE,
    QUOTE,
    RECEIPT,
    SEATS,
    STATEMENT,
    TEST_INVOICE,
)


def keys(document: PrintedDocument) -> list[tuple[str, str]]:
    return [(fact.label, fact.value) for fact in document.keys]


def totals(document: PrintedDocument) -> list[tuple[str, str]]:
    return [(total.label, total.value) for total in document.totals]


def strong(document: PrintedDocument) -> list[str]:
    return [total.label for total in document.totals if total.is_strong]


def headings(document: PrintedDocument) -> list[str]:
    return [section.heading for section in (*document.payment, *document.sections)]


def test_invoice_shows_the_amount_due_date_and_po_number() -> None:
    document = printed_document(INVOICE)
    assert document.name == "Invoice 2026-0412"
    assert keys(document) == [
        ("PO number", "PO-88123-A"),
        ("Due date", "Nov 5, 2026"),
        ("Amount due", "$3,389.38"),
    ]
    assert [(fact.label, fact.value) for fact in document.facts] == [
        ("Date issued", "Oct 6, 2026"),
        ("Order number", "W-20938"),
        ("Vendor number", "V-100482"),
        ("Payment terms", "Net 30"),
    ]


def test_totals_are_the_sum_of_the_lines() -> None:
    document = printed_document(INVOICE)
    assert [row.cells[-1] for row in document.tables[0].rows] == ["$325.00", "$2,862.00", "$0.00"]
    assert totals(document) == [
        ("Before discounts", "$3,505.00"),
        ("Discounts", "-$318.00"),
        ("Subtotal", "$3,187.00"),
        ("Connecticut sales tax (6.35% of $3,187.00)", "$202.38"),
        ("Total", "$3,389.38"),
        ("Amount due", "$3,389.38"),
    ]
    assert strong(document) == ["Amount due"]


def test_amount_paid_is_subtracted_from_the_amount_due() -> None:
    document = printed_document(A4_INVOICE)
    assert totals(document)[-2:] == [("Amount paid", "-€1,500.00"), ("Amount due", "€2,005.00")]


def test_paid_invoice_says_so_and_requests_no_payment() -> None:
    document = printed_document(PAID_INVOICE)
    assert keys(document) == [("Paid in full", "$3,389.38")]
    assert totals(document)[-1] == ("Amount due", "$0.00")
    assert document.payment == ()


def test_free_invoice_requests_no_payment() -> None:
    free = replace(
        INVOICE, lines=(FREE,), taxes=(), subtotal_minor=0, discount_minor=0, total_minor=0
    )
    document = printed_document(replace(free, open_minor=None))
    assert ("Amount due", "$0.00") in keys(document)
    assert document.payment == ()


def test_invoice_says_how_to_pay_by_check_and_by_transfer() -> None:
    check, transfer = printed_document(INVOICE).payment
    assert [(fact.label, fact.value) for fact in check.facts] == [
        ("Payable to", "Lantern Street Training, LLC"),
        ("Mail to", "Lantern Street Training, LLC\nPO Box 2201\nHartford, CT 06145-2201"),
    ]
    assert check.paragraphs == ("Write invoice number 2026-0412 on the check.",)
    assert ("Routing number", "021000021") in [(one.label, one.value) for one in transfer.facts]
    assert transfer.paragraphs == ("Include invoice number 2026-0412 with the transfer.",)


def test_payment_method_without_details_is_omitted() -> None:
    seller = replace(INVOICE.seller, remit_to=(), bank=())
    assert printed_document(replace(INVOICE, seller=seller)).payment == ()


def test_line_shows_its_detail_service_dates_and_unlimited_quantity() -> None:
    rows = printed_document(INVOICE).tables[0].rows
    assert rows[1].cells == (
        "All-access contract for the whole library system",
        "Unlimited",
        "$3,180.00",
        "-$318.00",
        "$2,862.00",
    )
    assert rows[1].notes == (
        "All webinars, live and recorded",
        "Service dates: Oct 7, 2026 to Oct 6, 2027",
    )
    assert rows[2].notes == ()


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2026, 10, 6), date(2026, 10, 6), "Service date: Oct 6, 2026"),
        (date(2026, 10, 6), None, "Service date: Oct 6, 2026"),
        (None, date(2027, 10, 6), "Service date: Oct 6, 2027"),
    ],
)
def test_single_service_date_is_printed_once(
    first: date | None, last: date | None, said: str
) -> None:
    line: Line = replace(CONTRACT, detail="", service_from=first, service_to=last)
    (row,) = printed_document(replace(INVOICE, lines=(line,))).tables[0].rows
    assert row.notes == (said,)


def test_discount_column_is_shown_only_if_a_line_has_a_discount() -> None:
    with_discount = printed_document(INVOICE).tables[0]
    assert [column.label for column in with_discount.columns] == [
        "Description",
        "Quantity",
        "Unit price",
        "Discount",
        "Amount",
    ]
    assert [row.cells[3] for row in with_discount.rows] == ["", "-$318.00", ""]
    without = printed_document(replace(INVOICE, lines=(SEATS,), discount_minor=0))
    assert "Discount" not in [column.label for column in without.tables[0].columns]
    assert "Discounts" not in [total.label for total in without.totals]


def test_quote_shows_how_long_it_is_valid_and_requests_no_payment() -> None:
    document = printed_document(QUOTE)
    assert keys(document) == [("Valid until", "Dec 5, 2026"), ("Total", "$3,389.38")]
    assert totals(document)[-1] == ("Total", "$3,389.38")
    assert totals(document)[-2][0].startswith("Estimated: Connecticut sales tax")
    assert document.payment == ()
    assert document.sentences == QUOTE.sentences


def test_credit_note_shows_its_invoice_reason_and_credits() -> None:
    document = printed_document(CREDIT_NOTE)
    assert keys(document)[1:] == [("Credit for invoice", "2026-0412"), ("Total credit", "$26.59")]
    (table,) = document.tables
    assert table.columns[-1].label == "Credit"
    assert table.rows[0].cells[1:] == ("1", "$25.00", "$25.00")
    assert totals(document) == [
        ("Subtotal", "$25.00"),
        ("Connecticut sales tax (6.35% of $25.00)", "$1.59"),
        ("Total credit", "$26.59"),
        ("Applied to invoice 2026-0412", "-$26.59"),
        ("Remaining credit", "$0.00"),
    ]
    assert document.sections[0].paragraphs == ("Return", CREDIT_NOTE.explanation)
    assert document.payment == ()


def test_unused_credit_is_printed_once() -> None:
    document = printed_document(replace(CREDIT_NOTE, open_minor=CREDIT_NOTE.total_minor))
    assert totals(document)[-1] == ("Total credit", "$26.59")


def test_every_credit_reason_has_a_text() -> None:
    assert set(REASONS) == set(CreditReason)


def test_receipt_lists_the_payments_and_the_remaining_balance() -> None:
    document = printed_document(RECEIPT)
    assert keys(document)[1:] == [
        ("Payment for invoice", "2026-0412"),
        ("Amount paid", "$2,000.00"),
    ]
    payments = document.tables[1]
    assert payments.heading == "Payments"
    assert [row.cells for row in payments.rows] == [
        ("Oct 28, 2026", "Check", "10442", "$1,500.00"),
        ("Nov 3, 2026", "Bank transfer", "ACH 7719-20038", "$500.00"),
    ]
    assert totals(document)[-3:] == [
        ("Invoice total", "$3,389.38"),
        ("Amount paid", "$2,000.00"),
        ("Remaining balance", "$1,389.38"),
    ]


def test_receipt_without_lines_shows_only_the_payments() -> None:
    document = printed_document(replace(RECEIPT, lines=(), taxes=()))
    assert [table.heading for table in document.tables] == ["Payments"]
    assert [label for label, _ in totals(document)] == ["Amount paid", "Remaining balance"]


def test_statement_has_running_balances_and_aging() -> None:
    document = printed_document(STATEMENT)
    assert keys(document) == [("Past due", "$2,114.38"), ("Balance due", "$2,114.38")]
    activity, aging = document.tables
    assert [row.cells[-2:] for row in activity.rows] == [
        ("$750.00", "$750.00"),
        ("$3,389.38", "$4,139.38"),
        ("-$1,500.00", "$2,639.38"),
        ("-$500.00", "$2,139.38"),
        ("-$25.00", "$2,114.38"),
    ]
    labels = [column.label for column in aging.columns]
    assert dict(zip(labels, aging.rows[0].cells, strict=True)) == {
        "Not yet due": "$0.00",
        "1 to 30 days": "$1,364.38",
        "31 to 60 days": "$0.00",
        "61 to 90 days": "$750.00",
        "Over 90 days": "$0.00",
    }
    assert document.payment[0].paragraphs == ("Write the invoice numbers on the check.",)


def test_statement_shows_unapplied_credit_separately_from_past_due_amounts() -> None:
    aging = Aging(10_000, 32_500, 0, 0, 0, credit_minor=-17_500)
    document = printed_document(replace(STATEMENT, open_minor=25_000, aging=aging))
    assert keys(document) == [("Past due", "$250.00"), ("Balance due", "$250.00")]
    (_activity, table) = document.tables
    cells = [
        (column.label, cell)
        for column, cell in zip(table.columns, table.rows[0].cells, strict=True)
    ]
    assert cells[:2] == [("Not yet due", "$100.00"), ("1 to 30 days", "$325.00")]
    assert cells[-1] == ("Unapplied credit", "-$175.00")


def test_statement_with_more_credit_than_invoices_shows_a_credit_balance() -> None:
    aging = Aging(0, 32_500, 0, 0, 0, credit_minor=-50_000)
    document = printed_document(replace(STATEMENT, open_minor=-17_500, aging=aging))
    assert keys(document) == [("Past due", "$0.00"), ("Credit balance", "$175.00")]
    assert totals(document) == [("Credit balance", "$175.00")]
    assert document.payment == ()


def test_policies_are_listed_with_version_and_address() -> None:
    (terms, _) = printed_document(INVOICE).sections[-1].facts
    assert terms.label == "Terms, version 3"
    assert terms.value == terms.link == INVOICE.policies[0].url


def test_only_test_documents_say_that_they_are_not_real() -> None:
    assert printed_document(TEST_INVOICE).test == TEST
    assert printed_document(INVOICE).test == ""


def test_empty_fields_have_no_label() -> None:
    seller = replace(INVOICE.seller, ein="", phone="", note="")
    payer = replace(INVOICE.bill_to, attention="", vendor_number="")
    bare = replace(INVOICE, seller=seller, bill_to=payer, order_number="", terms="", policies=())
    document = printed_document(bare)
    assert [fact.label for fact in document.facts] == ["Date issued"]
    assert document.seller.lines == INVOICE.seller.address
    assert document.bill_to.lines == INVOICE.bill_to.address
    assert headings(document) == ["Pay by check", "Pay by bank transfer"]
