"""The seller's settings: checked, stored, and what can be offered with them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.errors import Invalid
from lms.core.postal_addresses import Address
from lms.models.audit import AuditEntry
from lms.models.seller import Paper
from lms.seller.settings import (
    Method,
    SellerSettings,
    edit_seller,
    missing_fields,
    offered_methods,
    read_seller,
)
from tests.clock import NOW
from tests.seller.seller_settings import COMPLETE

ADDRESS = Address("12 Lantern Street", "", "Springfield", "IL", "62701")


def saved(database: Database, settings: SellerSettings) -> SellerSettings:
    with database.transaction() as session:
        edit_seller(session, settings, actor=None, now=NOW)
    with database.read_session() as session:
        return read_seller(session)


def test_defaults_apply_before_anything_is_entered(database: Database) -> None:
    with database.read_session() as session:
        settings = read_seller(session)
    assert settings == SellerSettings()
    assert (settings.credit_limit_minor, settings.net_days, settings.paper) == (
        60_000,
        30,
        "letter",
    )
    assert [settings.prefix(kind) for kind in ("quote", "invoice", "credit_note")] == [
        "Q-",
        "",
        "CN-",
    ]
    assert settings.first_number("invoice") == 1


def test_settings_are_stored_and_changed(database: Database) -> None:
    assert saved(database, COMPLETE) == COMPLETE
    other = replace(COMPLETE, paper=Paper.A4, legal_address=None, net_days=60, invoice_start=412)
    assert saved(database, other) == other


def test_input_is_stored_in_one_format(database: Database) -> None:
    typed = replace(
        COMPLETE,
        legal_name="  Lantern Street Training LLC ",
        legal_address=replace(COMPLETE.legal_address or ADDRESS, state="illinois"),
        ein="123456789",
        routing_number="0210-0002-1",
        account_number="0001 2345 6789",
    )
    assert saved(database, typed) == COMPLETE


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"legal_name": "x" * 201}, "legal_name"),
        ({"legal_address": replace(ADDRESS, postal_code="627")}, "legal_postal_code"),
        ({"ein": "12-34567"}, "ein"),
        ({"ein": "1234-56789"}, "ein"),
        ({"phone": "x" * 41}, "phone"),
        ({"ar_email": "billing"}, "ar_email"),
        ({"remit_name": "x" * 201}, "remit_name"),
        ({"remit_address": replace(ADDRESS, city="")}, "remit_city"),
        ({"bank_name": ""}, "bank_name"),
        ({"bank_name": "x" * 121}, "bank_name"),
        ({"routing_number": "021000022"}, "routing_number"),
        ({"routing_number": "000000000"}, "routing_number"),
        ({"routing_number": "02100002"}, "routing_number"),
        ({"routing_number": ""}, "routing_number"),
        ({"account_number": "123"}, "account_number"),
        ({"account_number": "12345678901234567x"}, "account_number"),
        ({"account_number": ""}, "account_number"),
        ({"takes_check": False, "takes_transfer": False}, "takes_check"),
        ({"net_days": 31}, "net_days"),
        ({"credit_limit_minor": -1}, "credit_limit_minor"),
        ({"invoice_note": "x" * 1001}, "invoice_note"),
        ({"quote_prefix": "Q 1"}, "quote_prefix"),
        ({"quote_prefix": "QUOTATION-2"}, "quote_prefix"),
        ({"receipt_prefix": "Q-"}, "receipt_prefix"),
        ({"invoice_start": 0}, "invoice_start"),
        ({"statement_start": 1_000_000}, "statement_start"),
    ],
)
def test_error_is_reported_for_its_field(
    database: Database, changed: Mapping[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal, database.transaction() as session:
        edit_seller(session, replace(COMPLETE, **changed), actor=None, now=NOW)
    assert list(refusal.value.fields) == [field]


@pytest.mark.parametrize(
    ("settings", "offered"),
    [
        (SellerSettings(), set()),
        (COMPLETE, set(Method)),
        (replace(COMPLETE, legal_name=""), set()),
        (replace(COMPLETE, legal_address=None), set()),
        (replace(COMPLETE, ar_email=""), set()),
        (replace(COMPLETE, ein="", phone=""), set(Method)),
        (replace(COMPLETE, takes_purchase_order=False), set(Method) - {Method.PURCHASE_ORDER}),
        (replace(COMPLETE, remit_name=""), set(Method) - {Method.CHECK}),
        (replace(COMPLETE, remit_address=None), set(Method) - {Method.CHECK}),
        (
            replace(COMPLETE, bank_name="", routing_number="", account_number=""),
            set(Method) - {Method.TRANSFER},
        ),
        # the only complete payment method is turned off, so no invoice can be paid
        (replace(COMPLETE, remit_name="", takes_transfer=False), set()),
    ],
)
def test_payment_method_is_offered_once_its_fields_are_filled(
    settings: SellerSettings, offered: set[Method]
) -> None:
    assert set(offered_methods(settings)) == offered


def test_missing_fields_of_a_payment_method_are_named() -> None:
    assert missing_fields(COMPLETE, Method.INVOICE) == ()
    bare = replace(COMPLETE, ar_email="", remit_address=None)
    assert missing_fields(bare, Method.CHECK) == ("ar_email", "remit_address")
    assert missing_fields(bare, Method.TRANSFER) == ("ar_email",)
    assert missing_fields(replace(bare, takes_transfer=False), Method.INVOICE) == (
        "ar_email",
        "remit_address",
    )


def test_account_number_is_masked_and_not_logged() -> None:
    assert COMPLETE.masked_account == "••••6789"
    assert SellerSettings().masked_account == ""
    assert "000123456789" not in repr(COMPLETE)


def test_audit_trail_has_the_changed_fields_without_values(database: Database) -> None:
    saved(database, COMPLETE)
    saved(database, replace(COMPLETE, account_number="987654321", phone="217 555 0199"))
    saved(database, replace(COMPLETE, account_number="987654321", phone="217 555 0199"))
    with database.read_session() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [entry.act for entry in entries] == ["seller.changed", "seller.changed"]
    assert entries[1].detail == {"fields": "account_number, phone"}
