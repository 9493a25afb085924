"""Pages of completions."""

from typing import Final

from flask import Blueprint

from lti.web.completions import manager_export_and_import

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (manager_export_and_import.blueprint,)
