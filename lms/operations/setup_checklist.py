"""The setup checklist: what a new installation still needs before customers can buy and watch."""

from enum import StrEnum

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from lms.core.settings import Settings
from lms.models.audit import AuditEntry
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import Offer
from lms.models.orders import Order
from lms.operations.backups import CREATED


class SetupStep(StrEnum):
    """One thing to set up."""

    MAIL = "mail"
    MAIL_DNS = "mail_dns"
    BACKUP = "backup"
    CARDS = "cards"
    PRICES = "prices"
    WEBINAR = "webinar"


def read_setup(session: Session, settings: Settings) -> tuple[tuple[SetupStep, bool], ...]:
    """Return every step and whether it is done; card payments count as done after any order."""

    def has(found: ColumnElement[bool]) -> bool:
        return bool(session.scalar(select(exists().where(found))))

    return (
        (SetupStep.MAIL, settings.smtp_url is not None),
        (SetupStep.MAIL_DNS, settings.dkim_selector is not None),
        (SetupStep.BACKUP, has(AuditEntry.act == CREATED)),
        (SetupStep.CARDS, settings.stripe is not None or has(Order.placed_at.is_not(None))),
        (SetupStep.PRICES, has(Offer.retired_at.is_(None))),
        (SetupStep.WEBINAR, has(Webinar.state == WebinarState.ANNOUNCED)),
    )
