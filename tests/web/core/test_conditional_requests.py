"""Conditional requests (RFC 9110, section 13)."""

import pytest

from tests.cast import Cast
from tests.visitor import Visitor


@pytest.mark.parametrize(
    "path", ["/feed.xml", "/calendar.ics", "/theme.css", "/static/css/core/base.css"]
)
def test_if_match_with_another_version_is_refused(client: Visitor, cast: Cast, path: str) -> None:
    there = client.get(path)
    other = client.get(path, headers={"If-Match": '"another"'})
    same = client.get(path, headers={"If-Match": there.headers["ETag"]})
    assert (other.status_code, same.status_code) == (412, 200)
    assert "<main" in other.text
    assert same.data == there.data
