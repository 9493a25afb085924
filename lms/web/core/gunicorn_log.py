"""The gunicorn log: one JSON object per line, with tokens removed."""

import logging
import re
from datetime import timedelta
from functools import cache
from typing import Any, Final

import gunicorn.http.wsgi
import structlog
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.http.message import Request
from gunicorn.http.wsgi import Response, WSGIErrorsWrapper

from lms.core.logs import configure_logs
from media.delivery.media_tokens import fingerprint, redacted

# A secret in a path is long and has capitals or underscores, which slugs don't.
SECRET = re.compile(r"(?<=/)(?=[^/\s]*[A-Z_])[A-Za-z0-9_.~-]{20,}")
QUERY = re.compile(r"\?[^\s'\"]*")

# gunicorn makes one for each request and looks up its logger by name, behind a process-wide lock:
# with 2,000 viewers, 587 of 611 threads waited for it.
ERRORS: Final = cache(WSGIErrorsWrapper)

ROUTE: Final = "carrel.route"
_BEFORE_FLASK: Final = re.compile(r"/(media|playback)/[^/]+/(?:.*\.(\w{2,4})|(beat|close))")

HEALTH_CHECKS: Final = frozenset({"/healthz", "/livez", "/readyz"})

log = structlog.get_logger("request")


class ServerLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Logs requests and gunicorn's own messages, without personal addresses."""

    def setup(self, cfg: Config) -> None:
        """Send gunicorn's messages to the application's log."""
        super().setup(cfg)
        configure_logs()
        gunicorn.http.wsgi.WSGIErrorsWrapper = ERRORS
        self.error_log.handlers = []
        self.error_log.filters = [_without_secrets]
        self.error_log.propagate = True

    def access(
        self, resp: Response, req: Request, environ: dict[str, Any], request_time: timedelta
    ) -> None:
        """Log one request: no query, no client address, tokens replaced by a short hash."""
        path = environ.get("PATH_INFO", "")
        if path in HEALTH_CHECKS:
            return
        log.info(
            "request",
            method=req.method,
            path=safe_path(path),
            route=environ.get(ROUTE) or _route_before_flask(path),
            status=int(str(resp.status).partition(" ")[0]),
            bytes=getattr(resp, "sent", None),
            ms=round(request_time.total_seconds() * 1000, 1),
        )


def _route_before_flask(path: str) -> str:
    """Return a route name for a path that is answered before Flask."""
    found = _BEFORE_FLASK.fullmatch(path)
    return f"/{found[1]}/<token>/{found[2] or found[3]}" if found else "unknown"


def safe_path(path: str) -> str:
    """Return a path, or a line that contains one, without secrets."""
    if path.startswith("/static/"):
        return path
    return SECRET.sub(_hashed, QUERY.sub("", redacted(path)))


def _hashed(found: re.Match[str]) -> str:
    return f"~{fingerprint(found[0])[:12]}"


def _without_secrets(record: logging.LogRecord) -> bool:
    record.msg, record.args = safe_path(record.getMessage()), ()
    return True
