"""Pages of organizations: for their managers and for staff."""

from typing import Final

from flask import Blueprint

from lms.web.organizations import manager_members, staff

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    manager_members.blueprint,
    staff.blueprint,
)
