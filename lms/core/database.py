"""The database: its engine and sessions, transactions, and the one place that commits."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from copy import copy
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.dialects.postgresql import Insert as InsertOnPostgresql
from sqlalchemy.dialects.sqlite import Insert as InsertOnSqlite
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.exc import TimeoutError as NoTurn
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from lms.core.acting_roles import ACTING, ActingRole
from lms.core.clock import DatabaseClock
from lms.core.compiled_statements import Driver, cursor_of
from lms.core.errors import N_, Conflict, Frozen, Moved
from lms.core.model_base import Base

BUSY_TIMEOUT_MS = 15_000
# SQLite's default of 1,000 is 60 claims, and each checkpoint rewrites shared pages.
CHECKPOINT_PAGES = 4_000
TURN_S = 0.11  # SQLite retries a locked database at least every 100 ms
POOL_SIZE = 8
POOL_OVERFLOW = 24
RESTS_SINCE = "rests_since"
RESTED_S = 1.0
DEADLOCK, CLASH = "40P01", "23505"  # PostgreSQL's SQLSTATEs; SQLite's single writer has neither
FREEZE_MARK = "PRAGMA user_version"  # survives a restart, and costs no disk access
IN_USE, MOVED = 0, 1  # any other mark is the minute since 1970 at which a move should end
LOCKED = "SQLITE_BUSY"  # returned after waiting for 15 s
NO_ROOM = "53"  # PostgreSQL's class for too few resources: connections, memory, disk
UNWRITABLE = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN")  # the disk is full or fails
# Detect a server that disappeared within half a minute, so that no page waits longer.
ON_THE_LINE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
# PostgreSQL's classes for connection failures and for a server shutting down.
CUT_OFF = ("08", "57P")
# An UPDATE or DELETE of many rows doesn't look for objects of the session that it changes.
BULK_CHANGES = {"synchronize_session": False}
AT_ONCE = N_("Someone else changed this at the same time. Nothing was saved. Try again.")


def is_deadlock(fault: Exception) -> bool:
    """Return whether the database ended this transaction to resolve a deadlock.

    The exception can be SQLAlchemy's, or the driver's own if a statement went to it directly.
    """
    return getattr(getattr(fault, "orig", fault), "sqlstate", None) == DEADLOCK


def is_clash(fault: Exception) -> bool:
    """Return whether another transaction inserted the same row since this one looked for it."""
    return getattr(getattr(fault, "orig", fault), "sqlstate", None) == CLASH


def is_overrun(fault: Exception) -> bool:
    """Return whether the database was too busy to serve this transaction or connection in time."""
    given = getattr(fault, "orig", fault)
    sqlite = getattr(given, "sqlite_errorname", None) or ""
    postgresql = getattr(given, "sqlstate", None) or ""
    return isinstance(fault, NoTurn) or sqlite.startswith(LOCKED) or postgresql.startswith(NO_ROOM)


def is_cut_off(fault: Exception) -> bool:
    """Return whether the connection broke, none can be made, or the disk is full.

    The last statement may have been executed; only its response is certainly lost.
    """
    given = getattr(fault, "orig", fault)
    if (getattr(given, "sqlite_errorname", None) or "").startswith(UNWRITABLE):
        return True
    state = getattr(given, "sqlstate", "")  # SQLite's errors have none
    if state is None:  # no response from the server: the driver found the connection dead
        return "OperationalError" in {kind.__name__ for kind in type(given).__mro__}
    return str(state).startswith(CUT_OFF)


class Database:
    """One database; all commits of the product happen in `transaction` and `driver`.

    Its acting role is the command line, unless it comes from `acting_as`.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.role = ActingRole.COMMAND_LINE
        self.engine = _engine(url)
        self.clock = DatabaseClock(self.engine)
        # One connection, because only one thread of a process writes at a time.
        self._passing = _sqlite(url, "NORMAL", size=1) if self.is_sqlite else self.engine
        self._turn = threading.Lock()
        self._writing = self.engine.execution_options(carrel_writes=True)
        self._writing_in_passing = self._passing.execution_options(carrel_writes=True)
        self._reading = (
            self.engine
            if self.is_sqlite
            else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        )

    @property
    def is_sqlite(self) -> bool:
        """Return whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    def acting_as(self, role: ActingRole) -> "Database":
        """Return the same database with another role for the audit entries of its actions."""
        same = copy(self)
        same.role = role
        return same

    @contextmanager
    def transaction(self, *, in_passing: bool = False) -> Iterator[Session]:
        """Open a writing session: leaving the block commits, an exception rolls everything back.

        A commit is on the disk (docs/decisions/sqlite-durability.md). On SQLite, one made
        `in_passing` survives a crash of the program but possibly not a power failure. Raises
        Conflict for a deadlock, an overrun (`is_overrun`) if it couldn't start writing in time, and
        Frozen or Moved for a database that is being or was moved.
        """
        engine = self._writing_in_passing if in_passing else self._writing
        acting = {ACTING: self.role}
        with (
            self._one_at_a_time(),
            Session(
                engine, expire_on_commit=False, info=acting, execution_options=BULK_CHANGES
            ) as session,
        ):
            try:
                # begin now, so that no read comes before BEGIN IMMEDIATE
                connection = session.connection()
                if self.is_sqlite:
                    with closing(connection.connection.cursor()) as cursor:
                        _refuse_if_frozen(cursor.execute(FREEZE_MARK).fetchone()[0])
                yield session
                session.commit()
            except Exception as fault:
                if is_deadlock(fault):
                    raise Conflict(AT_ONCE, code="at_once") from fault
                raise

    @contextmanager
    def read_session(self) -> Iterator[Session]:
        """Open a session for reading; nothing done in it is stored."""
        with Session(self._reading, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """Open a session that reads everything as of one point in time."""
        engine = self.engine
        if not self.is_sqlite:
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with Session(engine, autoflush=False) as session:
            yield session

    @property
    def freeze_mark(self) -> int:
        """Return IN_USE, MOVED, or a value of `frozen_until`; always IN_USE on PostgreSQL."""
        if not self.is_sqlite:
            return IN_USE
        with self.engine.connect() as connection:
            return _freeze_mark(connection)

    def set_freeze_mark(self, mark: int) -> None:
        """Mark a SQLite database once running writes have ended; later ones are refused."""
        with self._writing.begin() as connection:
            connection.exec_driver_sql(f"{FREEZE_MARK} = {mark:d}")

    @contextmanager
    def driver(self) -> Iterator[Driver]:
        """Yield the driver for heartbeats and launches, only with lms/core/compiled_statements.py.

        On SQLite it is a transaction: leaving the block commits, an exception rolls back. Its
        commits survive a crash of the program but not a power failure, which can lose seconds
        watched and sessions opened; in return they needn't wait for the disk. On PostgreSQL each
        statement is its own transaction. Raises the driver's exceptions (`driver_fault`), and
        SQLAlchemy's TimeoutError if it couldn't write or got no connection in time; some of the
        driver's exceptions are overruns as well (`is_overrun`).
        """
        with self._one_at_a_time(), self._driver(self._passing, _writing_on_sqlite) as driver:
            yield driver

    @contextmanager
    def reading_driver(self) -> Iterator[Driver]:
        """Yield the driver as `driver` does, for reading; it makes no one wait."""
        with self._driver(self.engine, nullcontext) as driver:
            yield driver

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """Let only one thread of this process write to SQLite at a time.

        SQLite has no queue: a connection that finds it locked sleeps up to 100 ms and retries, and
        among hundreds some would fail every time until they time out.
        """
        if not self.is_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise NoTurn("others of this process wrote all the time")
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _driver(self, engine: Engine, on_sqlite: "_Manner") -> Iterator[Driver]:
        connection = engine.raw_connection()
        try:
            dialect = self.engine.dialect
            manner = on_sqlite if self.is_sqlite else _singly_on_postgresql
            # An unfinished statement keeps reading until its cursor is closed.
            with manner(connection), closing(cursor_of(connection, dialect)) as cursor:
                yield Driver(cursor, dialect)
        except self.driver_fault:
            if _is_closed(connection):  # the pooled ones are dead too, because the server is gone
                self.engine.dispose()
            raise
        finally:
            connection.close()

    def let_others_write(self) -> None:
        """Pause between consecutive short transactions, so that other writers get a turn.

        SQLite has no queue: a waiting connection retries after up to 100 ms, and would find it
        locked by the next transaction. PostgreSQL needs no pause.
        """
        if self.is_sqlite:
            time.sleep(TURN_S)

    @property
    def driver_fault(self) -> type[Exception]:
        """Return the base class of the driver's exceptions."""
        fault: type[Exception] = self.engine.dialect.loaded_dbapi.Error
        return fault

    def dispose(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()
        self._passing.dispose()


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(url, "FULL", size=POOL_SIZE, overflow=POOL_OVERFLOW)
    engine = create_engine(
        parsed,
        # Connections beyond the pool size are closed after use: with a size of 8, every third
        # launch in a crowd opened a new one, with its own server process.
        pool_size=2 * POOL_SIZE,
        max_overflow=POOL_OVERFLOW - POOL_SIZE,
        pool_use_lifo=True,  # the others stay idle
        hide_parameters=True,  # errors are logged, and names and addresses must not be
        connect_args=ON_THE_LINE,
    )
    event.listen(engine, "connect", _prepare_postgresql)
    event.listen(engine, "checkin", _note_rest)
    event.listen(engine, "checkout", _looking_after_rest(engine.dialect))
    return engine


def _sqlite(url: str, synchronous: str, *, size: int, overflow: int = 0) -> Engine:
    engine = create_engine(
        url,
        pool_size=size,
        max_overflow=overflow,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
    )
    event.listen(engine, "connect", partial(_prepare_sqlite, synchronous))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _note_rest(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info[RESTS_SINCE] = time.monotonic()


def _looking_after_rest(dialect: Dialect) -> Callable[[Any, ConnectionPoolEntry, object], None]:
    """Return a listener that checks a connection that was idle for a second.

    SQLAlchemy's `pool_pre_ping` checks every time, which under load was a third of all round trips.
    """
    fault = dialect.loaded_dbapi.Error

    def look(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:  # noqa: ANN401  (the driver's own)
        if connection.closed:
            raise InvalidatePoolError
        if time.monotonic() - record.info.get(RESTS_SINCE, time.monotonic()) < RESTED_S:
            return
        try:
            dialect.do_ping(connection)
        except fault as gone:
            raise InvalidatePoolError from gone

    return look


def _prepare_postgresql(connection: Any, _record: object) -> None:  # noqa: ANN401  (the driver's own)
    connection.autocommit = True
    # JIT compilation of a catalog search took 2 s, and running it takes 20 ms.
    connection.execute("SET jit = off")
    # At the default of 4, for spinning disks, a decision reads all pools of 1,000 organizations.
    connection.execute("SET random_page_cost = 1.1")
    connection.autocommit = False


_Manner = Callable[[PoolProxiedConnection], AbstractContextManager[object]]


@contextmanager
def _writing_on_sqlite(connection: PoolProxiedConnection) -> Iterator[None]:
    try:
        cursor = connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        _refuse_if_frozen(cursor.execute(FREEZE_MARK).fetchone()[0])
        yield
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


@contextmanager
def _singly_on_postgresql(connection: PoolProxiedConnection) -> Iterator[None]:
    driver: Any = connection.driver_connection
    driver.autocommit = True
    try:
        yield
    finally:
        if not driver.closed:
            driver.autocommit = False


def _freeze_mark(connection: Connection) -> int:
    return int(connection.exec_driver_sql(FREEZE_MARK).scalar_one())


def frozen_until(at: datetime) -> int:
    """Return the freeze mark of a database whose move is expected to end at a time."""
    return int(at.timestamp()) // 60 + 1


def _refuse_if_frozen(mark: int) -> None:
    if mark == MOVED:
        raise Moved
    if mark != IN_USE:
        raise Frozen(datetime.fromtimestamp(0, UTC) + timedelta(minutes=mark))


def _is_closed(connection: PoolProxiedConnection) -> bool:
    return bool(getattr(connection.driver_connection, "closed", False))  # SQLite's never is


def _prepare_sqlite(synchronous: str, connection: Any, _record: object) -> None:  # noqa: ANN401  (the driver's own)
    connection.isolation_level = None  # we begin transactions ourselves; see _begin_sqlite
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        f"synchronous={synchronous}",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that reads before it writes fails at once with "database is locked" if
    # another one wrote in the meantime; BEGIN IMMEDIATE waits for its turn instead.
    if connection.get_execution_options().get("carrel_writes", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:  # never waits or fails, so SQLAlchemy has nothing to translate
        connection.connection.cursor().execute("BEGIN")


def insert_into(session: Session, model: type[Base]) -> InsertOnSqlite | InsertOnPostgresql:
    """Return an INSERT of the database's own dialect, which supports ON CONFLICT."""
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    return InsertOnSqlite(model) if on_sqlite else InsertOnPostgresql(model)
