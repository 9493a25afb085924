"""A tool that asks the platform's services."""

import pytest

from tests.platform.platform import Platform
from tests.platform.services.service_client import Asking, ask_as, register


@pytest.fixture
def ask(platform: Platform) -> Asking:
    """A registered tool with a token for all that it may do."""
    return ask_as(platform, register(platform))
