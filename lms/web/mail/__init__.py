"""Pages of mail."""

from typing import Final

from flask import Blueprint

from lms.web.mail import staff_email_texts, staff_outgoing_mail, unsubscribe

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    staff_email_texts.blueprint,
    staff_outgoing_mail.blueprint,
    unsubscribe.blueprint,
)
