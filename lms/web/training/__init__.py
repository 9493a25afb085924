"""Pages of training: own, and for managers."""

from typing import Final

from flask import Blueprint

from lms.web.training import manager, manager_groups, own

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    manager.blueprint,
    manager_groups.blueprint,
    own.blueprint,
)
