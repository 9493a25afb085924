"""Pages of courses, for instructors and managers."""

from typing import Final

from flask import Blueprint

from lti.web.courses import instructor, manager, submission_review

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    instructor.blueprint,
    manager.blueprint,
    submission_review.blueprint,
)
