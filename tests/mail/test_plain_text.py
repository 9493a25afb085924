"""Plain text from an email's HTML, for mail programs that show no HTML."""

from lms.mail.rendering import text_of


def test_paragraphs_are_separated_and_lists_have_dashes() -> None:
    html = "<h1>Seats</h1>\n<p>You\n have: </p><ul> <li> 4 seats </li>\n<li>a pass</li></ul><p>Bye<br>Ada</p>"
    assert text_of(html) == "Seats\n\nYou have:\n\n- 4 seats\n- a pass\n\nBye\nAda\n"


def test_address_of_a_link_follows_its_text() -> None:
    html = '<p><a href="https://elm.example/pay">Pay</a></p><p>Or <a href="/help">ask</a> us.</p>'
    assert text_of(html) == "Pay:\nhttps://elm.example/pay\n\nOr ask (/help) us.\n"


def test_an_address_is_not_repeated() -> None:
    html = '<p><a href="mailto:ada@elm.example">ada@elm.example</a> <a href="/x">/x</a></p>'
    assert text_of(html) == "ada@elm.example /x\n"


def test_html_only_parts_are_left_out() -> None:
    html = """<html><head><style>p { color: red }</style></head><body>
        <div data-text="none">Preview</div><p>Text &amp; more</p><p data-text="--">From Elm</p></body></html>"""
    assert text_of(html) == "Text & more\n\n--\nFrom Elm\n"


def test_typed_line_breaks_are_preserved() -> None:
    assert text_of('<p style="white-space: pre-line">Hello,\nI ask</p>') == "Hello,\nI ask\n"


def test_link_without_text_is_shown_as_its_address() -> None:
    assert text_of('<p><a href="/claim/7"></a></p>') == "/claim/7\n"
