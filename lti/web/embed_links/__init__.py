"""Pages of embed links, and of their visitors."""

from typing import Final

from flask import Blueprint

from lti.web.embed_links import email_code_pages, iframe_session_opening, manager, staff

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    email_code_pages.blueprint,
    iframe_session_opening.blueprint,
    manager.blueprint,
    staff.blueprint,
)
