"""Pages of contracts: renewals and grace periods."""

from typing import Final

from flask import Blueprint

from lms.web.contracts import (
    manager_renew_and_add_seats,
    manager_renewal_with_fewer_seats,
    staff_grace_period_extension,
)

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    manager_renew_and_add_seats.blueprint,
    manager_renewal_with_fewer_seats.blueprint,
    staff_grace_period_extension.blueprint,
)
