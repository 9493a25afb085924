"""The picker: choosing content from inside a course."""

from typing import Final

from flask import Blueprint

from lti.web.deep_linking import picker

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (picker.blueprint,)
