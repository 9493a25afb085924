"""Command output: one JSON object with `--json`, otherwise lines and tables for a person."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
EMPTY = "-"
JSON = "lms.cli.json"  # the key in the context of a command


def json_option(command: Command) -> Command:
    """Add the option `--json` to a command; `is_json` tells whether it was given."""
    return click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        callback=_keep_choice,
        help="Print one JSON object.",
    )(command)


def _keep_choice(context: click.Context, _option: click.Parameter, chosen: Any) -> None:  # noqa: ANN401  (as click gives it)
    context.meta[JSON] = chosen


def is_json() -> bool:
    """Return whether the running command answers with JSON."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(JSON))


def answer(value: object, *lines: str) -> None:
    """Print `value` (a dataclass or a mapping) as one JSON object with `--json`, else the lines."""
    click.echo(as_text(value) if is_json() else "\n".join(lines))


def show_progress(line: str) -> None:
    """Replace the line of progress on a terminal; with `--json` there is none."""
    if sys.stderr.isatty() and not is_json():
        click.echo(f"\r\033[K{line}", nl=False, err=True)


def answer_items(items: Sequence[object], columns: Sequence[str]) -> None:
    """Print dataclasses or mappings as `{"items": [...]}`, else as a table of the named columns."""
    if is_json():
        click.echo(as_text({"items": items}))
        return
    rows = [[cell(_value(item, column)) for column in columns] for item in items]
    click.echo("\n".join(table(columns, rows)) if rows else "None found.")


def _value(item: object, column: str) -> object:
    return item[column] if isinstance(item, Mapping) else getattr(item, column)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return lines with the cells below their headings, in aligned columns."""
    grid = [[column.replace("_", " ").upper() for column in columns], *map(list, rows)]
    widths = [max(len(row[place]) for row in grid) for place in range(len(columns))]
    return [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in grid
    ]


def first_line(fault: object) -> str:
    """Return the first line of an exception's message, or else its type."""
    said = str(fault).strip()
    return said.splitlines()[0] if said else type(fault).__name__


def cell(value: object) -> str:
    """Return a value as shown in a table."""
    plain = plain_value(value)
    if plain is None:
        return EMPTY
    if isinstance(plain, bool):
        return "yes" if plain else "no"
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def as_text(value: object) -> str:
    """Return a value as JSON text: snake_case names, times in UTC with a Z."""
    return json.dumps(plain_value(value), ensure_ascii=False)


def plain_value(value: object) -> Any:  # noqa: ANN401, PLR0911  (one for each kind of value)
    """Return a value that JSON supports; raises TypeError for other types."""
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case date():  # includes datetime
            return _time(value)
        case Path():
            return str(value)
        case Mapping():
            return {str(key): plain_value(item) for key, item in value.items()}
        case Iterable():
            return [plain_value(item) for item in value]
        case _ if is_dataclass(value):
            return {one.name: plain_value(getattr(value, one.name)) for one in fields(value)}
        case _:
            raise TypeError(f"{type(value).__name__} has no place in an answer")


def _time(value: date) -> str:
    if not isinstance(value, datetime):
        return value.isoformat()
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
