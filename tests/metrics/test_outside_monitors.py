"""External monitors: what a Sentry server and an OpenTelemetry collector receive."""

import gzip
import json
import secrets
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import brotli
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from lms.core.logs import within_request
from lms.core.settings import Settings, SettingsError
from lms.metrics.outside_monitors import Sentry, Spans
from lms.metrics.start import begin_observing

FAULT = "no row for alice@example.org"
WAIT_S = 20.0


class Sink(ThreadingHTTPServer):
    """A server that records the path and body of each request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posted: list[tuple[str, bytes]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Sink

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        packed = self.headers.get("Content-Encoding", "identity")
        body = {"gzip": gzip.decompress, "br": brotli.decompress}.get(packed, bytes)(body)
        self.server.posted.append((self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Log nothing."""


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def fail(_secret: str) -> None:
    raise LookupError(FAULT)


def test_error_is_reported_without_the_values_of_variables(sink: Sink) -> None:
    sentry = Sentry(f"http://key@127.0.0.1:{sink.server_port}/7")
    secret = secrets.token_hex(16)
    try:
        fail(secret)
    except LookupError as error:
        with within_request("abcd1234"):
            sentry.tell({"event": "request_failed", "exc_info": error})
            sentry.tell({"event": "mail_broke", "exc_info": True})
    sentry.tell({"event": "request", "status": 200})
    sentry.flush(WAIT_S)
    assert [path for path, _ in sink.posted] == ["/api/7/envelope/"] * 2
    for event, (_, body) in zip(("request_failed", "mail_broke"), sink.posted, strict=True):
        sent = json.loads(body.splitlines()[2])
        assert sent["tags"] == {"event": event, "request": "abcd1234"}
        fault = sent["exception"]["values"][0]
        assert (fault["type"], fault["value"]) == ("LookupError", "no row for (an address)")
        assert secret not in body.decode()
        assert "alice" not in body.decode()


def spans_of(sink: Sink) -> dict[str, Mapping[str, object]]:
    found: dict[str, Mapping[str, object]] = {}
    for path, body in sink.posted:
        assert path == "/v1/traces"
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for span in resource.scope_spans[0].spans:
                facts = {
                    each.key: each.value.string_value or each.value.int_value
                    for each in span.attributes
                }
                took_ms = (span.end_time_unix_nano - span.start_time_unix_nano) // 1_000_000
                found[span.name] = {**facts, "ms": took_ms, "status": span.status.code}
    return found


def test_requests_and_jobs_are_spans_by_route_and_kind(sink: Sink) -> None:
    spans = Spans(f"http://127.0.0.1:{sink.server_port}")
    asked = {"event": "request", "method": "GET", "path": "/claim/#abc", "route": "/claim/<token>"}
    with within_request("abcd1234"):
        spans.tell({**asked, "status": 503, "bytes": 10, "ms": 250.0})
        spans.tell(
            {"event": "job_ended", "job": "1a", "kind": "mail.tidy", "outcome": "done", "s": 1.5}
        )
    spans.tell({"event": "mail_sent", "kind": "invitation"})
    spans.flush(WAIT_S)
    assert spans_of(sink) == {
        "GET /claim/<token>": {
            "http.request.method": "GET",
            "http.route": "/claim/<token>",
            "http.response.status_code": 503,
            "carrel.request": "abcd1234",
            "ms": 250,
            "status": 2,
        },
        "job mail.tidy": {
            "carrel.job.kind": "mail.tidy",
            "carrel.job.outcome": "done",
            "carrel.request": "abcd1234",
            "ms": 1500,
            "status": 0,
        },
    }


def test_monitor_that_cannot_be_started_is_a_settings_error(
    environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = Settings.from_env({**environ, "CARREL_SENTRY_DSN": "https://sentry.example.org/"})
    with pytest.raises(SettingsError, match="CARREL_SENTRY_DSN"):
        begin_observing(wrong)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    absent = Settings.from_env({**environ, "CARREL_OTLP_URL": "http://127.0.0.1:4318"})
    with pytest.raises(SettingsError, match=r"pip install --editable '\.\[otel\]'"):
        begin_observing(absent)
