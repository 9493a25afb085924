"""What the page of an order shows about its payer: email recipients, payment link, promises, reminders."""

from typing import Final
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.buying import payment_promises
from lms.core import clock
from lms.core.dates_and_time_zones import say_datetime_in_table
from lms.core.errors import N_
from lms.documents import payment_links
from lms.models.orders import Order
from lms.organizations.manager_emails import managers_or_billing
from lms.organizations.order_contacts import emailed_contact
from lms.receivables.read_models import reminders_of_order
from lms.sales.read_models import OrderFacts
from lms.web.core.request_context import carrel
from lms.web.receivables.reminder_rows import reminder_rows
from lms.web.sales.order_texts import promise_text

Row = dict[str, object]
NO_READER: Final = N_(
    "No one. The organization has no manager or billing contact with an email address."
)


def stand_ins(session: Session, facts: OrderFacts) -> str:
    """Return who is emailed about an order in place of its contact; "" if the contact is."""
    if facts.organization_id is None or emailed_contact(session, facts.id) is not None:
        return ""
    readers = managers_or_billing(session, facts.organization_id)
    return ", ".join(one.email for one in readers) or _(NO_READER)


def payment_link_shown(session: Session, order: Order, facts: OrderFacts, zone: ZoneInfo) -> Row:
    """Return the order's payment link, when it was last opened, and what the payer reported there."""
    link = payment_links.current_link(
        session, order, where=payment_links.payment_links(carrel().settings)
    )
    promise = payment_promises.open_promise(session, order.id, now=clock.now())
    return {
        "payment_link_shown": link,
        "payment_link_opened": say_datetime_in_table(link.last_opened_at, zone)
        if link and link.last_opened_at
        else "",
        "promise": promise_text(promise, facts.currency) if promise and facts.open_minor else "",
    }


def reminders_shown(session: Session, order: Order, zone: ZoneInfo) -> Row | None:
    """Return the reminders of the open invoice, if our team can stop them."""
    found = reminders_of_order(session, order.id, now=clock.now())
    return reminder_rows([found], zone)[0] if found else None
