"""Staff pages of sales and requests."""

from typing import Final

from flask import Blueprint

from lms.web.sales import staff_requests, staff_sales

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    staff_requests.blueprint,
    staff_sales.blueprint,
)
