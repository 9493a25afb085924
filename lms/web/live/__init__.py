"""Pages of live webinars: registering, joining, rebooking, and attendance."""

from typing import Final

from flask import Blueprint

from lms.web.live import rebooking_page, registration, staff, staff_attendance

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    registration.blueprint,
    rebooking_page.blueprint,
    staff.blueprint,
    staff_attendance.blueprint,
)
