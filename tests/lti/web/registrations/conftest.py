"""A local LMS with dynamic registration."""

from collections.abc import Iterator

import pytest

from tests.lti.registrations.registration_server import MailContext, open_office


@pytest.fixture
def office() -> Iterator[MailContext]:
    """Run a local LMS with dynamic registration."""
    with open_office() as made:
        yield made
