"""Questions: what pages ask before an action, commands refuse without --anyway."""

from collections.abc import Callable
from typing import Any, TypeVar

import click
from sqlalchemy.orm import Session

from lms.core.dates_and_time_zones import say_calendar_date
from lms.core.errors import Conflict
from lms.models.documents import Document
from lms.models.orders import Order
from lms.organizations.organization_matches import NewOrganizationFacts, find_matches
from lms.payments.balances import payer_of, payment_with_number
from lms.sales import purchase_orders

Command = TypeVar("Command", bound=Callable[..., Any])


def anyway_option(explanation: str) -> Callable[[Command], Command]:
    """Add the option `--anyway` to a command, which skips its question."""
    return click.option("--anyway", is_flag=True, help=explanation)


def ask_if_known(session: Session, name: str, email: str) -> None:
    """Raise Conflict if a new organization may be a duplicate (PRODUCT.md, I6)."""
    matches = find_matches(session, NewOrganizationFacts(name, email))
    if matches:
        known = "; ".join(f"{one.slug} ({' '.join(one.reasons)})" for one in matches)
        raise Conflict(
            f"This may be an organization we know: {known}. Use it, or add --anyway.",
            code="may_be_known",
        )


def ask_if_number_is_used(session: Session, order: Order, po_number: str) -> None:
    """Raise Conflict if the organization used this PO number for another order (MONEY.md, M9)."""
    used = purchase_orders.used_before(
        session, order.organization_id, po_number, but=order.public_id
    )
    if used:
        raise Conflict(
            f"Order {used[0].number} of this organization already has this PO number."
            " Check the number, or add --anyway.",
            code="po_number_used",
        )


def ask_if_recorded(session: Session, invoice: Document, check_number: str) -> None:
    """Raise Conflict if the payer's check with this number was already recorded."""
    before = payment_with_number(session, payer_of(session, invoice), check_number)
    if before is not None:
        raise Conflict(
            "A payment with this number was already recorded on"
            f" {say_calendar_date(before.received_on)}."
            " Check the number, or add --anyway.",
            code="check_number_used",
        )
