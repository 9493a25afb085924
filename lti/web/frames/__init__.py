"""The first page of a framed session."""

from typing import Final

from flask import Blueprint

from lti.web.frames import redirect_by_purpose

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (redirect_by_purpose.blueprint,)
