"""The released versions: the last migration of each, and its library for the tests.

    python -m tests.migrations.released_versions VERSION

saves this version's demo and the checksum of its migrations, which must not change afterward.
Run it once for each release, before its tag.
"""

import csv
import gzip
import hashlib
import sqlite3
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Connection,
    Integer,
    TableClause,
    column,
    func,
    insert,
    inspect,
    select,
    table,
    text,
)

from lms import migrations
from lms.core.clock import now
from lms.core.database import Database
from lms.core.runtime import open_carrel
from lms.core.settings import Settings
from lms.demo.install import install_demo

HERE: Final = Path(__file__).with_name("released")
LIST: Final = HERE / "versions.tsv"


@dataclass(frozen=True, slots=True)
class Release:
    """A released version, its last migration, and the checksum of all migrations up to that one."""

    version: str
    revision: str
    sha256: str

    def unpack(self, path: Path) -> Database:
        """Unpack the library that this version saved, and open it."""
        path.write_bytes(gzip.decompress((HERE / f"{self.version}.sqlite3.gz").read_bytes()))
        return Database(f"sqlite:///{path}")


def releases() -> tuple[Release, ...]:
    """Return all released versions, the oldest first."""
    with LIST.open(encoding="utf-8") as file:
        return tuple(Release(**row) for row in csv.DictReader(file, delimiter="\t"))


def sha256_of(revision: str) -> str:
    """Return the checksum of the current migrations up to one of them."""
    scripts = ScriptDirectory.from_config(migrations._config())
    files = (Path(each.path).read_bytes() for each in scripts.iterate_revisions(revision, "base"))
    return hashlib.sha256(b"".join(files)).hexdigest()


def make_as_released(source: Database, target: Database, revision: str) -> None:
    """Create the tables of a release in an empty database, and copy the rows of its library."""
    with migrations._alone(target) as connection:
        command.upgrade(migrations._config(connection), revision)
    with source.engine.connect() as old, target.engine.begin() as new:
        new.execute(text("SET session_replication_role = replica"))  # rows come unordered
        rows = tables_of(old)
        for name, made in tables_of(new).items():
            if found := [dict(row) for row in old.execute(select(rows[name])).mappings()]:
                new.execute(insert(made), found)
            if "id" in made.c and isinstance(made.c.id.type, Integer):
                sequence = func.pg_get_serial_sequence(name, "id")
                new.execute(select(func.setval(sequence, func.max(made.c.id))))


def tables_of(connection: Connection) -> dict[str, TableClause]:
    """Return the product's tables as they are in a database, by name."""
    there = inspect(connection)
    return {
        name: table(name, *(column(one["name"], one["type"]) for one in there.get_columns(name)))
        for name in there.get_table_names()
        if name != "alembic_version"
        and "_search" not in name  # SQLite's search indexes, which triggers maintain
    }


def keep(version: str) -> None:
    """Save this version's demo and the checksum of its migrations."""
    with tempfile.TemporaryDirectory() as folder:
        carrel = open_carrel(Settings.from_env({"CARREL_DATA_DIR": folder}))
        migrations.upgrade(carrel.database)
        install_demo(carrel, now=now())
        copy = Path(folder, "copy")
        carrel.database.dispose()
        with closing(sqlite3.connect(Path(folder, "carrel.sqlite3"))) as connection:
            connection.execute("VACUUM INTO ?", (str(copy),))
        (HERE / f"{version}.sqlite3.gz").write_bytes(gzip.compress(copy.read_bytes(), mtime=0))
    revision = migrations.head()
    with LIST.open("a", encoding="utf-8") as file:
        file.write(f"{version}\t{revision}\t{sha256_of(revision)}\n")


if __name__ == "__main__":
    keep(sys.argv[1])
