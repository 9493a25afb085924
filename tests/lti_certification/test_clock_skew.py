"""The clock difference that is allowed for an LMS is a setting of its registration."""

import time

import pytest

from lms.core.runtime import Carrel
from tests.cast import Cast
from tests.lti.tool_server import connected
from tests.platform.platform import Platform


@pytest.mark.parametrize("is_known", [False, True], ids=["somebody new", "somebody known"])
@pytest.mark.parametrize(
    ("leeway_s", "times", "status"),
    [
        (5, {"iat": 30, "exp": 90}, 401),
        (5, {"iat": -90, "exp": -30}, 401),
        (5, {"iat": 2, "exp": 60}, 303),
        (0, {"iat": -60, "exp": -1}, 401),
        (300, {"iat": 240, "exp": 300}, 303),
        (300, {"iat": -400, "exp": -240}, 303),
        (300, {"iat": 400, "exp": 500}, 401),
        (300, {"iat": -3600 - 240, "exp": 60}, 303),
        (300, {"iat": -3600 - 360, "exp": 60}, 401),
    ],
)
def test_allowed_clock_difference_comes_from_the_registration(
    carrel: Carrel,
    cast: Cast,
    platform: Platform,
    leeway_s: int,
    times: dict[str, int],
    status: int,
    is_known: bool,
) -> None:
    with connected(carrel, platform, leeway_s=leeway_s) as connection:
        if is_known:
            assert connection.launch().status_code == 303
        moved = {name: int(time.time()) + shift for name, shift in times.items()}
        answer = connection.forged(lambda forge, claims: forge.changed(claims, moved))
        assert answer.status_code == status
