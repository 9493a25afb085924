"""Pages of group viewings: for the host, for people in the room, and for managers."""

from typing import Final

from flask import Blueprint

from lms.web.group_showings import host_and_attendee_pages, manager_hosts

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    host_and_attendee_pages.blueprint,
    manager_hosts.blueprint,
)
