"""Fixtures for all tests: a real database, real files, the app, and a clock that tests can set."""

import gc
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import structlog
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from flask import Flask
from sqlalchemy import Connection, event

from lms.app import create_app
from lms.component import load_tables
from lms.core import encryption, password_hashing_and_rules
from lms.core.database import Database
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.web.core import constant_time_responses
from media.storage.storage_protocol import Storage
from tests.cast import Cast, Roles, assemble, assemble_roles
from tests.clock import Clock
from tests.compile_cache import compile_once
from tests.correlation import check_correlation
from tests.platform.app import running_platform
from tests.platform.platform import Platform
from tests.servers.databases import (
    Databases,
    databases,
    databases_at,
    fill,
    on_postgresql,
    wipe,
)
from tests.servers.smtp import MailSink, mail_server
from tests.servers.stripe import FakeStripe, running_stripe
from tests.visitor import Visitor
from wsgi import COMPONENTS

load_tables(COMPONENTS)  # rule tests check every table
check_correlation()

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.servers.s3 import S3Server

PREPARED_AT = "carrel_databases"
OPENED = pytest.StashKey[ExitStack]()
SECRET_KEY = "a key for tests alone, " * 3
# Guards that slow down guessing; with them, each sign-in of a test takes a third of a second.
GUARDS_AGAINST_GUESSING = (
    (password_hashing_and_rules, "_hasher"),
    (password_hashing_and_rules, "NOBODYS"),
    (constant_time_responses, "STEP_S"),
)
SLOW = [getattr(*guard) for guard in GUARDS_AGAINST_GUESSING]
_hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
# before any fixture: module fixtures hash the passwords of the whole demo
for _guard, _swift in zip(
    GUARDS_AGAINST_GUESSING, (_hasher, _hasher.hash("of no account"), 0.001), strict=True
):
    setattr(*_guard, _swift)


@cache
def _tool_key(_number: int, **how: int) -> RSAPrivateKey:
    return generate_private_key(**how)


_numbers = cycle(range(16))  # no test needs more keys; generating two takes a fifth of a second
encryption.generate_private_key = lambda **how: _tool_key(next(_numbers), **how)  # type: ignore[assignment]  # called with keyword arguments

compile_once()
gc.disable()  # until tests are collected, because imported modules aren't garbage

# No deadline, because times depend on the machine. Examples repeat, so a new failure is due to a
# change; `pytest --hypothesis-profile=explore` tries new ones.
hypothesis.settings.register_profile("carrel", deadline=None, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=2_000)
hypothesis.settings.load_profile("carrel")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Prepare the databases once, in the process that starts the workers, and pass on where."""
    stash = node.config.stash
    if OPENED not in stash:
        stash[OPENED] = ExitStack()
        node.config.carrel_databases = stash[OPENED].enter_context(databases())
        gc.enable()  # the workers collect the tests, not this process
    node.workerinput[PREPARED_AT] = str(node.config.carrel_databases.place)


def pytest_unconfigure(config: pytest.Config) -> None:
    if OPENED in config.stash:
        config.stash[OPENED].close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests without a database on PostgreSQL, where they only repeat the SQLite run.

    Slow tests start first, so no worker runs them alone at the end. Browser tests that use the same
    server stay together, because starting one takes a worker ten seconds of CPU time. Otherwise the
    order is random.
    """
    if on_postgresql():
        left_out = {one for one in items if "made_databases" not in _fixtures_of(one)}
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [one for one in items if one not in left_out]
    items.sort(key=_order, reverse=True)


def pytest_collection_finish() -> None:
    """Collect garbage less often and skip shared objects; it took a fifth of the test time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


def _order(item: pytest.Item) -> tuple[bool, str, float]:
    """Return a sort key: slow tests, then by folder of the browser's server and time limit."""
    allowed = item.get_closest_marker("timeout")
    seconds = allowed.args[0] if allowed else 0.0
    server = ""
    if item.get_closest_marker("browser"):
        server = next(str(up) for up in item.path.parents if (up / "conftest.py").exists())
    return item.get_closest_marker("slow") is not None, server, seconds


def _fixtures_of(item: pytest.Item) -> Sequence[str]:
    return item.fixturenames if isinstance(item, pytest.Function) else ()


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """Restore logging after a command that a test ran in this process, whose stderr is closed."""
    yield
    structlog.reset_defaults()
    for handler in [one for one in logging.root.handlers if type(one) is logging.StreamHandler]:
        logging.root.removeHandler(handler)


@pytest.fixture
def slow_sign_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use production password hashing and constant response times."""
    for (module, name), value in zip(GUARDS_AGAINST_GUESSING, SLOW, strict=True):
        monkeypatch.setattr(module, name, value)


@pytest.fixture(scope="session")
def made_databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Creates this run's databases, and separate ones for tests that need them."""
    place = getattr(request.config, "workerinput", {}).get(PREPARED_AT)
    if place:
        yield databases_at(Path(place))
    else:
        with databases() as made:
            yield made


@pytest.fixture(scope="session")
def database_url(made_databases: Databases, worker_id: str) -> str:
    """The URL of this worker's database, with every table."""
    return made_databases.prepared(f"carrel_{worker_id}")


@pytest.fixture(scope="session")
def _one_database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def database(_one_database: Database) -> Iterator[Database]:
    """An empty database with every table; what a test commits is deleted afterward."""
    yield _one_database
    wipe(_one_database)


@pytest.fixture
def loops_alone(database: Database) -> Iterator[None]:
    """Make PostgreSQL join by nested loops only, as it may do when statistics are outdated."""

    def prefer_loops(connection: Connection) -> None:
        for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material", "memoize"):
            connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")

    if not database.is_sqlite:
        event.listen(database.engine, "begin", prefer_loops)
    yield
    if not database.is_sqlite:
        event.remove(database.engine, "begin", prefer_loops)


@pytest.fixture
def cast(database: Database) -> Cast:
    """Alice, Bob, Carol, Dan, Mia, and Ada, and their webinar, as of the clock's NOW."""
    return fill(database, "cast", assemble)


@pytest.fixture
def roles(database: Database, cast: Cast) -> Roles:
    """People with other roles on the seller's team and in Elm County."""
    return fill(database, "roles", lambda session: assemble_roles(session, cast))


@pytest.fixture
def environ(database_url: str, tmp_path: Path) -> Mapping[str, str]:
    """The environment variables behind `settings`, for tests that start our programs."""
    return {
        "CARREL_DATA_DIR": str(tmp_path / "house"),
        "CARREL_DATABASE_URL": database_url,
        "CARREL_BASE_URL": "http://localhost",
        "CARREL_SECRET_KEY": SECRET_KEY,
    }


@pytest.fixture
def settings(environ: Mapping[str, str]) -> Settings:
    """Settings with this test's directory and this worker's database."""
    return Settings.from_env(environ)


@pytest.fixture
def carrel(settings: Settings, database: Database) -> Carrel:
    """The runtime that the app, the commands, and the worker share."""
    return replace(open_carrel(settings), database=database)


@pytest.fixture
def storage(carrel: Carrel) -> Storage:
    """This test's file storage, in a directory."""
    return carrel.storage


@pytest.fixture
def app(carrel: Carrel) -> Flask:
    """The web app."""
    made = create_app(carrel, COMPONENTS)
    made.testing = True
    made.test_client_class = Visitor
    return made


@pytest.fixture
def client(app: Flask) -> Visitor:
    """A test client that isn't signed in; call `client.sign_in(login_id)` to sign in."""
    visitor = app.test_client()
    assert isinstance(visitor, Visitor)
    return visitor


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time that `lms.core.clock.now()` returns everywhere; it stands still until set."""
    made = Clock()
    monkeypatch.setattr("lms.core.clock.datetime", made)
    return made


@pytest.fixture
def mail_sink() -> Iterator[MailSink]:
    """A real mail server on loopback that stores what it receives."""
    with mail_server() as sink:
        yield sink


@pytest.fixture
def fake_stripe(clock: Clock) -> Iterator[FakeStripe]:
    """A simulated Stripe on its own port, which uses the test's clock."""
    with running_stripe() as fake:
        fake.books.now = lambda: clock.now(UTC).timestamp()
        yield fake


@pytest.fixture(scope="session")
def running_s3() -> Iterator["S3Server"]:
    """The one S3 server of this process; `apart()` and `own_bucket()` separate its users."""
    from tests.servers.s3 import seaweed  # noqa: PLC0415  (only S3 tests need it)

    with seaweed() as server:
        yield server


@pytest.fixture
def s3_server(running_s3: "S3Server") -> "S3Server":
    """An S3 server with a separate prefix in its bucket for this test."""
    return running_s3.apart()


@pytest.fixture
def s3_bucket(running_s3: "S3Server") -> Iterator["S3Server"]:
    """An S3 server with a separate bucket for this test."""
    with running_s3.own_bucket() as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """A real Chromium."""
    from tests.servers.chromium import running_chromium  # noqa: PLC0415  (only browser tests need it)

    with running_chromium() as running:
        yield running


@pytest.fixture
def platform() -> Iterator[Platform]:
    """A simulated LMS on its own port; see tests/platform/README.md."""
    with running_platform() as made:
        yield made
