"""A site and an LMS, on two different sites."""

from collections.abc import Iterator

import pytest

from tests.browser.conftest import Film, beside
from tests.browser.lti.two_sites import Library, library_at
from tests.platform.app import running_platform
from tests.platform.platform import Platform
from tests.servers.databases import Databases


@pytest.fixture(scope="session")
def library(made_databases: Databases, worker_id: str, film: Film) -> Iterator[Library]:
    """A site whose Elm County has access to three webinars."""
    name = f"carrel_lti_{worker_id}"
    with library_at(beside(made_databases, name), made_databases.prepared(name), film) as made:
        yield made


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """A simulated LMS that isn't connected to anything yet."""
    with running_platform() as made:
        yield made
