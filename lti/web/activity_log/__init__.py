"""Pages of launches and scores, for managers and staff."""

from typing import Final

from flask import Blueprint

from lti.web.activity_log import manager_launches_and_scores, staff_launches_and_scores

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    manager_launches_and_scores.blueprint,
    staff_launches_and_scores.blueprint,
)
