"""Pages of the audit log."""

from typing import Final

from flask import Blueprint

from lms.web.audit import staff

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (staff.blueprint,)
