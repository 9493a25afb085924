"""Pages of mailings: writing and sending them, subscribing, and subscribers."""

from typing import Final

from flask import Blueprint

from lms.web.mailings import staff_mailings, staff_subscribers, subscribe

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    staff_mailings.blueprint,
    staff_subscribers.blueprint,
    subscribe.blueprint,
)
