"""Signed-in staff, and a manager of an organization with seats."""

import pytest

from tests.cast import Cast, Roles
from tests.clock import Clock
from tests.visitor import Visitor
from tests.web.managed_organization import elm, mia

__all__ = ["ada", "elm", "mia", "owner", "staff"]


@pytest.fixture
def ada(client: Visitor, cast: Cast, clock: Clock) -> Visitor:
    client.sign_in(cast.ada.id)
    return client


@pytest.fixture
def owner(client: Visitor, roles: Roles, clock: Clock) -> Visitor:
    """An owner of the seller."""
    client.sign_in(roles.owen.id)
    return client


@pytest.fixture
def staff(ada: Visitor) -> Visitor:
    return ada
