"""Pages of this installation: the staff dashboard, branding and prices, the theme."""

from typing import Final

from flask import Blueprint

from lms.web.site import (
    staff_branding_and_prices,
    staff_dashboard,
    staff_special_prices,
    staff_system_health,
    theme_and_logo,
)

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    theme_and_logo.blueprint,
    staff_dashboard.blueprint,
    staff_branding_and_prices.blueprint,
    staff_special_prices.blueprint,
    staff_system_health.blueprint,
)
