"""Staff pages of ID mappings."""

from typing import Final

from flask import Blueprint

from lti.web.id_mappings import staff

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (staff.blueprint,)
