"""The library of each released version is upgraded on both databases and still works."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from lms import migrations
from lms.app import create_app
from lms.core.database import Database
from lms.core.runtime import Carrel
from tests.migrations.released_versions import (
    Release,
    make_as_released,
    releases,
    sha256_of,
    tables_of,
)
from tests.servers.databases import Databases
from tests.visitor import Visitor
from wsgi import COMPONENTS

ALICE = {"email": "alice@example.org", "password": "alice-reads-at-noon"}


@pytest.fixture(params=releases(), ids=lambda one: one.version)
def release(request: pytest.FixtureRequest) -> Release:
    """Return each released version."""
    made: Release = request.param
    return made


@pytest.fixture
def left(
    release: Release, made_databases: Databases, worker_id: str, tmp_path: Path
) -> Iterator[Database]:
    """Return its library, in its own tables."""
    source = release.unpack(tmp_path / "released.sqlite3")
    if not made_databases.empty("any").startswith("postgresql"):
        yield source
        source.dispose()
        return
    name = f"carrel_released_{worker_id}"
    database = Database(made_databases.empty(name))
    make_as_released(source, database, release.revision)
    source.dispose()
    yield database
    database.dispose()
    made_databases.drop(name)


def test_migrations_of_a_release_never_change(release: Release) -> None:
    assert sha256_of(release.revision) == release.sha256


def test_library_of_a_release_is_upgraded_and_works(
    release: Release, left: Database, carrel: Carrel
) -> None:
    assert migrations.current(left) == release.revision
    before = _counts(left)
    assert min(before["webinar"], before["assignment"], before["order_line"]) > 0
    migrations.upgrade(left)
    assert migrations.current(left) == migrations.head()
    after = _counts(left)
    assert {name: after[name] for name in before if name in after} == before
    app = create_app(replace(carrel, database=left), COMPONENTS)
    app.test_client_class = Visitor
    client = app.test_client()
    assert client.get("/passes").status_code == 200
    assert client.post("/sign-in", data=ALICE).status_code == 303
    assert "Story Time for a Restless Room" in client.get("/library").text


def _counts(database: Database) -> dict[str, int]:
    with database.engine.connect() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(one)).scalar_one()
            for name, one in tables_of(connection).items()
        }
