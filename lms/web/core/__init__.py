"""What all pages share: guard, forms, errors, sign-in, paging, headers, and texts."""

from typing import Final

from flask import Blueprint

from lms.web.core import health_check

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (health_check.blueprint,)
