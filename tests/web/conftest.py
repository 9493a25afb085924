"""Signed-in staff, and a manager of an organization with seats."""

import pytest

from tests.cast import Cast
from tests.clock import Clock
from tests.visitor import Visitor
from tests.web.managed_organization import elm, mia

__all__ = ["ada", "elm", "mia", "staff"]


@pytest.fixture
def ada(client: Visitor, cast: Cast, clock: Clock) -> Visitor:
    client.sign_in(cast.ada.id)
    return client


@pytest.fixture
def staff(ada: Visitor) -> Visitor:
    return ada
