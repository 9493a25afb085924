"""A library and a platform for each file of tests, on two sites."""

from collections.abc import Iterator

import pytest

from tests.browser.conftest import Film
from tests.browser.lti.two_sites import Library, library_at
from tests.platform.app import running_platform
from tests.platform.platform import Platform
from tests.servers.databases import Databases


@pytest.fixture(scope="module")
def library(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    made_databases: Databases,
    worker_id: str,
    film: Film,
) -> Iterator[Library]:
    """A library whose Elm County may watch three webinars."""
    name = request.path.stem.removeprefix("test_")
    place = tmp_path_factory.mktemp("library")
    with library_at(place, made_databases.prepared(f"carrel_{name}_{worker_id}"), film) as made:
        yield made


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """A learning system that nothing is connected to yet."""
    with running_platform() as made:
        yield made
