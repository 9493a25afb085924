"""Pages of delivery kits."""

from typing import Final

from flask import Blueprint

from lms.web.kits import download, manager, staff_permit

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    download.blueprint,
    manager.blueprint,
    staff_permit.blueprint,
)
