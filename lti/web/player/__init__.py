"""The player in a frame: watching, handouts, and transcripts."""

from typing import Final

from flask import Blueprint

from lti.web.player import (
    gradebook_line,
    handouts,
    seat_requests,
    session_opening_and_end_reasons,
    transcripts,
    watch_page,
)

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    watch_page.blueprint,
    session_opening_and_end_reasons.blueprint,
    handouts.blueprint,
    transcripts.blueprint,
    seat_requests.blueprint,
    gradebook_line.blueprint,
)
