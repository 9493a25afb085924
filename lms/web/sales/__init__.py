"""Pages of sales and requests: for staff, and an organization's billing."""

from typing import Final

from flask import Blueprint

from lms.web.sales import manager_orders, staff_requests, staff_sales

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    manager_orders.blueprint,
    staff_requests.blueprint,
    staff_sales.blueprint,
)
