"""Pages of playback: the player, heartbeats, notes, transcripts, and posters."""

from flask import Flask

from lms.web.core.request_context import EXTENSION
from lms.web.playback.heartbeat_middleware import Heartbeats


def init_app(app: Flask) -> None:
    """Put the heartbeat middleware in front of the app."""
    app.wsgi_app = Heartbeats(app.wsgi_app, app.extensions[EXTENSION])  # type: ignore[method-assign]  # as Flask documents
