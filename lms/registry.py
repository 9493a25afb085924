"""The library component: lists the modules with its jobs, pages, commands, and tables."""

from typing import Final

from lms.component import Component

LIBRARY: Final = Component(
    name="library",
    tables="lms.models.all_tables",
    commands="lms.cli",
    jobs=(
        "lms.attendance.jobs",
        "lms.certificates.jobs",
        "lms.contracts.jobs",
        "lms.handouts.jobs",
        "lms.housekeeping.jobs",
        "lms.kits.jobs",
        "lms.live.jobs",
        "lms.past_sales.jobs",
        "lms.recordings.jobs",
        "lms.seat_imports.jobs",
        "lms.seats.jobs",
        "lms.training.jobs",
        "lms.uploads.jobs",
    ),
    pages=(
        "lms.web.accounts",
        "lms.web.audit",
        "lms.web.catalog",
        "lms.web.certificates",
        "lms.web.contracts",
        "lms.web.core",
        "lms.web.group_showings",
        "lms.web.handouts",
        "lms.web.jobs",
        "lms.web.kits",
        "lms.web.live",
        "lms.web.mail",
        "lms.web.organizations",
        "lms.web.past_sales",
        "lms.web.people",
        "lms.web.playback",
        "lms.web.public",
        "lms.web.recordings",
        "lms.web.reports",
        "lms.web.requests",
        "lms.web.sales",
        "lms.web.seats",
        "lms.web.site",
        "lms.web.training",
    ),
)
