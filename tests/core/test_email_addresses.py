"""Email addresses: which are valid, and which are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.core.email_addresses import Address, imitating_letters, read_address
from lms.core.errors import Invalid


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("alice@example.org", "alice@example.org"),
        ("  Alice@Example.ORG\n", "alice@example.org"),
        ("\uff21\uff2c\uff29\uff23\uff25@example.org", "alice@example.org"),
        ("STRASSE@example.org", "strasse@example.org"),
        ("straße@example.org", "strasse@example.org"),
        ("jo@bücher.example", "jo@xn--bcher-kva.example"),
        ("jo@xn--bcher-kva.example", "jo@xn--bcher-kva.example"),
        ("jo@BÜCHER.example", "jo@xn--bcher-kva.example"),
        ("desk+night@branch.internal", "desk+night@branch.internal"),
    ],
)
def test_equal_addresses_have_the_same_key(typed: str, key: str) -> None:
    assert read_address(typed).key == key


def test_address_is_shown_as_its_owner_writes_it() -> None:
    assert read_address(" Alice.Ortiz@Example.org ").shown == "Alice.Ortiz@example.org"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "alice",
        "alice@",
        "@example.org",
        "alice@example",
        "alice@@example.org",
        "alice example@example.org",
        "Alice <alice@example.org>",
        "alice@example.org\nBcc: eve@example.org",
        "alice@example.org, eve@example.org",
        '"alice, eve"@example.org',
        "a\u200blice@example.org",
        "alice@exa\x00mple.org",
        f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.org",
    ],
)
def test_invalid_address_is_refused_at_its_field(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_address(typed, field="new_email")
    assert list(refused.value.fields) == ["new_email"]


@given(
    st.from_regex(
        r"\A[a-zA-Z0-9._+-]{1,70}@([a-zA-Z0-9-]{1,40}\.){1,4}[a-zA-Z]{1,35}\Z", fullmatch=True
    )
)
def test_fast_parser_matches_the_full_parser(typed: str) -> None:
    def answer(text: str) -> Address | None:
        try:
            return read_address(text)
        except Invalid:
            return None

    assert answer(typed) == answer(typed + " ")  # the space leaves only the full parser


@pytest.mark.parametrize(
    ("address", "letters"),
    [
        ("alice@example.org", ""),
        ("jos\u00e9@example.org", ""),
        ("\u0430lice@example.org", "\u0430"),
        ("alice@ex\u0430mple.org", "\u0430"),
        ("\u043e\u043b\u044f@\u043f\u0440\u0438\u043c\u0435\u0440.org", ""),
        ("\u674e@example.org", "\u674e"),
        ("", ""),
    ],
)
def test_characters_that_imitate_others_are_named(address: str, letters: str) -> None:
    assert imitating_letters(address) == letters
