"""The player in a frame: watching, handouts, and transcripts."""

from typing import Final

from flask import Blueprint

from lti.web.player import handouts, playback_sessions, transcripts, watch_page

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    watch_page.blueprint,
    playback_sessions.blueprint,
    handouts.blueprint,
    transcripts.blueprint,
)
