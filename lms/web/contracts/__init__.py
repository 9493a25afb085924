"""Pages of contracts: renewals and grace periods."""

from typing import Final

from flask import Blueprint

from lms.web.contracts import manager_renewal, staff_grace_period

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    manager_renewal.blueprint,
    staff_grace_period.blueprint,
)
