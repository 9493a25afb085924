"""The page layout: the branding and the signed-in person that every page shows."""

import time
from threading import Lock

from flask import Flask, current_app

from lms.branding import BrandingFacts, read_branding
from lms.core.version import VERSION
from lms.web.core.current_user import viewer
from lms.web.core.request_context import carrel, read_session

EXTENSION = "carrel_branding"
FRESH_S = 5.0


class _BrandingCache:
    """Keeps the branding for a few seconds, so that a page costs no statement for them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._facts: BrandingFacts | None = None
        self._read_at = 0.0

    def take(self) -> BrandingFacts:
        at = time.monotonic()
        with self._lock:
            if self._facts is not None and at - self._read_at < FRESH_S:
                return self._facts
        with read_session() as session:
            facts = read_branding(session, contact=carrel().settings.mail_from)
        with self._lock:
            self._facts, self._read_at = facts, at
        return facts

    def forget(self) -> None:
        with self._lock:
            self._facts = None


def init_shell(app: Flask) -> None:
    """Give every template `branding`, `viewer` and `carrel_version`."""
    cache = _BrandingCache()
    app.extensions[EXTENSION] = cache

    @app.context_processor
    def frame() -> dict[str, object]:
        return {"branding": cache.take(), "viewer": viewer(), "carrel_version": VERSION}


def branding_facts() -> BrandingFacts:
    """Return the branding, as the frame of this page shows them."""
    cache: _BrandingCache = current_app.extensions[EXTENSION]
    return cache.take()


def forget_branding() -> None:
    """Read the branding anew at the next page; called when they were changed."""
    cache: _BrandingCache = current_app.extensions[EXTENSION]
    cache.forget()
