"""Our cookie reader returns what Flask would, and never fails."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.sansio.http import parse_cookie

from media.delivery.cookie_reader import cookie_in, cookies_in

# What a browser can send in a name and a value (RFC 6265, 4.1.1), and bytes of other encodings.
MARKS = st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters='",;\\=\x7f')
TEXTS = st.text(MARKS, min_size=1, max_size=6)
PAIRS = st.lists(
    st.tuples(st.sampled_from(["carrel", "xcarrel", "carrel-lti", "é"]) | TEXTS, TEXTS)
)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("", None),
        ("other=x", None),
        ("carrel=x", "x"),
        ("carrel=first; carrel=second", "first"),
        ("xcarrel=no; carrel=x", "x"),
        ("a=carrel; b=x", None),
        ("lang=fran\xe7ais; carrel=x", "x"),
        ("carrel=x\xe7", "x\xe7"),
        ('carrel="x"', "x"),
        ("carrel = x ;", "x"),
        ("carrel", ""),
        ("carrel=; carrel=x", ""),
        ('bad="; carrel=x', "x"),
    ],
)
def test_the_first_cookie_of_a_name_is_read(header: str, value: str | None) -> None:
    assert cookie_in({"HTTP_COOKIE": header}, "carrel") == value


def test_request_without_cookies_has_no_cookie() -> None:
    assert cookie_in({}, "carrel") is None


@given(PAIRS)
def test_cookie_is_read_as_flask_reads_it(pairs: list[tuple[str, str]]) -> None:
    header = "; ".join(f"{name}={value}" for name, value in pairs)
    assert cookie_in({"HTTP_COOKIE": header}, "carrel") == parse_cookie(header).get("carrel")


@given(st.text(st.characters(max_codepoint=0xFF)))
def test_any_header_is_read_without_an_error(header: str) -> None:
    cookie_in({"HTTP_COOKIE": f"{header}carrel{header}"}, "carrel")


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("order=b; carrel=a", ("a", "b")),
        ("order=b", ("b",)),
        ("order=b; carrel=", ("", "b")),
        ("x=y", ()),
    ],
)
def test_cookies_are_read_in_the_order_of_the_given_names(header, values):
    assert cookies_in({"HTTP_COOKIE": header}, ("carrel", "order")) == values
