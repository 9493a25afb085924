"""Pages of handouts: previews and downloads."""

from typing import Final

from flask import Blueprint

from lms.web.handouts import downloads

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (downloads.blueprint,)
