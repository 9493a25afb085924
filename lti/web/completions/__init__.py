"""Pages of completions."""

from typing import Final

from flask import Blueprint

from lti.web.completions import manager

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (manager.blueprint,)
