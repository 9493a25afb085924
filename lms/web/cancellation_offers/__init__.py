"""Pages of cancellation offers: for payers, by an emailed link, and for staff."""

from typing import Final

from flask import Blueprint

from lms.web.cancellation_offers import choose, staff_offers

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (choose.blueprint, staff_offers.blueprint)
