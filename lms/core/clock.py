"""The clock: the one place that reads the current time, of the machine and of the database."""

import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

ASKED_EVERY_S = 60.0
UNHEEDED_S = 1.0  # the query itself can take that long on a busy machine


def now() -> datetime:
    """Return the current time as an aware UTC datetime; only an edge calls this."""
    return datetime.now(UTC)


class DatabaseClock:
    """The database's time, which all machines share while their own clocks can differ.

    Once a minute it measures the difference from the machine's clock. SQLite uses the machine's
    clock.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._ahead_s = 0.0
        self._ask_at = float("inf") if engine.dialect.name == "sqlite" else 0.0

    def now(self) -> datetime:
        """Return the current time; while the database can't be reached, by the last known difference."""
        if time.monotonic() >= self._ask_at:
            self._ask_at = time.monotonic() + ASKED_EVERY_S
            self._ask()
        return now() + timedelta(seconds=self._ahead_s)

    def _ask(self) -> None:
        try:
            with self._engine.connect() as connection:
                told = connection.scalar(select(func.clock_timestamp()))
        except SQLAlchemyError:
            return
        ahead_s = told.timestamp() - time.time() if told is not None else 0.0
        self._ahead_s = ahead_s if abs(ahead_s) > UNHEEDED_S else 0.0
