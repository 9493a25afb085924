"""The first page of a framed session."""

from typing import Final

from flask import Blueprint

from lti.web.frames import start_redirect

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (start_redirect.blueprint,)
