"""Pages of the catalog: a webinar for its visitors, and everything for staff."""

from typing import Final

from flask import Blueprint

from lms.web.catalog import (
    accept_replacement,
    staff_announcement_import,
    staff_drafts,
    staff_presenters,
    staff_series,
    staff_webinars,
)

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    accept_replacement.blueprint,
    staff_announcement_import.blueprint,
    staff_drafts.blueprint,
    staff_presenters.blueprint,
    staff_series.blueprint,
    staff_webinars.blueprint,
)
