"""Staff pages of payments, refunds and balances."""

from typing import Final

from flask import Blueprint

from lms.web.payments import staff_balances, staff_payments, staff_refunds

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    staff_balances.blueprint,
    staff_payments.blueprint,
    staff_refunds.blueprint,
)
