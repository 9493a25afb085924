"""The database: its engine and sessions, transactions, and the one place that commits."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from copy import copy
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import (
    Connection,
    Dialect,
    Engine,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.dialects.postgresql import Insert as InsertOnPostgresql
from sqlalchemy.dialects.sqlite import Insert as InsertOnSqlite
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.exc import TimeoutError as NoTurn
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from lms.core.acting_roles import ActingRole, session_acting_as
from lms.core.compiled_statements import Driver, cursor_of
from lms.core.errors import N_, Conflict, Frozen, Moved
from lms.core.model_base import Base

BUSY_TIMEOUT_MS = 15_000
CHECKPOINT_PAGES = 4_000  # SQLite's own 1,000 are 60 claims: each would pay for the pages it shares
TURN_S = 0.11  # SQLite looks again each 100 ms at the least often
POOL_SIZE = 8
POOL_OVERFLOW = 24
RESTS_SINCE = "rests_since"
RESTED_S = 1.0
DEADLOCK = "40P01"  # as PostgreSQL names it; SQLite has none, since one writes at a time
FREEZE_MARK = "PRAGMA user_version"  # it survives a restart, and costs no round trip to the disk
IN_USE, MOVED = 0, 1  # any other mark is the minute since 1970 in which a move is expected to end
LOCKED = "SQLITE_BUSY"  # who waits for 15 s gets it
NO_ROOM = "53"  # PostgreSQL's class of what it has too little of: connections, memory, disk
UNWRITABLE = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN")  # the disk is full, or fails
# A server that is gone without a word is noticed within half a minute, and no page waits longer for it.
ON_THE_LINE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
CUT_OFF = ("08", "57P")  # PostgreSQL's classes: connections that failed, and a server that ends
AT_ONCE = N_("Somebody changed the same at this moment. Nothing was changed; try again.")


def is_deadlock(fault: Exception) -> bool:
    """Tell whether the database gave this one up of two that waited for each other.

    The fault is SQLAlchemy's, or the driver's own where a statement went to it directly.
    """
    return getattr(getattr(fault, "orig", fault), "sqlstate", None) == DEADLOCK


def is_overrun(fault: Exception) -> bool:
    """Tell whether the database, or the way to it, had no turn for this one in time."""
    given = getattr(fault, "orig", fault)
    sqlite = getattr(given, "sqlite_errorname", None) or ""
    postgresql = getattr(given, "sqlstate", None) or ""
    return isinstance(fault, NoTurn) or sqlite.startswith(LOCKED) or postgresql.startswith(NO_ROOM)


def is_cut_off(fault: Exception) -> bool:
    """Tell whether the connection to the database broke, or none can be had, or its disk is full.

    What was asked last may have been done all the same: only its answer is certainly lost.
    """
    given = getattr(fault, "orig", fault)
    if (getattr(given, "sqlite_errorname", None) or "").startswith(UNWRITABLE):
        return True
    state = getattr(given, "sqlstate", "")  # SQLite's faults have none
    if state is None:  # no word from the server: the driver found the line dead
        return "OperationalError" in {kind.__name__ for kind in type(given).__mro__}
    return str(state).startswith(CUT_OFF)


class Database:
    """One database; the only commits of the product happen in `transaction`.

    What is done in it is done on the command line, unless it comes from `acting_as`.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.role = ActingRole.COMMAND_LINE
        self.engine = _engine(url)
        # One connection: of the threads of a process one writes at a time.
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
        """Tell whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    def acting_as(self, role: ActingRole) -> "Database":
        """Return the same database for acts in another role, which their audit entries name."""
        same = copy(self)
        same.role = role
        return same

    @contextmanager
    def transaction(self, *, in_passing: bool = False) -> Iterator[Session]:
        """Open a writing session: leaving the block commits, an exception rolls all of it back.

        What was committed is on the disk (docs/decisions/on-the-disk.md); on SQLite, what is done
        `in_passing` outlives the program, but maybe no failure of power. Raises Conflict for the
        one that the database gave up of two that waited for each other, an overrun (`is_overrun`)
        where there was no turn to write, and Frozen or Moved for a database that is or was moved.
        """
        engine = self._writing_in_passing if in_passing else self._writing
        acting = session_acting_as(self.role)
        with (
            self._one_at_a_time(),
            Session(engine, expire_on_commit=False, info=acting) as session,
        ):
            try:
                # begins now, so that no read comes before BEGIN IMMEDIATE
                connection = session.connection()
                if self.is_sqlite:
                    _refuse_if_frozen(_freeze_mark(connection))
                yield session
                session.commit()
            except Exception as fault:
                if is_deadlock(fault):
                    raise Conflict(AT_ONCE, code="at_once") from fault
                raise

    @contextmanager
    def read_session(self) -> Iterator[Session]:
        """Open a session for reading; nothing done in it is kept."""
        with Session(self._reading, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """Open a session that reads everything as it was when it was opened."""
        engine = self.engine
        if not self.is_sqlite:
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with Session(engine, autoflush=False) as session:
            yield session

    @property
    def freeze_mark(self) -> int:
        """IN_USE, MOVED, or what `frozen_until` returned; PostgreSQL's databases have no mark."""
        if not self.is_sqlite:
            return IN_USE
        with self.engine.connect() as connection:
            return _freeze_mark(connection)

    def set_freeze_mark(self, mark: int) -> None:
        """Mark an SQLite database, after the writes that have begun: others are refused from then on."""
        with self._writing.begin() as connection:
            connection.exec_driver_sql(f"{FREEZE_MARK} = {mark:d}")

    @contextmanager
    def driver(self) -> Iterator[Driver]:
        """Give the driver itself, for beats and launches of who is known, by statements of lms/core/compiled_statements.py alone.

        On SQLite it is a transaction: leaving the block commits, an exception rolls back. Its commits
        outlive the program, whatever happens to that, but not a failure of power: seconds watched
        and sessions opened may be lost by one, and need not wait for the disk. On PostgreSQL each statement
        is a transaction of its own. Raises what the driver raises, a `driver_fault`, and SQLAlchemy's
        TimeoutError where there was no turn or no connection in time; some of the first are overruns
        as well (`is_overrun`).
        """
        with self._one_at_a_time(), self._driver(self._passing, _writing_on_sqlite) as driver:
            yield driver

    @contextmanager
    def reading_driver(self) -> Iterator[Driver]:
        """Give the driver as `driver` does, for reading: nobody is kept waiting by it."""
        with self._driver(self.engine, nullcontext) as driver:
            yield driver

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """Let the threads of this process write to SQLite one after the other.

        It has no queue: who finds it locked sleeps and looks again, up to a tenth of a second later,
        and of hundreds who do, some find it locked each time until they are turned away.
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
            # A statement that is not at its end goes on reading until its cursor is closed.
            with manner(connection), closing(cursor_of(connection, dialect)) as cursor:
                yield Driver(cursor, dialect)
        except self.driver_fault:
            if _is_closed(connection):  # as are all that rest: their server is gone
                self.engine.dispose()
            raise
        finally:
            connection.close()

    def let_others_write(self) -> None:
        """Pause between short transactions that follow each other, so that who waits gets a turn.

        SQLite has no queue: who finds it locked looks again after up to a tenth of a second, and
        finds it locked again by the next of many. PostgreSQL needs no pause.
        """
        if self.is_sqlite:
            time.sleep(TURN_S)

    @property
    def driver_fault(self) -> type[Exception]:
        """Return what the driver's own faults are."""
        fault: type[Exception] = self.engine.dialect.loaded_dbapi.Error
        return fault

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
        self._passing.dispose()


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(url, "FULL", size=POOL_SIZE, overflow=POOL_OVERFLOW)
    engine = create_engine(
        parsed,
        # What is over a pool's size is closed again at once: at 8, in a crowd, that was a new
        # connection, and a process of PostgreSQL's, for every third launch.
        pool_size=2 * POOL_SIZE,
        max_overflow=POOL_OVERFLOW - POOL_SIZE,
        pool_use_lifo=True,  # the others rest
        hide_parameters=True,  # a fault is logged, and names and addresses are not
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
    """Return what asks a connection that rested for a second whether it is still there.

    SQLAlchemy's own `pool_pre_ping` asks each time: in a crowd that was a third of all round trips.
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
    # Compiling a search of the catalog took it 2 s where running it takes 20 ms.
    connection.autocommit = True
    connection.execute("SET jit = off")
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
    """Return the mark of a database whose move is expected to end at a time."""
    return int(at.timestamp()) // 60 + 1


def _refuse_if_frozen(mark: int) -> None:
    if mark == MOVED:
        raise Moved
    if mark != IN_USE:
        raise Frozen(datetime.fromtimestamp(0, UTC) + timedelta(minutes=mark))


def _is_closed(connection: PoolProxiedConnection) -> bool:
    return bool(getattr(connection.driver_connection, "closed", False))  # SQLite's never is


def _prepare_sqlite(synchronous: str, connection: Any, _record: object) -> None:  # noqa: ANN401  (the driver's own)
    connection.isolation_level = None  # we begin ourselves; see _begin_sqlite
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
    # A deferred transaction that reads before it writes fails at once with "database is locked"
    # when another wrote meanwhile; BEGIN IMMEDIATE waits for its turn instead.
    writes = connection.get_execution_options().get("carrel_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def insert_into(session: Session, model: type[Base]) -> InsertOnSqlite | InsertOnPostgresql:
    """Return an INSERT in the database's own dialect, which can say what happens ON CONFLICT."""
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    return InsertOnSqlite(model) if on_sqlite else InsertOnPostgresql(model)
