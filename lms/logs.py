"""Logs: one event a line, as JSON on stderr; never names, addresses, tokens or cookies."""

import logging
import sys

import structlog

PLAIN = "event", "level", "at"


def configure_logs(lowest: int = logging.INFO) -> None:
    """Send the product's events from `lowest` on, and the libraries' warnings, to stderr.

    Each is one JSON object a line. A program that serves tells all of them; a command tells
    warnings alone, since it has an answer of its own.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
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
