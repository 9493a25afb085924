"""Pages of orders, quotes and requests: for staff, and for organizations."""

from typing import Final

from flask import Blueprint

from lms.web.sales import (
    manager_orders,
    own_orders,
    staff_corrections,
    staff_credits,
    staff_order,
    staff_order_form,
    staff_orders,
    staff_quotes,
    staff_requests,
)

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    manager_orders.blueprint,
    own_orders.blueprint,
    staff_orders.blueprint,
    staff_order_form.blueprint,
    staff_order.blueprint,
    staff_quotes.blueprint,
    staff_credits.blueprint,
    staff_corrections.blueprint,
    staff_requests.blueprint,
)
