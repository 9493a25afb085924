"""How an organization is invoiced: addresses, terms, and who can change them."""

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.errors import Invalid, NotFound
from lms.core.postal_addresses import Address
from lms.models.audit import AuditEntry
from lms.models.organizations import InvoiceDelivery
from lms.organizations import billing_details, organization_merges
from lms.organizations.billing_details import (
    BillingContact,
    BillingDetails,
    BillingTerms,
    edit_billing,
    read_billing,
    read_payables,
)
from tests.cast import Cast
from tests.clock import NOW
from tests.organizations.twins import Twins

HALL = Address("1 main street", "", "Elm Falls", "new york", "12345")
OFFICE = Address("PO Box 7", "Accounts Payable", "Elm Falls", "NY", "12345-0007")


def edit(
    database: Database,
    organization_id: int,
    contact: BillingContact,
    terms: BillingTerms | None = None,
) -> BillingDetails:
    with database.transaction() as session:
        edit_billing(session, organization_id, contact, terms, actor=None, now=NOW)
    with database.read_session() as session:
        return read_billing(session, organization_id)


def test_a_new_organization_has_the_usual_terms(database: Database, cast: Cast) -> None:
    with database.read_session() as session:
        found = read_billing(session, cast.organization_id)
    assert found == BillingDetails(BillingContact(), BillingTerms(), "")
    assert found.mailing_address is None


def test_billing_details_are_normalized_and_read_back(database: Database, cast: Cast) -> None:
    contact = BillingContact(
        OFFICE, ("AP@Elm.example.org", "clerk@elm.example.org"), InvoiceDelivery.PORTAL, True
    )
    terms = BillingTerms(" County  of Elm ", HALL, " V-1 ", 45, 7)
    found = edit(database, cast.organization_id, contact, terms)
    assert found.contact.payables == ("AP@elm.example.org", "clerk@elm.example.org")
    assert found.contact.billing_address == OFFICE
    assert (found.terms.legal_name, found.terms.vendor_number) == ("County of Elm", "V-1")
    assert found.terms.legal_address == Address("1 main street", "", "Elm Falls", "NY", "12345")
    assert (found.terms.net_days, found.terms.fiscal_year_start) == (45, 7)
    assert found.mailing_address == OFFICE


def test_changes_by_managers_leave_the_terms(database: Database, cast: Cast) -> None:
    terms = BillingTerms("County of Elm", HALL, "V-1", 45, 7)
    edit(database, cast.organization_id, BillingContact(), terms)
    found = edit(database, cast.organization_id, BillingContact(po_required=True))
    assert found.contact.po_required
    assert found.terms.net_days == 45
    with database.read_session() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(one.act, one.detail) for one in entries] == [
        (
            "organization.billing_edited",
            {"changed": "legal_name legal_address vendor_number net_days fiscal_year_start"},
        ),
        ("organization.billing_edited", {"changed": "po_required"}),
    ]


def test_saving_the_same_details_again_changes_nothing(database: Database, cast: Cast) -> None:
    contact = BillingContact(OFFICE, ("ap@elm.example.org",))
    edit(database, cast.organization_id, contact)
    edit(database, cast.organization_id, contact)
    with database.read_session() as session:
        assert len(session.scalars(select(AuditEntry)).all()) == 1


def test_errors_are_reported_by_field(database: Database, cast: Cast) -> None:
    contact = BillingContact(Address("", "", "Elm Falls", "NY", "1"), ("ap@elm", "x@example.org"))
    terms = BillingTerms("x" * 201, Address("1 Main", "", "", "NY", "12345"), "v" * 41, 31, 13)
    with pytest.raises(Invalid) as refused:
        edit(database, cast.organization_id, contact, terms)
    assert set(refused.value.fields) == {
        "billing_street",
        "billing_postal_code",
        "payables",
        "legal_name",
        "legal_city",
        "vendor_number",
        "net_days",
        "fiscal_year_start",
    }
    assert "ap@elm" in refused.value.fields["payables"]


def test_invoices_by_mail_need_an_address(database: Database, cast: Cast) -> None:
    by_mail = BillingContact(delivery=InvoiceDelivery.MAIL)
    with pytest.raises(Invalid) as refused:
        edit(database, cast.organization_id, by_mail)
    assert set(refused.value.fields) == {"billing_street"}
    found = edit(database, cast.organization_id, by_mail, BillingTerms(legal_address=HALL))
    assert found.mailing_address == found.terms.legal_address


def test_accounts_payable_addresses_are_parsed_and_deduplicated(
    database: Database, cast: Cast
) -> None:
    typed = read_payables("ap@example.org, AP@example.org;\nclerk@example.org\n")
    found = edit(database, cast.organization_id, BillingContact(payables=typed))
    assert found.contact.payables == ("ap@example.org", "clerk@example.org")
    many = tuple(f"ap{number}@example.org" for number in range(11))
    with pytest.raises(Invalid) as refused:
        edit(database, cast.organization_id, BillingContact(payables=many))
    assert refused.value.fields == {"payables": billing_details.TOO_MANY}


def test_notes_are_saved_and_limited_in_length(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        for notes in ("Ask for Maria.\r\n", "Ask for Maria."):
            billing_details.edit_notes(session, cast.organization_id, notes, actor=None, now=NOW)
        assert read_billing(session, cast.organization_id).notes == "Ask for Maria."
        assert session.scalars(select(AuditEntry.act)).all() == ["organization.notes_edited"]
        with pytest.raises(Invalid):
            billing_details.edit_notes(
                session, cast.organization_id, "x" * 10_001, actor=None, now=NOW
            )


def test_unknown_organization_is_not_found(database: Database) -> None:
    with database.read_session() as session, pytest.raises(NotFound):
        read_billing(session, 7)


def test_merged_organization_is_invoiced_as_the_kept_one(database: Database, twins: Twins) -> None:
    edit(database, twins.elm, BillingContact(po_required=True))
    edit(database, twins.other, BillingContact(payables=("ap@example.org",)))
    with database.transaction() as session:
        organization_merges.merge(session, kept="elm-county", merged="elm-twp", actor=None, now=NOW)
        assert read_billing(session, twins.other).contact == BillingContact(po_required=True)
        organization_merges.unmerge(session, "elm-twp", actor=None, now=NOW)
        assert read_billing(session, twins.other).contact.payables == ("ap@example.org",)
