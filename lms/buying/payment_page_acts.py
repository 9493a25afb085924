"""Actions on payment pages: what a payer can do with an order's link, without an account."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lms.buying import accepted_quotes, payment_promises
from lms.buying.payment_pages import payer_of
from lms.buying.payment_promises import CheckSent
from lms.core.errors import N_, Conflict, Invalid
from lms.documents import payment_links
from lms.documents.policies_in_print import current_versions
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links, MailContext
from lms.models.documents import Document
from lms.models.orders import Order
from lms.organizations import tax_papers
from lms.organizations.tax_papers import NewExemption
from lms.requests.read_models import number_of
from lms.sales import orders, purchase_orders, quotes
from lms.sales.purchase_orders import NewPurchaseOrder
from lms.sales.quotes import Acceptance


@dataclass(frozen=True, slots=True)
class Told:
    """What was sent, such as "Purchase order received", and its number or file name."""

    what: str
    which: str


NO_QUOTE = N_("This order has no quote to accept.")
CANCELED = N_("This order was canceled.")
NO_PAYER = N_("You can send a tax exemption after the order is placed.")
FILE_NEEDED = N_("Choose the file with your certificate or letter.")
PO_RECEIVED = N_("Purchase order received")
USED_BEFORE = N_(
    "Your organization already used this purchase order number. Correct it, or confirm "
    "below that it's for this order, too."
)


def accept_quote(
    session: Session,
    token: str,
    quote_id: str,
    acceptance: Acceptance,
    *,
    mail_context: MailContext,
    now: datetime,
) -> Order:
    """Accept the quote shown on a link's page, which places its order; return the order.

    Raises as `quotes.accept`, and Conflict if there is no quote, or a newer one.
    """
    order = _locked(session, token)
    newest = quotes.newest(session, order.id)
    if newest is None:
        raise Conflict(NO_QUOTE)
    if session.get_one(Document, newest.document_id).public_id != quote_id:
        raise Conflict(quotes.OLD_VERSION)
    return accepted_quotes.accept(
        session, newest, acceptance, mail_context=mail_context, actor=None, now=now
    )


def agree_to_policies(session: Session, token: str, *, now: datetime) -> None:
    """Store that a customer agreed to the current policies, before they pay a quote; raises Conflict."""
    _locked(session, token).policies = current_versions(session, now=now)


def add_purchase_order(
    session: Session,
    token: str,
    new: NewPurchaseOrder,
    *,
    is_confirmed: bool,
    mail_context: MailContext,
    now: datetime,
) -> None:
    """Record a purchase order for a link's order, and notify our team.

    A number that the organization already used must be confirmed (MONEY.md, M9); the page doesn't
    reveal which order has it. Raises Invalid (field `po_number`), and Conflict for a canceled
    order.
    """
    order = _locked(session, token)
    used = purchase_orders.used_before(
        session, order.organization_id, new.number, but=order.public_id
    )
    if used and not is_confirmed:
        raise Invalid(USED_BEFORE, field="po_number")
    purchase_orders.receive(session, order, new, actor=None, now=now)
    told = Told(PO_RECEIVED, new.number)
    tell_team(session, order, told, links=mail_context.links, now=now)


def note_check(
    session: Session, token: str, check: CheckSent, *, mail_context: MailContext, now: datetime
) -> None:
    """Record that a check for a link's order was sent. Raises Invalid and Conflict."""
    order = _locked(session, token)
    payment_promises.note_check(session, order, check, zone=mail_context.zone, now=now)


def note_approval(
    session: Session, token: str, until: date, note: str, *, zone: ZoneInfo, now: datetime
) -> None:
    """Record that the invoice of a link's order is in approval. Raises Invalid and Conflict."""
    order = _locked(session, token)
    payment_promises.note_approval(session, order, until, note, zone=zone, now=now)


def add_tax_paper(
    session: Session, token: str, new: NewExemption, *, mail_context: MailContext, now: datetime
) -> None:
    """Add a tax document of the payer of a link's order, with its file, and notify our team.

    Raises Invalid (field `file` or `number`), and Conflict before the order is placed.
    """
    if new.file is None:
        raise Invalid(FILE_NEEDED, field="file")
    order = _locked(session, token)
    payer = payer_of(order)
    if payer is None:
        raise Conflict(NO_PAYER)
    tax_papers.add_exemption(session, payer, new, actor=None, now=now)
    told = Told(N_("Tax exemption received"), new.file.name)
    tell_team(session, order, told, links=mail_context.links, now=now)


def _locked(session: Session, token: str) -> Order:
    order = orders.find_order(session, payment_links.order_of(session, token).public_id, lock=True)
    if order.canceled_at is not None:
        raise Conflict(CANCELED)
    return order


def tell_team(session: Session, order: Order, told: Told, *, links: Links, now: datetime) -> None:
    """Email our team what a payer sent with an order's link, if the seller has a contact address."""
    number = number_of(order.public_id)
    mail_outbox.post_to_team(
        session,
        kind="payment_page_used",
        subject=N_("Order %(number)s: %(what)s") % {"number": number, "what": told.what},
        values={
            "number": number,
            "what": told.what,
            "which": told.which,
            "action_url": links.page(f"/staff/orders/{order.public_id}"),
        },
        now=now,
    )
