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
REQUEST: Final = "request"
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, default=repr)


_observers: Final[list[Callable[[structlog.typing.EventDict], None]]] = []


def observe_logs(observer: Callable[[structlog.typing.EventDict], None]) -> None:
    """Let an observer see each event of the product from now on, before it is written."""
    _observers.append(observer)


def configure_logs(lowest: int = logging.INFO) -> None:
    """Send the product's events from `lowest` on, and the libraries' warnings, to stderr.

    Each is one JSON object a line. A program that serves tells all of them; a command tells
    warnings alone, since it has an answer of its own.
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
    """Return the id of the request that this thread works for; jobs and emails carry it on."""
    bound = structlog.contextvars.get_contextvars().get(REQUEST)
    return None if bound is None else str(bound)


def within_request(request: str | None) -> AbstractContextManager[None]:
    """Let what is logged, enqueued and posted in the block name a request, where there is one."""
    if request is None:
        return nullcontext()
    return structlog.contextvars.bound_contextvars(**{REQUEST: request})


class Lines:
    """Writes each line to a file of the system by one call, and so without a lock.

    With hundreds of threads in one interpreter, who holds a lock while it writes is put aside for
    the others, and all of them come to stand at that lock.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor: Final = descriptor

    def msg(self, text: str) -> None:
        """Write a line; whole where it has at most 4 KB, as others may write meanwhile (POSIX, write)."""
        line = f"{text}\n".encode(errors="backslashreplace")
        while line:
            line = line[os.write(self._descriptor, line) :]

    debug = info = warning = error = critical = exception = msg


def _as_json(event: structlog.typing.EventDict, **_structlogs: object) -> str:
    return _ENCODER.encode(event)  # made once: `json.dumps` makes one for each line


def _lines_to(file: TextIO) -> Callable[..., object]:
    try:
        descriptor = file.fileno()
    except OSError:  # it is kept in memory
        return structlog.WriteLoggerFactory(file=file)
    return lambda *_: Lines(descriptor)


def without_addresses(text: str) -> str:
    """Return a traceback or message without the mail addresses in it: databases quote values."""
    return _ADDRESS.sub(HIDDEN, text)


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
