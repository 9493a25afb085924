"""gunicorn's log as the product has it, where many threads answer at once."""

import logging
from threading import Thread

import gunicorn.http.wsgi
import pytest
from gunicorn.config import Config

from lms.web.core import gunicorn_log
from tests.wait_until import PATIENCE_S


def test_a_request_waits_for_nobody_who_is_at_the_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    wrapper = gunicorn.http.wsgi.WSGIErrorsWrapper
    monkeypatch.setattr(gunicorn.http.wsgi, "WSGIErrorsWrapper", wrapper)  # put back at the end
    monkeypatch.setattr(gunicorn_log, "configure_logs", lambda: None)
    config = Config()
    gunicorn_log.ServerLog(config)
    gunicorn.http.wsgi.base_environ(config)
    request = Thread(target=gunicorn.http.wsgi.base_environ, args=(config,), daemon=True)
    with logging._lock:  # type: ignore[attr-defined]  # what `getLogger` waits for
        request.start()
        request.join(PATIENCE_S)
        assert not request.is_alive()
