"""Markdown that staff write cannot hurt whoever reads it."""

import pytest

from lms.core.markdown import to_html, to_words


@pytest.mark.parametrize(
    ("source", "forbidden"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("[x](javascript:alert(1))", 'href="javascript:'),
        ('<img src="https://evil.example/x.png">', "<img"),
        ("![x](https://evil.example/x.png)", "<img"),
        ('<p onclick="x()">x</p>', "<p onclick"),
        ("[x](data:text/html;base64,PHA+)", 'href="data:'),
        ('<a style="color:red" href="/">x</a>', "<a style"),
    ],
)
def test_what_could_run_or_be_fetched_is_left_out(source: str, forbidden: str) -> None:
    assert forbidden not in to_html(source)


def test_lists_emphasis_and_links_are_kept() -> None:
    made = to_html("One **two** [three](https://example.org)\n\n- four\n- five")
    assert "<strong>two</strong>" in made
    assert '<a href="https://example.org" rel="noopener">three</a>' in made
    assert made.count("<li>") == 2


def test_headings_begin_below_those_of_the_page() -> None:
    assert to_html("# One") == "<h3>One</h3>\n"
    assert to_html("##### Five") == "<h6>Five</h6>\n"


def test_the_words_alone_have_no_marks() -> None:
    source = "# One *two*\n\n- three\n- [four](https://x.example)\nfive\n\n```\nsix\n```"
    assert to_words(source) == "One two three four five six"
