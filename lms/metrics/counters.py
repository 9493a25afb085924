"""Counters of one process: requests, and events in its log. Imported only if metrics are on.

They are derived from the log's events, so no other code counts. No label contains an ID or a name.
"""

import os
from pathlib import Path
from typing import Final

import structlog
from prometheus_client import Counter, Histogram, values

from lms.access.policy import Code
from lms.core.logs import observe_logs
from lms.metrics.slots import take_slot

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"  # the name that prometheus-client requires
REQUEST_S: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)
LONG_S: Final = (1, 10, 60, 300, 1800, 7200, 21600)
WHAT: Final = ("kind", "lane", "program")
HOW: Final = ("outcome", "code", "refusal")
MEDIA: Final = "/media/"


def begin_counting(folder: Path) -> None:
    """Count this process's log events from now on, in the files of its slot."""
    slot = take_slot(folder)
    os.environ[FOLDER] = str(folder)  # noqa: TID251  (prometheus-client reads it only from there)
    values.ValueClass = values.MultiProcessValue(lambda: slot)  # type: ignore[no-untyped-call]  # it has no types
    observe_logs(_Counts().count)


class _Counts:
    """The counters; created once their folder is set."""

    def __init__(self) -> None:
        self._requests = Counter(
            "carrel_requests", "Requests answered.", ("method", "route", "status"), registry=None
        )
        self._request_s = Histogram(
            "carrel_request_seconds",
            "How long requests took.",
            ("method", "what"),
            buckets=REQUEST_S,
            registry=None,
        )
        self._events = Counter(
            "carrel_events",
            "Log entries by event, such as jobs, emails, launches, and refusals.",
            ("event", "what", "how"),
            registry=None,
        )
        decisions = Counter(
            "carrel_decisions", "Access decisions by code.", ("code",), registry=None
        )
        self._decided = {code: decisions.labels(code) for code in Code}  # looked up once
        self._claims = Counter(
            "carrel_claims", "Claims of seats by outcome.", ("outcome",), registry=None
        )
        self._job_s = Histogram(
            "carrel_job_seconds", "How long jobs took.", ("kind",), buckets=LONG_S, registry=None
        )
        self._encoded_s = Counter(
            "carrel_encoded_seconds", "Seconds of recordings encoded.", registry=None
        )
        self._encoding_s = Counter(
            "carrel_encoding_seconds", "Seconds spent encoding recordings.", registry=None
        )
        self._mail_s = Histogram(
            "carrel_mail_lag_seconds",
            "How long emails waited until they were sent.",
            ("kind",),
            buckets=LONG_S,
            registry=None,
        )

    def count(self, line: structlog.typing.EventDict) -> None:
        """Count one line of the log, or an event without one."""
        event = str(line.get("event"))
        if event == "access_decided":
            self._decided[line["code"]].inc()
            return
        if event == "request":
            self._count_request(line)
            return
        if event == "seat_claim":
            self._claims.labels(line["outcome"]).inc()
            return
        what, how = _first(line, WHAT), _first(line, HOW)
        self._events.labels(event, what, how).inc()
        if event == "job_ended":
            self._job_s.labels(what).observe(line["s"])
        elif event == "recording_encoded":
            self._encoded_s.inc(line["recorded_s"])
            self._encoding_s.inc(line["s"])
        elif event == "mail_sent":
            self._mail_s.labels(what).observe(line["waited_s"])

    def _count_request(self, line: structlog.typing.EventDict) -> None:
        route = line["route"]
        what = "media" if route.startswith(MEDIA) else "page"
        method = line["method"] if line["method"] in ("GET", "POST", "HEAD") else "other"
        self._requests.labels(method, route, str(line["status"])).inc()
        self._request_s.labels(method, what).observe(line["ms"] / 1000)


def _first(line: structlog.typing.EventDict, names: tuple[str, ...]) -> str:
    return next((str(line[name]) for name in names if name in line), "")
