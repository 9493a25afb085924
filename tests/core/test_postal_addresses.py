"""Postal addresses: how they are cleaned, checked, and printed."""

from dataclasses import replace

import pytest

from lms.core.postal_addresses import NO_ADDRESS, Address, address_faults, clean_address

ELM = Address("400 Elm Street", "Suite 2", "Springfield", "IL", "62701")
LEEDS = Address("1 Calverley Street", "", "Leeds", "", "LS1 3AB", "GB")


def test_country_is_printed_only_outside_the_us() -> None:
    assert ELM.lines == ("400 Elm Street", "Suite 2", "Springfield, IL 62701")
    assert LEEDS.lines == ("1 Calverley Street", "Leeds LS1 3AB", "United Kingdom")


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (replace(ELM, street="  400  Elm \n Street "), ELM),
        (replace(ELM, state="il"), ELM),
        (replace(ELM, state=" Illinois "), ELM),
        (replace(ELM, country=""), ELM),
        (replace(ELM, country="us"), ELM),
        (replace(ELM, postal_code="62701 1234"), replace(ELM, postal_code="62701-1234")),
        (replace(ELM, postal_code="627011234"), replace(ELM, postal_code="62701-1234")),
        (LEEDS, LEEDS),
    ],
)
def test_address_is_stored_in_one_form(typed: Address, stored: Address) -> None:
    assert clean_address(typed) == stored
    assert address_faults(stored) == {}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"street": ""}, "street"),
        ({"city": ""}, "city"),
        ({"state": ""}, "state"),
        ({"state": "XX"}, "state"),
        ({"state": "x" * 41}, "state"),
        ({"postal_code": ""}, "postal_code"),
        ({"postal_code": "6270"}, "postal_code"),
        ({"postal_code": "62701-12"}, "postal_code"),
        ({"postal_code": "٦٢٧٠١"}, "postal_code"),
        ({"country": "ZZ"}, "country"),
        ({"street": "x" * 121}, "street"),
        ({"street2": "x" * 121}, "street2"),
        ({"city": "x" * 121}, "city"),
        ({"country": "GB", "postal_code": "x" * 21}, "postal_code"),
    ],
)
def test_error_names_its_field(changed: dict[str, str], field: str) -> None:
    assert list(address_faults(replace(ELM, **changed))) == [field]
    assert list(address_faults(replace(ELM, **changed), "legal_")) == [f"legal_{field}"]


def test_every_missing_field_is_named() -> None:
    assert set(address_faults(NO_ADDRESS)) == {"street", "city", "state", "postal_code"}


def test_address_with_only_a_country_is_empty() -> None:
    assert NO_ADDRESS.is_empty
    assert replace(NO_ADDRESS, country="GB").is_empty
    assert not replace(NO_ADDRESS, city="Leeds").is_empty
