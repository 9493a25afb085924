"""Pages of live webinars: registering, joining, rebooking, and attendance."""

from typing import Final

from flask import Blueprint

from lms.web.live import (
    rebook_or_refund_actions,
    registration,
    staff_attendance,
    staff_questions,
    staff_registrants_postpone_and_cancel,
)

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    registration.blueprint,
    rebook_or_refund_actions.blueprint,
    staff_registrants_postpone_and_cancel.blueprint,
    staff_attendance.blueprint,
    staff_questions.blueprint,
)
