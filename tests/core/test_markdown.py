"""Markdown from staff is rendered without anything that could harm a reader."""

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
def test_scripts_and_remote_content_are_removed(source: str, forbidden: str) -> None:
    assert forbidden not in to_html(source)


def test_lists_emphasis_and_links_are_rendered() -> None:
    made = to_html("One **two** [three](https://example.org)\n\n- four\n- five")
    assert "<strong>two</strong>" in made
    assert '<a href="https://example.org" rel="noopener">three</a>' in made
    assert made.count("<li>") == 2


def test_headings_start_below_those_of_the_page() -> None:
    assert to_html("# One") == "<h3>One</h3>\n"
    assert to_html("##### Five") == "<h6>Five</h6>\n"


def test_plain_text_has_no_markup() -> None:
    source = "# One *two*\n\n- three\n- [four](https://x.example)\nfive\n\n```\nsix\n```"
    assert to_words(source) == "One two three four five six"
