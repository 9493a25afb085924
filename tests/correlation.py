"""The check that no subquery adds a table that it should take from an enclosing statement.

By default, SQLAlchemy correlates a subquery only to the statement directly around it. A table from
further out is added to the subquery's FROM clause, and the condition is then true for any row.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy.sql import compiler
from sqlalchemy.sql.selectable import CTE, AliasedReturnsRows, FromClause, Join, TableClause


def check_correlation() -> None:
    """Make the compiler raise AssertionError for such statements, in this process."""
    setup: Callable[..., Any] = compiler.SQLCompiler._setup_select_stack

    def checked(self: Any, select: Any, *more: Any) -> Any:
        tables = setup(self, select, *more)
        if not select._auto_correlate:  # it states its correlation itself
            return tables
        outer = _all(one for entry in self.stack[:-1] for one in entry.get("asfrom_froms", ()))
        named = _all(
            one
            for part in (*select._raw_columns, *(join[0] for join in select._setup_joins))
            for one in part._from_objects
        ) | _all(select._from_obj)
        implied = _all(one for one in tables if not isinstance(one, Join)) - named
        assert not implied & outer, f"correlate {implied & outer} in {select}"
        return tables

    compiler.SQLCompiler._setup_select_stack = checked  # type: ignore[method-assign]


def _all(parts: Iterable[FromClause]) -> set[FromClause]:
    return {
        table
        for one in parts
        for table in (one, *one._from_objects)
        if isinstance(table, TableClause | AliasedReturnsRows) and not isinstance(table, CTE)
    }
