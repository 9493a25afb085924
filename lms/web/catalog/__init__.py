"""Pages of the catalog: a webinar for its visitors, and everything for staff."""

from typing import Final

from flask import Blueprint

from lms.web.catalog import (
    replacement_webinar,
    staff_announcement_import,
    staff_presenters,
    staff_series,
    staff_webinars,
)

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    replacement_webinar.blueprint,
    staff_announcement_import.blueprint,
    staff_presenters.blueprint,
    staff_series.blueprint,
    staff_webinars.blueprint,
)
