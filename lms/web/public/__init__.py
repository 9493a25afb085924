"""Public pages: home, catalog, search, presenters, series, feeds, and My webinars."""

from typing import Final

from flask import Blueprint

from lms.web.public import (
    accessibility_and_privacy,
    feeds,
    home_catalog_and_webinar_pages,
    my_webinars,
    search_suggestions,
)

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    accessibility_and_privacy.blueprint,
    home_catalog_and_webinar_pages.blueprint,
    feeds.blueprint,
    my_webinars.blueprint,
    search_suggestions.blueprint,
)
