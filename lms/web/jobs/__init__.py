"""Pages of background jobs."""

from typing import Final

from flask import Blueprint

from lms.web.jobs import staff

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (staff.blueprint,)
