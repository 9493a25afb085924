"""Vendor documents: versions, last days, and who can get them."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from lms.core.attached_files import KeptFile
from lms.core.database import Database
from lms.core.errors import Conflict, Invalid, NotFound
from lms.models.audit import AuditEntry
from lms.models.seller import VendorDocumentAudience, VendorDocumentKind
from lms.seller.vendor_documents import (
    VendorDocumentDetails,
    VendorDocumentFacts,
    add_vendor_document,
    change_vendor_document,
    ending_vendor_documents,
    public_vendor_document,
    read_file_versions,
    read_vendor_document,
    read_vendor_documents,
    vendor_documents_for,
    withdraw_vendor_document,
)
from tests.clock import NOW

TODAY = date(2026, 3, 2)
PUBLIC, ON_REQUEST, PACKET = VendorDocumentAudience
W9 = VendorDocumentDetails(VendorDocumentKind.W9, "W-9 for 2026", PUBLIC, None)
FILE = KeptFile("vendor-documents/one/w9.pdf", "w9.pdf")
OTHER_FILE = KeptFile("vendor-documents/two/w9.pdf", "w9 (2).pdf")


def added(
    database: Database, details: VendorDocumentDetails = W9, file: KeptFile = FILE
) -> VendorDocumentFacts:
    with database.transaction() as session:
        return add_vendor_document(session, details, file, actor=None, now=NOW)


def test_document_is_added_with_its_first_file(database: Database) -> None:
    facts = added(database, replace(W9, valid_until=date(2026, 12, 31)))
    with database.read_session() as session:
        assert read_vendor_document(session, facts.id) == facts
        assert read_vendor_documents(session) == (facts,)
    assert (facts.kind, facts.title, facts.audience) == (VendorDocumentKind.W9, W9.title, PUBLIC)
    assert (facts.version, facts.file_key, facts.file_name) == (1, FILE.key, FILE.name)
    assert facts.valid_until == date(2026, 12, 31)


def test_document_without_a_title_is_named_after_its_kind(database: Database) -> None:
    assert added(database, replace(W9, title=" ")).title == "W-9"


@pytest.mark.parametrize(
    "details",
    [
        replace(W9, title="x" * 121),
        replace(W9, kind=VendorDocumentKind.OTHER, title=""),
    ],
)
def test_title_is_required_and_short(database: Database, details: VendorDocumentDetails) -> None:
    with pytest.raises(Invalid) as refusal:
        added(database, details)
    assert list(refusal.value.fields) == ["title"]


def test_new_file_is_the_next_version_and_the_former_remains(database: Database) -> None:
    facts = added(database, replace(W9, valid_until=date(2026, 12, 31)))
    renewed = replace(W9, valid_until=date(2027, 12, 31))
    with database.transaction() as session:
        now_given = change_vendor_document(
            session, facts.id, renewed, OTHER_FILE, actor=None, now=NOW + timedelta(days=1)
        )
        versions = read_file_versions(session, facts.id)
    assert (now_given.id, now_given.version) == (facts.id, 2)
    assert now_given.file_key == OTHER_FILE.key
    assert [(one.number, one.file_key, one.valid_until) for one in versions] == [
        (2, OTHER_FILE.key, date(2027, 12, 31)),
        (1, FILE.key, date(2026, 12, 31)),
    ]


def test_details_change_without_a_new_version(database: Database) -> None:
    facts = added(database)
    other = VendorDocumentDetails(
        VendorDocumentKind.INSURANCE, "Insurance", PACKET, date(2026, 6, 30)
    )
    with database.transaction() as session:
        changed = change_vendor_document(session, facts.id, other, None, actor=None, now=NOW)
    assert (changed.kind, changed.title, changed.audience, changed.valid_until) == (
        other.kind,
        other.title,
        PACKET,
        other.valid_until,
    )
    assert changed.version == 1


def test_each_audience_gets_its_valid_documents(database: Database) -> None:
    w9 = added(database)
    packed = added(database, replace(W9, audience=PACKET, valid_until=TODAY))
    added(database, replace(W9, audience=ON_REQUEST, valid_until=TODAY - timedelta(days=1)))
    withdrawn = added(database)
    with database.transaction() as session:
        withdraw_vendor_document(session, withdrawn.id, actor=None, now=NOW)
    with database.read_session() as session:
        assert vendor_documents_for(session, PUBLIC, on=TODAY) == (w9,)
        assert vendor_documents_for(session, PACKET, on=TODAY) == (packed,)
        assert vendor_documents_for(session, PACKET, on=TODAY + timedelta(days=1)) == ()
        assert vendor_documents_for(session, ON_REQUEST, on=TODAY) == ()


def test_only_a_valid_public_document_is_public(database: Database) -> None:
    w9 = added(database, replace(W9, valid_until=TODAY))
    packed = added(database, replace(W9, audience=PACKET))
    with database.transaction() as session:
        assert public_vendor_document(session, w9.id, on=TODAY) == w9
        for document_id, on in (
            (w9.id, TODAY + timedelta(days=1)),
            (packed.id, TODAY),
            ("0" * 26, TODAY),
        ):
            with pytest.raises(NotFound):
                public_vendor_document(session, document_id, on=on)
        withdraw_vendor_document(session, w9.id, actor=None, now=NOW)
        with pytest.raises(NotFound):
            public_vendor_document(session, w9.id, on=TODAY)


def test_withdrawn_document_cannot_be_changed_and_is_listed_last(database: Database) -> None:
    first, second = added(database), added(database)
    with database.transaction() as session:
        withdraw_vendor_document(session, first.id, actor=None, now=NOW)
        with pytest.raises(Conflict):
            withdraw_vendor_document(session, first.id, actor=None, now=NOW)
        with pytest.raises(Conflict):
            change_vendor_document(session, first.id, W9, None, actor=None, now=NOW)
        with pytest.raises(NotFound):
            withdraw_vendor_document(session, "0" * 26, actor=None, now=NOW)
    with database.read_session() as session:
        assert [one.id for one in read_vendor_documents(session)] == [second.id, first.id]


def test_documents_are_listed_30_days_before_they_expire(database: Database) -> None:
    ends_in = {
        days: added(database, replace(W9, valid_until=TODAY + timedelta(days=days))).id
        for days in (31, 30, 0, -1)
    }
    added(database)
    renewed = added(database, replace(W9, valid_until=TODAY))
    withdrawn = added(database, replace(W9, valid_until=TODAY))
    with database.transaction() as session:
        later = replace(W9, valid_until=TODAY + timedelta(days=365))
        change_vendor_document(session, renewed.id, later, OTHER_FILE, actor=None, now=NOW)
        withdraw_vendor_document(session, withdrawn.id, actor=None, now=NOW)
    with database.read_session() as session:
        ending = ending_vendor_documents(session, on=TODAY)
    assert [one.id for one in ending] == [ends_in[-1], ends_in[0], ends_in[30]]


def test_each_change_is_in_the_audit_trail(database: Database) -> None:
    facts = added(database)
    with database.transaction() as session:
        change_vendor_document(session, facts.id, W9, None, actor=None, now=NOW)
        change_vendor_document(session, facts.id, W9, OTHER_FILE, actor=None, now=NOW)
        withdraw_vendor_document(session, facts.id, actor=None, now=NOW)
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert {(entry.subject, len(entry.detail)) for entry in entries} == {(facts.id, 0)}
    assert [entry.act for entry in entries] == [
        "vendor_document.added",
        "vendor_document.changed",
        "vendor_document.replaced",
        "vendor_document.withdrawn",
    ]
