"""Staff at their desk: Ada's browser, under the name that a page's tests call it by."""

import pytest

from tests.cast import Cast
from tests.clock import Clock
from tests.visitor import Visitor


@pytest.fixture
def ada(client: Visitor, cast: Cast, clock: Clock) -> Visitor:
    client.sign_in(cast.ada.id)
    return client


@pytest.fixture
def staff(ada: Visitor) -> Visitor:
    return ada
