"""Fields of a purchase order that several forms have: its number, asked about if used, its amount."""

from typing import Final

from sqlalchemy.orm import Session
from wtforms import Form

from lms.core.errors import N_, Invalid
from lms.core.money_parsing_and_formatting import read_amount
from lms.sales import purchase_orders

USED: Final = N_(
    "Order %(number)s of this organization has this PO number already. Check the number, or"
    " choose to use it again."
)


def read_po_number(session: Session, form: Form, organization_id: int | None, *, but: str) -> str:
    """Return the number in a form; `but` is the outside id of the order that it is for.

    Raises Invalid (field `po_number`) for one that the organization used for another order,
    unless the form says to use it again (MONEY.md, M9).
    """
    number = " ".join((form["po_number"].data or "").split())
    used = purchase_orders.used_before(session, organization_id, number, but=but)
    if used and not form["reuse_po"].data:
        sentence = USED % {"number": used[0].number}
        raise Invalid(sentence, fields={"po_number": sentence})
    return number


def read_po_amount(form: Form, currency: str) -> int | None:
    """Return the amount in a form, None without one; raises Invalid (field `po_amount`)."""
    text = (form["po_amount"].data or "").strip()
    return read_amount(text, currency, field="po_amount") if text else None
