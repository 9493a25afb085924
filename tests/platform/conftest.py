"""A tool that calls the platform's services."""

import pytest

from tests.platform.platform import Platform
from tests.platform.services.service_client import Asking, ask_as, register


@pytest.fixture
def ask(platform: Platform) -> Asking:
    """Return a registered tool with a token for all its scopes."""
    return ask_as(platform, register(platform))
