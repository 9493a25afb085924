"""Outside monitors: faults for Sentry and spans for OpenTelemetry, derived from the log.

Data that the log doesn't contain, such as names, addresses and tokens, isn't sent. Each needs an extra,
and is imported only if the settings name its destination.
"""

import sys
import time
from collections.abc import Mapping
from typing import Any, Final

import structlog

from lms.core.logs import REQUEST, request_id, without_addresses
from lms.core.version import VERSION

SERVER_FAULT: Final = 500
NS: Final = 1_000_000_000


class Sentry:
    """Reports unhandled exceptions to the project of a DSN.

    Raises ImportError without the extra `sentry`, and sentry_sdk's BadDsn for an invalid DSN.
    """

    def __init__(self, dsn: str) -> None:
        import sentry_sdk  # noqa: PLC0415  (an extra)

        self._client = sentry_sdk.Client(
            dsn=dsn,
            release=f"carrel@{VERSION}",
            default_integrations=False,
            include_local_variables=False,
            max_breadcrumbs=0,
            server_name="carrel",
            before_send=_without_addresses,
        )

    def tell(self, line: structlog.typing.EventDict) -> None:
        """Report the exception of a log line, if it has one."""
        fault = line.get("exc_info")
        if fault is True:
            fault = sys.exc_info()[1]
        if not isinstance(fault, BaseException):
            return
        from sentry_sdk.utils import event_from_exception  # noqa: PLC0415

        event, hint = event_from_exception(fault, client_options=self._client.options)
        event["tags"] = {"event": str(line.get("event")), REQUEST: request_id() or ""}
        self._client.capture_event(event, hint)

    def flush(self, seconds: float) -> None:
        """Wait until all reports were sent."""
        self._client.flush(timeout=seconds)


class Spans:
    """Reports each request and job as a span, to an OTLP collector over HTTP.

    Raises ImportError without the extra `otel`.
    """

    def __init__(self, url: str) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415  (an extra)
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        what = Resource.create({"service.name": "carrel", "service.version": VERSION})
        self._provider = TracerProvider(resource=what)
        exporter = OTLPSpanExporter(endpoint=f"{url.rstrip('/')}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("carrel")

    def tell(self, line: structlog.typing.EventDict) -> None:
        """Report a log line that ends a request or a job."""
        if line.get("event") == "request":
            name, took_s = f"{line['method']} {line['route']}", line["ms"] / 1000
            is_fault = line["status"] >= SERVER_FAULT
            facts = {"http.request.method": line["method"], "http.route": line["route"]}
            facts["http.response.status_code"] = line["status"]
        elif line.get("event") == "job_ended":
            name, took_s, is_fault = f"job {line['kind']}", line["s"], line["outcome"] == "failed"
            facts = {"carrel.job.kind": line["kind"], "carrel.job.outcome": line["outcome"]}
        else:
            return
        self._report(name, took_s, {**facts, "carrel.request": request_id() or ""}, is_fault)

    def flush(self, seconds: float) -> None:
        """Wait until all reports were sent."""
        self._provider.force_flush(int(seconds * 1000))

    def _report(self, name: str, took_s: float, facts: Mapping[str, Any], is_fault: bool) -> None:  # noqa: FBT001  (of the class's own)
        from opentelemetry.trace import StatusCode  # noqa: PLC0415

        ended = time.time_ns()
        span = self._tracer.start_span(
            name, attributes=dict(facts), start_time=ended - int(took_s * NS)
        )
        if is_fault:
            span.set_status(StatusCode.ERROR)
        span.end(ended)


def _without_addresses(event: Any, _hint: object) -> Any:  # noqa: ANN401  (sentry's own types)
    for fault in event.get("exception", {}).get("values", ()):
        fault["value"] = without_addresses(fault.get("value") or "")
    return event
