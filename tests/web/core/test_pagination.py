"""The pager of a list: its links lead to the same list."""

from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from lms.core.errors import NotFound
from lms.web.core.pagination import pager_of, this_url


def test_pager_preserves_the_query(app: Flask) -> None:
    with app.test_request_context("/staff/webinars?q=a%26b&state=&page=2&_anchor=x&endpoint=y"):
        pager = pager_of(2, 10, 30)
    assert pager.previous_url is not None
    assert pager.next_url is not None
    before, after = urlsplit(pager.previous_url), urlsplit(pager.next_url)
    assert (before.path, before.fragment) == ("/staff/webinars", "")
    asked = {"q": ["a&b"], "_anchor": ["x"], "endpoint": ["y"]}
    assert parse_qs(before.query) == {**asked, "page": ["1"]}
    assert parse_qs(after.query) == {**asked, "page": ["3"]}


def test_pager_preserves_the_path(app: Flask) -> None:
    with app.test_request_context("/staff/webinars/reading-rooms/attendance"):
        assert pager_of(1, 10, 30).next_url == "/staff/webinars/reading-rooms/attendance?page=2"


def test_parameters_are_removed(app: Flask) -> None:
    with app.test_request_context("/staff/webinars?q=a&page=2"):
        assert this_url(page=None) == "/staff/webinars?q=a"
        assert this_url(q=None, page=None) == "/staff/webinars"


def test_page_after_the_last_is_not_found(app: Flask) -> None:
    with app.test_request_context("/staff/webinars"), pytest.raises(NotFound):
        pager_of(4, 10, 30)
