"""A2: how both databases find what the hot paths ask for, as plans of a filled house.

On PostgreSQL these are the generic plans, which is what a prepared statement comes to run by.
"""

# ruff: noqa: SLF001  (the statements stand inside the modules that run them)

import re
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.sql.compiler import SQLCompiler

from lms import beat_rows, cases, newcomers, seats, sitting
from lms.db import Database
from lms.lean import Lean

LARGE: Final = ("grant_line", "seat", "assignment", "login", "pool", "waiting_entry")
HOT: Final[dict[str, Any]] = {
    "decision": cases._ONE,
    "decisions of a page": cases._SEVERAL.params(webinar_ids=list(range(1, 25)), login_id=1),
    "beat: what is known": beat_rows.BEATING,
    "beat: what is known, locked": beat_rows.BEATING_LOCKED,
    "beat: the stream": beat_rows.HOLD,
    "beat: what is kept": beat_rows.KEEP,
    "claim: who asks": seats._ASKING,
    "claim: what they hold": seats._HELD,
    "claim: a seat that was left": sitting._PICK,
    "claim: the count": sitting._COUNT_IN,
}
OF_ONE_KIND: Final[dict[str, dict[str, Any]]] = {
    "sqlite": {"claim: a new seat": newcomers._ADD, "claim: who sits": newcomers._ASSIGN},
    "postgresql": {
        "claim: a newcomer's": newcomers._IN_ONE,
        "beat: what is kept, in one": beat_rows.KEEP_IN_ONE,
    },
}
SCANNED: Final = {
    "sqlite": re.compile(r"^SCAN (\w+)(?! USING)", re.MULTILINE),
    "postgresql": re.compile(r"Seq Scan on (\w+)"),
}


def scans(database: Database) -> dict[str, list[str]]:
    """Return the large tables that each hot statement reads from end to end: none, one hopes."""
    kind = database.engine.dialect.name
    with database.engine.connect() as connection:
        return {
            name: found
            for name, statement in (HOT | OF_ONE_KIND[kind]).items()
            if (found := _scanned(connection, statement))
        }


def _scanned(connection: Connection, statement: Any) -> list[str]:  # noqa: ANN401
    plain = statement._for(connection.dialect) if isinstance(statement, Lean) else statement
    made: SQLCompiler = plain.compile(
        dialect=connection.dialect, compile_kwargs={"render_postcompile": True}
    )
    text = str(made)
    if made.positional:
        values = (None,) * len(made.positiontup or ())
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
    else:
        numbers: dict[str, int] = {}
        numbered = re.sub(
            r"%\((\w+)\)s", lambda name: f"${numbers.setdefault(name[1], len(numbers) + 1)}", text
        )
        cursor = connection.connection.cursor()
        cursor.execute(f"EXPLAIN (GENERIC_PLAN) {numbered}")  # type: ignore[arg-type]
        rows = cursor.fetchall()  # type: ignore[assignment]
    plan = "\n".join(str(row[-1]) for row in rows)
    stands_for = {alias: table for table, alias in re.findall(r"(\w+) AS (\w+)", text)}
    names = (stands_for.get(name, name) for name in SCANNED[connection.dialect.name].findall(plan))
    return [name for name in names if name in LARGE]
