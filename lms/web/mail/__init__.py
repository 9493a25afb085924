"""Pages of mail."""

from typing import Final

from flask import Blueprint

from lms.web.mail import staff

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (staff.blueprint,)
