"""Email domains that an organization can own: never one where anyone can get an address (S7)."""

import pytest

from lms.core.errors import Invalid
from lms.organizations.email_domains import IS_PUBLIC, NOT_A_DOMAIN, read_domain


@pytest.mark.parametrize(
    "domain",
    [
        "gmail.com",
        "@GMAIL.com",
        "\uff47mail\uff0ecom",
        "outlook.com.au",
        "hotmail.com.br",
        "live.co.uk",
        "yahoo.com.mx",
        "yandex.com.tr",
        "gmx.us",
        "ya.ru",
        "privaterelay.appleid.com",
        "mailinator.com",
    ],
)
def test_domain_of_a_public_email_provider_is_refused(domain: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_domain(domain)
    assert refused.value.message == IS_PUBLIC


@pytest.mark.parametrize("text", ["", "com", "localhost", "pat@elm.example", "gmail.com.", "a b.c"])
def test_invalid_domain_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_domain(text)
    assert refused.value.message == NOT_A_DOMAIN


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Elm.Example", "elm.example"),
        ("b\u00fccher.example", "xn--bcher-kva.example"),
        ("outlook.elm-county.example", "outlook.elm-county.example"),
        ("aoltown.example", "aoltown.example"),
    ],
)
def test_domain_is_normalized(text: str, kept: str) -> None:
    assert read_domain(text) == kept
