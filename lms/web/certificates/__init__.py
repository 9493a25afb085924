"""Pages of certificates: own, staff, verification, and badges."""

from typing import Final

from flask import Blueprint

from lms.web.certificates import badges, own, staff, staff_design, verify

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    badges.blueprint,
    own.blueprint,
    staff_design.blueprint,
    staff.blueprint,
    verify.blueprint,
)
