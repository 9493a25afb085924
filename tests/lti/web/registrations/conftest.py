"""A learning system at this machine that registers itself."""

from collections.abc import Iterator

import pytest

from tests.lti.registrations.registration_server import MailContext, open_office


@pytest.fixture
def office() -> Iterator[MailContext]:
    """A learning system at this machine that registers itself."""
    with open_office() as made:
        yield made
