"""A request that is to be answered on a condition alone (RFC 9110, section 13)."""

import pytest

from tests.cast import Cast
from tests.visitor import Visitor


@pytest.mark.parametrize(
    "path", ["/feed.xml", "/calendar.ics", "/theme.css", "/static/css/core/base.css"]
)
def test_another_version_than_was_asked_for_is_not_sent(
    client: Visitor, cast: Cast, path: str
) -> None:
    there = client.get(path)
    other = client.get(path, headers={"If-Match": '"another"'})
    same = client.get(path, headers={"If-Match": there.headers["ETag"]})
    assert (other.status_code, same.status_code) == (412, 200)
    assert "<main" in other.text
    assert same.data == there.data
