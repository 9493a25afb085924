"""Null characters, which no database accepts, are refused and never cause a failure."""

import pytest

from tests.cast import Cast
from tests.clock import Clock
from tests.visitor import Visitor

BAD_REQUEST = 400


@pytest.mark.parametrize(
    "path",
    [
        "/webinars?q=%00",
        "/webinars/%00",
        "/room/%00",
        "/claim/%00",
        "/requests/%00",
        "/ask?webinar=%00",
        "/staff/people?q=%00",
        "/staff/audit?person=%00",
        "/staff/people/why?email=%00&webinar=%00",
        "/library/seats/%00",
    ],
)
def test_null_character_in_a_url_is_refused(
    client: Visitor, cast: Cast, clock: Clock, path: str
) -> None:
    client.sign_in(cast.ada.id)
    assert client.get(path).status_code == BAD_REQUEST


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/sign-in", "email"),
        ("/sign-up", "email"),
        ("/account/details", "name"),
        ("/ask", "message"),
        ("/staff/organizations/new", "name"),
    ],
)
def test_null_character_in_a_form_is_refused(
    client: Visitor, cast: Cast, clock: Clock, path: str, field: str
) -> None:
    client.sign_in(cast.ada.id)
    assert client.post(path, data={field: "a\x00b", "zone": "UTC"}).status_code == BAD_REQUEST
