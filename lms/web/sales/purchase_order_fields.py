"""Fields of a purchase order that several forms share: its number, checked for reuse, and its amount."""

from typing import Final

from sqlalchemy.orm import Session
from wtforms import Form

from lms.core.errors import N_, Invalid
from lms.core.money_parsing_and_formatting import read_amount
from lms.organizations.billing_details import read_billing
from lms.sales import purchase_orders

USED: Final = N_(
    "Order %(number)s of this organization already has this PO number. Check the number, or"
    " choose to use it again."
)


def ask_for_po_number(session: Session, form: Form, organization_id: int) -> None:
    """Let the number of a form no longer look optional if the organization requires one."""
    if read_billing(session, organization_id).contact.po_required:
        form["po_number"].flags.optional = False


def read_po_number(session: Session, form: Form, organization_id: int | None, *, but: str) -> str:
    """Return the number in a form; `but` is the public id of the order that it is for.

    Raises Invalid (field `po_number`) if the organization used it for another order, unless the form
    confirms that it is reused (MONEY.md, M9).
    """
    number = " ".join((form["po_number"].data or "").split())
    used = purchase_orders.used_before(session, organization_id, number, but=but)
    if used and not form["reuse_po"].data:
        raise Invalid(USED % {"number": used[0].number}, field="po_number")
    return number


def read_po_amount(form: Form, currency: str) -> int | None:
    """Return the amount in a form, or None; raises Invalid (field `po_amount`)."""
    text = (form["po_amount"].data or "").strip()
    return read_amount(text, currency, field="po_amount") if text else None
