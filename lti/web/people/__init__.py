"""Pages for linking accounts and for a person's own data."""

from typing import Final

from flask import Blueprint

from lti.web.people import (
    account_link_confirmation,
    account_link_request,
    linked_accounts,
    privacy_launch,
)

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    privacy_launch.blueprint,
    account_link_request.blueprint,
    account_link_confirmation.blueprint,
    linked_accounts.blueprint,
)
