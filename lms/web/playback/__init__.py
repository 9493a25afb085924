"""Pages of playback: the player, heartbeats, notes, transcripts, and posters."""

from typing import Final

from flask import Blueprint, Flask

from lms.web.core.request_context import EXTENSION
from lms.web.playback import (
    next_part,
    notes,
    poster_images,
    session_opening_and_end_reasons,
    transcripts,
    watch_page,
)
from lms.web.playback.heartbeat_middleware import Heartbeats

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    next_part.blueprint,
    notes.blueprint,
    session_opening_and_end_reasons.blueprint,
    poster_images.blueprint,
    transcripts.blueprint,
    watch_page.blueprint,
)


def init_app(app: Flask) -> None:
    """Put the heartbeat middleware in front of the app."""
    app.wsgi_app = Heartbeats(app.wsgi_app, app.extensions[EXTENSION])  # type: ignore[method-assign]  # as Flask documents
