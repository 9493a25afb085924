"""Redirect targets after a form: only paths of this site, however a browser reads them."""

import pytest

from lms.web.core.next_url import local_path


@pytest.mark.parametrize(
    "raw",
    [
        "/",
        "/library",
        "/webinars/reading-rooms?t=60&q=a%20b#prices",
        "/webinars?next=https://evil.example",
        "/a//b",
    ],
)
def test_path_of_this_site_is_accepted(raw: str) -> None:
    assert local_path(raw) == raw


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        "library",
        "https://evil.example",
        "HTTPS://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "/ /evil.example",
        "/\x00/evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "mailto:eve@evil.example",
        "http:evil.example",
        "@evil.example",
        "/\r\nSet-Cookie: a=b",
        "//[::1",
        "/" + "a" * 1000,
    ],
)
def test_url_that_might_lead_to_another_site_is_refused(raw: str | None) -> None:
    assert local_path(raw) is None
