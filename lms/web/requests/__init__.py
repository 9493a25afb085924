"""Pages of customers' requests."""

from typing import Final

from flask import Blueprint

from lms.web.requests import customer_request

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (customer_request.blueprint,)
