"""Staff pages of payment reminders."""

from typing import Final

from flask import Blueprint

from lms.web.receivables import staff_reminders

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (staff_reminders.blueprint,)
