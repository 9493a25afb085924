"""Pages of handouts: previews and downloads."""

from typing import Final

from flask import Blueprint

from lms.web.handouts import download_and_preview_pages

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (download_and_preview_pages.blueprint,)
