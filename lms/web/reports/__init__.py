"""Pages of reports."""

from typing import Final

from flask import Blueprint

from lms.web.reports import manager, manager_seat_usage, own_data_shown_to_managers, staff

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    manager.blueprint,
    manager_seat_usage.blueprint,
    own_data_shown_to_managers.blueprint,
    staff.blueprint,
)
