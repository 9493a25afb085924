"""Pages of customers' requests."""

from typing import Final

from flask import Blueprint

from lms.web.requests import accessibility_barrier, customer_request

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    accessibility_barrier.blueprint,
    customer_request.blueprint,
)
