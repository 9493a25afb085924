"""Pages of checkouts: the webhook of the card provider."""

from typing import Final

from flask import Blueprint

from lms.web.checkouts import webhook

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (webhook.blueprint,)
