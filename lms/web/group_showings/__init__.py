"""Pages of group showings: for the host and for people in the room."""

from typing import Final

from flask import Blueprint

from lms.web.group_showings import host_and_attendee_pages

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (host_and_attendee_pages.blueprint,)
