"""The Link header: the next page of a list, in the forms that platforms send."""

import pytest

from lti.http.link_header import next_page, related
from lti.http.platform_calls_and_outcomes import Answered


def _answer(link: str) -> Answered:
    return Answered(200, {"link": link}, b"[]", "https://lms.example.edu/a/Members?page=1")


@pytest.mark.parametrize(
    ("header", "address"),
    [
        (
            '<https://lms.example.edu/X?Cursor=AbC>; rel="next"',
            "https://lms.example.edu/X?Cursor=AbC",
        ),
        ("<https://lms.example.edu/x>;rel=next", "https://lms.example.edu/x"),
        ('</b?p=2>; rel="next"', "https://lms.example.edu/b?p=2"),
        ('<https://l.example/a,b;c>; title="x, y"; REL="prev next"', "https://l.example/a,b;c"),
        (
            '<https://l.example/1>; rel="current",<https://l.example/2>; rel="next",'
            '<https://l.example/3>; rel="differences"',
            "https://l.example/2",
        ),
        ('<https://lms.example.edu/a/Members?page=1>; rel="next"', None),
        ('<https://l.example/>; rel="differences"', None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_next_page_is_read_from_the_link_header(header: str, address: str | None) -> None:
    assert next_page(_answer(header)) == address


def test_relation_must_match_a_whole_word() -> None:
    assert related(_answer('<https://l.example/>; rel="nextish"'), "next") is None
