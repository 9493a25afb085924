"""The staff page of the seller's settings."""

from collections.abc import Mapping
from dataclasses import fields, replace

import pytest

from lms.core.database import Database
from lms.core.postal_addresses import Address
from lms.models.seller import Paper
from lms.seller.settings import Method, SellerSettings, edit_seller, offered_methods, read_seller
from lms.web.seller.staff_settings import FIELD_WORDS
from tests.cast import Cast
from tests.clock import NOW
from tests.seller.seller_settings import COMPLETE
from tests.visitor import Visitor
from tests.web.form_values import values_of

PATH = "/staff/seller"


def stored(database: Database) -> SellerSettings:
    with database.read_session() as session:
        return read_seller(session)


@pytest.fixture
def complete(database: Database) -> SellerSettings:
    with database.transaction() as session:
        return edit_seller(session, COMPLETE, actor=None, now=NOW)


@pytest.mark.parametrize("person", ["alice", "mia", "ada"])
def test_only_owners_can_open_the_settings(client: Visitor, cast: Cast, person: str) -> None:
    client.sign_in(getattr(cast, person).id)
    assert client.get(PATH).status_code == 404
    assert client.post(PATH, data={"legal_name": "Mine"}).status_code == 404


def test_saving_unchanged_settings_changes_nothing(
    owner: Visitor, database: Database, complete: SellerSettings
) -> None:
    page = owner.get(PATH).text
    assert owner.post(PATH, data=values_of(page)).status_code == 303
    assert stored(database) == complete


def test_saving_unchanged_settings_of_a_new_site_stores_the_defaults(
    owner: Visitor, database: Database
) -> None:
    assert owner.post(PATH, data=values_of(owner.get(PATH).text)).status_code == 303
    assert stored(database) == SellerSettings()


def test_every_setting_has_a_field(owner: Visitor, database: Database) -> None:
    shown = values_of(owner.get(PATH).text)
    addresses = {"legal_address": "legal_street", "remit_address": "remit_street"}
    wanted = {addresses.get(one.name, one.name) for one in fields(SellerSettings)}
    assert wanted - set(shown) == set()


def test_entered_settings_are_stored(owner: Visitor, database: Database) -> None:
    sent = values_of(owner.get(PATH).text) | {
        "legal_name": "Lantern Street Training LLC",
        "legal_street": "12 Lantern Street",
        "legal_city": "Springfield",
        "legal_state": "Illinois",
        "legal_postal_code": "62701",
        "ein": "123456789",
        "ar_email": "billing@lantern.example",
        "bank_name": "First Bank",
        "routing_number": "021000021",
        "account_number": "000123456789",
        "net_days": "45",
        "credit_limit_minor": "$1,250.50",
        "invoice_prefix": "INV-",
        "invoice_start": "412",
        "paper": "a4",
    }
    del sent["takes_check"]
    assert owner.post(PATH, data=sent).status_code == 303
    settings = stored(database)
    assert settings.legal_address == Address("12 Lantern Street", "", "Springfield", "IL", "62701")
    assert (settings.ein, settings.net_days, settings.credit_limit_minor) == (
        "12-3456789",
        45,
        125_050,
    )
    assert (settings.prefix("invoice"), settings.first_number("invoice")) == ("INV-", 412)
    assert settings.paper is Paper.A4
    assert set(offered_methods(settings)) == set(Method) - {Method.CHECK}


def test_account_number_is_masked_and_unchanged_when_left_blank(
    owner: Visitor, database: Database, complete: SellerSettings
) -> None:
    page = owner.get(PATH).text
    assert complete.account_number not in page
    assert "••••6789" in page
    sent = values_of(page)
    assert sent["account_number"] == ""
    assert owner.post(PATH, data=sent | {"bank_name": "Second Bank"}).status_code == 303
    assert stored(database) == replace(complete, bank_name="Second Bank")


def test_clearing_the_bank_removes_its_account_number(
    owner: Visitor, database: Database, complete: SellerSettings
) -> None:
    sent = values_of(owner.get(PATH).text) | {"bank_name": "", "routing_number": ""}
    assert owner.post(PATH, data=sent).status_code == 303
    assert stored(database).account_number == ""


@pytest.mark.parametrize(
    "changed",
    [
        {"legal_city": ""},
        {"ein": "12"},
        {"ar_email": "billing"},
        {"routing_number": "123456789"},
        {"net_days": "31"},
        {"credit_limit_minor": "a lot"},
        {"invoice_start": "one"},
        {"receipt_prefix": "Q-"},
    ],
)
def test_invalid_settings_show_an_error_and_preserve_input(
    owner: Visitor, database: Database, complete: SellerSettings, changed: Mapping[str, str]
) -> None:
    sent = values_of(owner.get(PATH).text) | {"legal_name": "Lantern & Sons", **changed}
    answer = owner.post(PATH, data=sent)
    assert answer.status_code == 400
    (field,) = changed
    assert f'href="#{field}"' in answer.text
    again = values_of(answer.text)
    assert again["legal_name"] == "Lantern & Sons"
    if field != "net_days":  # a value that isn't on the list can't be shown as selected
        assert again[field] == changed[field]
    assert stored(database) == complete


def test_page_says_what_a_payment_method_still_needs(
    owner: Visitor, database: Database, complete: SellerSettings
) -> None:
    assert "Still needed" not in owner.get(PATH).text
    with database.transaction() as session:
        edit_seller(session, replace(complete, remit_address=None), actor=None, now=NOW)
    assert f"Still needed: {FIELD_WORDS['remit_address']}." in owner.get(PATH).text
