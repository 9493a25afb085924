"""The frame of a page: what each kind of visitor sees."""

import re

from lms.core.version import VERSION
from tests.cast import Cast
from tests.visitor import Visitor

STAFF_PAGES = ("/staff", "/staff/webinars", "/staff/people", "/staff/lti")
OTHER_PAGES = ("/", "/webinars", "/account")


def footer_of(client: Visitor, path: str) -> str:
    """Return a page's footer; fail unless the page opens and has exactly one."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    (footer,) = re.findall(r"<footer.*?</footer>", answer.text, re.DOTALL)
    return str(footer)


def test_customers_are_not_shown_the_version(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.alice.id)
    for path in OTHER_PAGES:
        assert VERSION not in footer_of(client, path), path


def test_staff_are_not_shown_the_version_on_customer_pages(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.ada.id)
    for path in OTHER_PAGES:
        assert VERSION not in footer_of(client, path), path


def test_footer_of_staff_pages_shows_the_version(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.ada.id)
    for path in STAFF_PAGES:
        assert f"Carrel {VERSION}" in footer_of(client, path), path


def test_every_page_links_to_help_and_accessibility_in_its_footer(
    client: Visitor, cast: Cast
) -> None:
    found = []
    for who, paths in ((None, ("/", "/webinars", "/purchasing")), (cast.ada.id, STAFF_PAGES)):
        if who is not None:
            client.sign_in(who)
        for path in paths:
            links = re.findall(r'href="(/ask|/accessibility)"', footer_of(client, path))
            found.append((path, links))
    assert [one for one in found if one[1] != ["/ask", "/accessibility"]] == []
