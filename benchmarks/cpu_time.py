"""CPU time of this process and its database."""

import os
import time
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

TICKS: Final = os.sysconf("SC_CLK_TCK")
BACKENDS: Final = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")


def cpu_seconds(session: Session) -> float:
    """Return the CPU seconds used by this process and the backends of its database.

    A backend reports hundredths of a second, so measure work that takes longer.
    """
    own = time.process_time()
    if session.get_bind().dialect.name == "sqlite":
        return own
    return own + sum(used_by(pid) for pid in session.scalars(BACKENDS))


def used_by(process: int) -> float:
    """Return the CPU seconds of a process, from /proc."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
