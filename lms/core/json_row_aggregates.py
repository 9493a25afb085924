"""JSON row aggregates: rows of another table in one column, in one statement."""

from typing import Any

from sqlalchemy import JSON, ColumnElement, FromClause, ScalarSelect, Select, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class _JsonRow(GenericFunction[Any]):
    """One row as a JSON array."""

    type = JSON()
    name = "json_row"
    inherit_cache = True


class _JsonRows(GenericFunction[Any]):
    """The rows of a subquery as a JSON array of arrays."""

    type = JSON()
    name = "json_rows"
    inherit_cache = True


@compiles(_JsonRow)
def _row(element: _JsonRow, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401  (as compilers pass it)
    word = "json_array" if compiler.dialect.name == "sqlite" else "json_build_array"
    return f"{word}{compiler.process(element.clause_expr, **how)}"


@compiles(_JsonRows)
def _rows(element: _JsonRows, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401
    word = "json_group_array" if compiler.dialect.name == "sqlite" else "json_agg"
    return f"{word}{compiler.process(element.clause_expr, **how)}"


def gathered(rows: Select[*tuple[Any, ...]]) -> ScalarSelect[Any]:
    """Return a column with all rows of `rows` as a list of lists, in their order.

    The values must be text, numbers or booleans; SQLite returns booleans as 0 and 1. No rows give
    None on PostgreSQL and an empty list on SQLite, so read it as `value or []`.
    """
    inner: FromClause = rows.subquery()
    columns: list[ColumnElement[Any]] = list(inner.c)
    return select(_JsonRows(_JsonRow(*columns))).select_from(inner).scalar_subquery()
