"""Overdue payment notices: staff and the buyer are told once; access stays (PRODUCT.md, P9)."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from lms.mail.links import MailContext
from lms.sales import mails
from lms.sales.read_models import overdue_sales

TELLS_FOR: Final = timedelta(days=60)  # what fell due before was told, or came from the past


def tell_overdue(session: Session, *, mail_context: MailContext, now: datetime) -> None:
    """Tell the house and the buyer of each payment that fell due.

    Any number of times: each letter has a key and is written once.
    """
    for facts in overdue_sales(session, now=now, since=now - TELLS_FOR):
        mails.send_overdue(
            session, facts, links=mail_context.links, zone=mail_context.zone, now=now
        )
