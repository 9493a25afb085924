"""Pages for connecting an LMS."""

from typing import Final

from flask import Blueprint

from lti.web.registrations import dynamic_registration, jwks, manager, staff, tool_configuration

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    jwks.blueprint,
    manager.blueprint,
    dynamic_registration.blueprint,
    staff.blueprint,
    tool_configuration.blueprint,
)
