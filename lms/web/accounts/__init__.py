"""Pages of an account: signing up and in, passwords, addresses, browsers, and personal data."""

from typing import Final

from flask import Blueprint

from lms.web.accounts import (
    account,
    email_addresses,
    page_language,
    password_reset,
    personal_data,
    second_step,
    security,
    sign_in,
    sign_in_code,
    sign_up,
)

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    account.blueprint,
    email_addresses.blueprint,
    sign_in.blueprint,
    password_reset.blueprint,
    personal_data.blueprint,
    second_step.blueprint,
    security.blueprint,
    sign_in_code.blueprint,
    sign_up.blueprint,
    page_language.blueprint,
)
