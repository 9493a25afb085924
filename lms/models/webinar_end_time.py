"""The end time of a webinar as a SQL expression of its start and length."""

from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from lms.core.model_base import UTCDateTime
from lms.models.catalog import Webinar


class _EndsAt(GenericFunction[Any]):
    """A time some minutes after another."""

    type = UTCDateTime()
    name = "carrel_ends_at"
    inherit_cache = True


@compiles(_EndsAt)
def _on_postgresql(element: _EndsAt, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401
    begins, minutes = (compiler.process(part, **how) for part in element.clauses)
    return f"({begins} + make_interval(mins => {minutes}))"


@compiles(_EndsAt, "sqlite")
def _on_sqlite(element: _EndsAt, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401
    # Times are text in SQLite, with microseconds, and compare as text.
    begins, minutes = (compiler.process(part, **how) for part in element.clauses)
    return f"(strftime('%Y-%m-%d %H:%M:%f', {begins}, '+' || {minutes} || ' minutes') || '000')"


ends_at = _EndsAt(Webinar.held_at, Webinar.minutes)
