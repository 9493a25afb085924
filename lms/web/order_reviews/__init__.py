"""Pages of order reviews: orders that managers can take over."""

from typing import Final

from flask import Blueprint

from lms.web.order_reviews import manager_takeover

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (manager_takeover.blueprint,)
