"""Logs: one event a line, as JSON on stderr; never names, addresses, tokens or cookies."""

import logging
import re
import sys
from typing import Final

import structlog

PLAIN = "event", "level", "at"
_ADDRESS: Final = re.compile(r"[^\s@\"'()<>\[\]{},;:=]+@[^\s@\"'()<>\[\]{},;:=]+")
HIDDEN: Final = "(an address)"


def configure_logs(lowest: int = logging.INFO) -> None:
    """Send the product's events from `lowest` on, and the libraries' warnings, to stderr.

    Each is one JSON object a line. A program that serves tells all of them; a command tells
    warnings alone, since it has an answer of its own.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        _hide_addresses,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(lowest),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def without_addresses(text: str) -> str:
    """Return a traceback or message without the mail addresses in it: databases quote values."""
    return _ADDRESS.sub(HIDDEN, text)


def _hide_addresses(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    for key in ("event", "exception"):
        if isinstance(event.get(key), str):
            event[key] = without_addresses(event[key])
    return event
