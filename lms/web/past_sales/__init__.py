"""Pages of past-sales imports."""

from typing import Final

from flask import Blueprint

from lms.web.past_sales import staff

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (staff.blueprint,)
