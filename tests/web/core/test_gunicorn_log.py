"""The configured gunicorn log, when many threads respond at once."""

import logging
from threading import Thread

import gunicorn.http.wsgi
import pytest
from gunicorn.config import Config

from lms.web.core import gunicorn_log
from tests.wait_until import PATIENCE_S


def test_request_does_not_wait_for_the_logging_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    wrapper = gunicorn.http.wsgi.WSGIErrorsWrapper
    monkeypatch.setattr(gunicorn.http.wsgi, "WSGIErrorsWrapper", wrapper)  # restored after the test
    monkeypatch.setattr(gunicorn_log, "configure_logs", lambda: None)
    config = Config()
    gunicorn_log.ServerLog(config)
    gunicorn.http.wsgi.base_environ(config)
    request = Thread(target=gunicorn.http.wsgi.base_environ, args=(config,), daemon=True)
    with logging._lock:  # type: ignore[attr-defined]  # the lock that `getLogger` waits for
        request.start()
        request.join(PATIENCE_S)
        assert not request.is_alive()
