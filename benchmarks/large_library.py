"""A large installation, filled by SQL statements in minutes.

A million accounts with their grants; organizations with five pools of fifty seats each, one of them
a contract for everything and four for single webinars. Every tenth seat is only invited, every
other pool accepts the organization's email domain, and each has one person on its waitlist.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.core.model_base import UTCDateTime
from lms.migrations import upgrade
from tests.servers.postgres import SWIFT, postgres

NOW: Final = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
SEATS_IN_A_POOL: Final = 50
POOLS_OF_AN_ORGANIZATION: Final = 5

# Primes distribute purchases and seats over people.
_SERIES: Final = "WITH RECURSIVE series(i) AS (SELECT CAST(0 AS bigint) UNION ALL SELECT i + 1 FROM series WHERE i + 1 < {})"
_ADDRESS: Final = "'person' || {0} || '@library' || ({0} % (2 * :organizations)) || '.example.org'"
_POOL_SCOPE: Final = "CASE WHEN i % 5 = 0 THEN 'everything' ELSE 'webinar' END"
_POOL_WEBINAR: Final = "CASE WHEN i % 5 = 0 THEN NULL ELSE i % :webinars + 1 END"
_PERSON: Final = "(i * 7919 % :logins)"
_TABLES: Final = {
    "login": (
        "logins",
        {
            "email": _ADDRESS.format("i"),
            "email_key": _ADDRESS.format("i"),
            "name": "'Pat Doe'",
            "confirmed_at": ":now",
            "created_at": ":now",
        },
    ),
    "webinar": (
        "webinars",
        {
            "slug": "'webinar-' || i",
            "title": "'Webinar ' || i",
            "summary": "''",
            "overview": "''",
            "agenda": "''",
            "held_at": "CASE WHEN i % 10 = 0 THEN :later ELSE :before END",
            "zone": "'America/New_York'",
            "minutes": "60",
            "free": "FALSE",
            "is_in_passes": "TRUE",
            "state": "'announced'",
            "created_at": ":now",
            "updated_at": ":now",
        },
    ),
    "organization": (
        "organizations",
        {
            "slug": "'library-' || i",
            "name": "'Library ' || i",
            "legal_name": "''",
            "invoice_delivery": "'email'",
            "vendor_number": "''",
            "po_required": "FALSE",
            "notes": "''",
            "created_at": ":now",
        },
    ),
    "verified_domain": (
        "organizations",
        {
            "organization_id": "i + 1",
            "domain": "'library' || i || '.example.org'",
            "verified_at": ":now",
        },
    ),
    "pool": (
        "pools",
        {
            "organization_id": "i / 5 + 1",
            "scope": _POOL_SCOPE,
            "webinar_id": _POOL_WEBINAR,
            "is_permanent": "i % 5 <> 0",
            "capacity": "50 + i % 2",
            "used": "50",
            "claim_policy": "CASE WHEN i % 2 = 1 THEN 'domain' ELSE 'invitation' END",
            "created_at": ":now",
        },
    ),
    "grant_line": (
        "grants",
        {
            "login_id": "i * 104729 % :logins + 1",
            "kind": "CASE WHEN i % 10 = 0 THEN 'pass' ELSE 'single' END",
            "scope": "CASE WHEN i % 10 = 0 THEN 'everything' ELSE 'webinar' END",
            "webinar_id": "CASE WHEN i % 10 = 0 THEN NULL ELSE i * 15485863 % :webinars + 1 END",
            "starts_at": ":before",
            "ends_at": "CASE WHEN i % 10 = 0 THEN :later END",
            "created_at": ":before",
        },
    ),
    "seat": (
        "seats",
        {"pool_id": "i / 50 + 1", "state": "'taken'", "created_at": ":now"},
    ),
    "assignment": (
        "seats",
        {
            "seat_id": "i + 1",
            "pool_id": "i / 50 + 1",
            "login_id": f"CASE WHEN i % 10 <> 0 THEN {_PERSON} + 1 END",
            "email": _ADDRESS.format(_PERSON),
            "email_key": _ADDRESS.format(_PERSON),
            "name": "''",
            "state": "CASE WHEN i % 10 = 0 THEN 'invited' ELSE 'claimed' END",
            "expires_at": "CASE WHEN i % 10 = 0 THEN :later END",
            "claimed_at": "CASE WHEN i % 10 <> 0 THEN :before END",
            "created_at": ":before",
        },
    ),
    "waiting_entry": (
        "pools",
        {
            "pool_id": "i + 1",
            "login_id": f"{_PERSON} + 1",
            "name": "''",
            "joined_at": ":now",
        },
    ),
}
_CONTRACTS: Final = {
    "pool_id": "i + 1",
    "kind": "CASE WHEN i % 5 = 0 THEN 'contract' ELSE 'group_seats' END",
    "seats": "50 + i % 2",
    "scope": _POOL_SCOPE,
    "webinar_id": _POOL_WEBINAR,
    "starts_at": ":before",
    "ends_at": "CASE WHEN i % 5 = 0 THEN :later END",
    "created_at": ":before",
}
_WITHOUT_OUTSIDE_ID: Final = frozenset({"assignment"})


@dataclass(frozen=True, slots=True)
class Size:
    """Numbers of rows in the installation."""

    logins: int
    grants: int
    seats: int
    webinars: int

    @property
    def pools(self) -> int:
        """Return the number of organizations' pools."""
        return self.seats // SEATS_IN_A_POOL

    @property
    def organizations(self) -> int:
        """Return the number of organizations with pools."""
        return self.pools // POOLS_OF_AN_ORGANIZATION


@contextmanager
def installation(kind: str, settings: Sequence[str] = SWIFT) -> Iterator[Database]:
    """Yield an empty installation on a database of that kind, with PostgreSQL `settings`."""
    with TemporaryDirectory(prefix="carrel-installation-") as folder:
        if kind == "sqlite":
            database = Database(f"sqlite:///{Path(folder) / 'carrel.sqlite3'}")
            upgrade(database)
            yield database
            database.dispose()
            return
        with postgres(settings) as server:
            database = Database(server.create("installation"))
            upgrade(database)
            yield database
            database.dispose()


def fill(database: Database, size: Size) -> None:
    """Fill an empty installation, then update the database's statistics."""
    with database.transaction() as session:
        for table, (count, columns) in _TABLES.items():
            _insert(session, size, table, count, columns)
        _insert(session, size, "grant_line", "pools", _CONTRACTS)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    database.engine.dispose()  # SQLite connections use the statistics from when they were opened


def _insert(session: Session, size: Size, table: str, count: str, columns: dict[str, str]) -> None:
    rows = size.grants if count == "grants" else getattr(size, count)
    if not rows:
        return
    given = dict(columns)
    if table not in _WITHOUT_OUTSIDE_ID:
        given["public_id"] = _outside_id(session)
    names, values = ", ".join(given), ", ".join(given.values())
    statement = f"{_SERIES.format(rows)} SELECT {values} FROM series"  # noqa: S608  (our own words)
    parameters = {
        "now": NOW,
        "before": NOW - timedelta(days=100),
        "later": NOW + timedelta(days=265),
        "logins": size.logins,
        "webinars": size.webinars,
        "organizations": size.organizations,
    }
    wanted = {name: value for name, value in parameters.items() if f":{name}" in statement}
    moments = [
        bindparam(name, type_=UTCDateTime())
        for name in ("now", "before", "later")
        if name in wanted
    ]
    session.execute(text(f"INSERT INTO {table} ({names}) {statement}").bindparams(*moments), wanted)


def _outside_id(session: Session) -> str:
    """Return an SQL expression for 26 characters in random order."""
    if session.get_bind().dialect.name == "sqlite":
        return "lower(hex(randomblob(13)))"
    return "left(md5(random()::text || i), 26)"
