"""The demo as a library for tests to read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.demo.install import install_demo
from lms.demo.summary import DemoReport
from tests.conftest import SECRET_KEY
from tests.servers.databases import Databases

NOW = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Demo:
    """An installation with the demo, and what `make_demo` printed."""

    carrel: Carrel
    report: DemoReport


@pytest.fixture(scope="module")
def demo(
    made_databases: Databases, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    """Return the demo for tests that only read it: hashing and reading slides take seconds."""
    name = f"carrel_demo_{worker_id}"
    environ = {
        "CARREL_DATA_DIR": str(tmp_path_factory.mktemp("demo")),
        "CARREL_DATABASE_URL": made_databases.prepared(name),
        "CARREL_BASE_URL": "http://localhost",
        "CARREL_SECRET_KEY": SECRET_KEY,
    }
    carrel = open_carrel(Settings.from_env(environ))
    yield Demo(carrel, install_demo(carrel, now=NOW))
    carrel.database.dispose()
    made_databases.drop(name)
