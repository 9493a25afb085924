"""A2: the query plans of the hot statements on a filled installation, on both databases.

On PostgreSQL these are generic plans, as prepared statements use them.
"""

# ruff: noqa: SLF001  (the statements are private to the modules that run them)

import re
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.sql.compiler import SQLCompiler

from lms.access import decision_facts
from lms.core.compiled_statements import CompiledStatement
from lms.core.database import Database
from lms.playback import heartbeat_statements
from lms.seats import claim_statements, claims

LARGE: Final = ("grant_line", "seat", "assignment", "login", "pool", "waiting_entry")
HOT: Final[dict[str, Any]] = {
    "decision": decision_facts._ONE,
    "decisions of a page": decision_facts._SEVERAL.params(
        webinar_ids=list(range(1, 25)), login_id=1
    ),
    "beat: what is known": heartbeat_statements.BEATING,
    "beat: what is known, locked": heartbeat_statements.BEATING_LOCKED,
    "beat: the stream": heartbeat_statements.HOLD,
    "beat: what is kept": heartbeat_statements.KEEP,
    "claim: who asks for what": claims._CLAIMING,
    "claim: what they hold": claims._HELD,
    "claim: a seat that was left": claim_statements._PICK,
    "claim: the count": claim_statements._COUNT_IN,
}
OF_ONE_KIND: Final[dict[str, dict[str, Any]]] = {
    "sqlite": {},
    "postgresql": {"beat: what is kept, in one": heartbeat_statements.KEEP_IN_ONE},
}
SCANNED: Final = {
    "sqlite": re.compile(r"^SCAN (\w+)(?! USING)", re.MULTILINE),
    "postgresql": re.compile(r"Seq Scan on (\w+)"),
}


def scans(database: Database) -> dict[str, list[str]]:
    """Return the large tables that each hot statement scans, which should be none."""
    kind = database.engine.dialect.name
    with database.engine.connect() as connection:
        return {
            name: found
            for name, statement in (HOT | OF_ONE_KIND[kind]).items()
            if (found := _scanned(connection, statement))
        }


def _scanned(connection: Connection, statement: Any) -> list[str]:  # noqa: ANN401
    plain = (
        statement._for(connection.dialect)
        if isinstance(statement, CompiledStatement)
        else statement
    )
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
