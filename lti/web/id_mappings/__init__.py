"""Staff pages of ID mappings."""

from typing import Final

from flask import Blueprint

from lti.web.id_mappings import staff_user_id_mappings

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (staff_user_id_mappings.blueprint,)
