"""Logs: one JSON event a line on stderr, without names, addresses, tokens, or cookies."""

import json
import logging
import os
import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final, TextIO

import structlog

_ADDRESS: Final = re.compile(r"[^\s@\"'()<>\[\]{},;:=]+@[^\s@\"'()<>\[\]{},;:=]+")
HIDDEN: Final = "(an address)"
# PostgreSQL quotes the values of a row that breaks a constraint, such as names.
_DETAIL: Final = re.compile(r"(?<=DETAIL:  ).+?(?=\n\n|\n\[SQL|\nCONTEXT:|\Z)", re.DOTALL)
LEFT_OUT: Final = "(values)"
REQUEST: Final = "request"
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, default=repr)


_observers: Final[list[Callable[[structlog.typing.EventDict], None]]] = []


def observe_logs(observer: Callable[[structlog.typing.EventDict], None]) -> None:
    """Call an observer with each event of the product from now on, before it is written."""
    _observers.append(observer)


def count_event(event: str, **about: str) -> None:
    """Tell the observers of an event that is counted, but too frequent for a line of the log."""
    for observer in _observers:
        observer({"event": event, **about})


def configure_logs(lowest: int = logging.INFO) -> None:
    """Send the product's events from `lowest` on, and the libraries' warnings, to stderr.

    Each is one JSON object per line. A server logs all of them; a command logs only warnings,
    because it has output of its own.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        _hide_addresses,
    ]
    structlog.configure(
        processors=[_observe, *shared, structlog.processors.JSONRenderer(_as_json)],
        wrapper_class=structlog.make_filtering_bound_logger(lowest),
        logger_factory=_lines_to(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(_as_json),
            ],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def request_id() -> str | None:
    """Return the ID of the current request, if any; jobs and emails inherit it."""
    bound = structlog.contextvars.get_contextvars().get(REQUEST)
    return None if bound is None else str(bound)


def within_request(request: str | None) -> AbstractContextManager[None]:
    """Add a request ID to what is logged, enqueued and sent in the block, if there is one."""
    if request is None:
        return nullcontext()
    return structlog.contextvars.bound_contextvars(**{REQUEST: request})


class Lines:
    """Writes each line to a file descriptor with one system call, and so without a lock.

    With hundreds of threads, a thread that holds a lock while writing can lose the interpreter to
    the others, which then all wait for that lock.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor: Final = descriptor

    def msg(self, text: str) -> None:
        """Write a line; up to 4 KB are written atomically (POSIX, write)."""
        line = f"{text}\n".encode(errors="backslashreplace")
        while line:
            line = line[os.write(self._descriptor, line) :]

    debug = info = warning = error = critical = exception = msg


def _as_json(event: structlog.typing.EventDict, **_structlogs: object) -> str:
    return _ENCODER.encode(event)  # a shared encoder: `json.dumps` creates one for each line


def _lines_to(file: TextIO) -> Callable[..., object]:
    try:
        descriptor = file.fileno()
    except OSError:  # a file in memory
        return structlog.WriteLoggerFactory(file=file)
    return lambda *_: Lines(descriptor)


def without_addresses(text: str) -> str:
    """Return a traceback or message without email addresses and the values that databases quote."""
    return _ADDRESS.sub(HIDDEN, _DETAIL.sub(LEFT_OUT, text))


def _observe(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    for observer in _observers:
        observer(event)
    return event


def _hide_addresses(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    for key in ("event", "exception"):
        if isinstance(event.get(key), str):
            event[key] = without_addresses(event[key])
    return event
