"""Queries: pages, counts, search words, rows of another table in one column, and hot reads."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    JSON,
    ColumnElement,
    CursorResult,
    FromClause,
    ScalarSelect,
    Select,
    and_,
    func,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a list, and how many items it has in all; with `has_more`, how many were counted."""

    items: tuple[Item, ...]
    total: int
    has_more: bool = False


def read_columns(
    session: Session, query: Select[*tuple[Any, ...]], values: Mapping[str, Any]
) -> CursorResult[*tuple[Any, ...]]:
    """Run a query of columns without the ORM, which takes as long again and adds nothing to columns."""
    if session.autoflush:
        session.flush()
    return session.connection().execute(query, values)


def count_rows(session: Session, query: Select[*tuple[Any, ...]]) -> int:
    """Return how many rows a query finds."""
    found = query.order_by(None).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def has_words(query: str, *columns: Any) -> list[ColumnElement[bool]]:  # noqa: ANN401  (of tables or aliases)
    """Return the conditions that each word of a search is in one of these columns, in any case."""
    return [
        or_(*(column.icontains(word, autoescape=True) for column in columns))
        for word in query.split()
    ]


def told_apart(named: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return each name, with those of its marks by which several of one name differ: `Name (mark, mark)`.

    Each row is a name and as many marks, such as a slug.
    """
    rows = tuple(named)
    alike: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for name, *marks in rows:
        alike[name.casefold()].append(tuple(marks))
    return tuple(_with_marks(name, marks, alike[name.casefold()]) for name, *marks in rows)


def _with_marks(name: str, marks: Sequence[str], alike: Sequence[tuple[str, ...]]) -> str:
    differing = [mark for mark, *others in zip(marks, *alike, strict=True) if len({*others}) > 1]
    said = ", ".join(filter(None, differing))
    return f"{name} ({said})" if said else name


def has_name(typed: str, name: Any, slug: Any) -> ColumnElement[bool]:  # noqa: ANN401  (columns)
    """Return the condition that a row has a typed slug or name, in any case, or both as `Name (slug)`."""
    first, _bracket, last = typed.removesuffix(")").rpartition(" (")
    lowered = func.lower(name)
    return or_(
        slug == typed.lower(),
        lowered == func.lower(typed),
        and_(lowered == func.lower(first), slug == last),
    )


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
