"""Taxes of an order's lines: by the day of supply, unless its payer is exempt (M13, M14).

The day of supply is the day of the order's first invoice. A corrected invoice keeps it, so that a new
rate doesn't change an old sale; a correction of the state uses that state's rules. Credited tax is not
charged again, except to another payer.
"""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.models.catalog import Webinar
from lms.models.documents import CreditReason, Document, DocumentKind, DocumentLine
from lms.models.orders import Order, OrderLine
from lms.models.tax import Supply, TaxRule
from lms.organizations.payers import Payer
from lms.tax.exemptions import covering_paper
from lms.tax.rules import NO_TAX, LineTax, Taxable, taxes_of


def order_taxes(
    session: Session,
    order: Order,
    lines: Sequence[OrderLine],
    *,
    state: str,
    zone: ZoneInfo,
    today: date,
) -> tuple[LineTax, ...]:
    """Return the tax of each line, in order."""
    on = supplied_on(session, order, zone=zone) or today
    is_exempt = (
        order.exempt_as is not None
        or covering_paper(session, payer_of(order), state=state, on=on) is not None
    )
    credited = _credited(session, order, state)
    taxed = [] if is_exempt else [line for line in lines if _sold(line) not in credited]
    taxes = taxes_of(
        session,
        [Taxable(_supply(session, line, on, zone), line.net_minor) for line in taxed],
        state=state,
        on=on,
    )
    found = {line.id: tax for line, tax in zip(taxed, taxes, strict=True)}
    return tuple(found.get(line.id, NO_TAX) for line in lines)


def supplied_on(session: Session, order: Order, *, zone: ZoneInfo) -> date | None:
    """Return the day of an order's first invoice; None before it."""
    first = session.scalar(
        select(func.min(Document.issued_at)).where(
            Document.order_id == order.id, Document.kind == DocumentKind.INVOICE
        )
    )
    return first.astimezone(zone).date() if first else None


def payer_of(order: Order) -> Payer:
    """Return the payer of an order; for one that isn't placed, the organization or the contact."""
    if order.organization_id is not None:
        return Payer(organization_id=order.organization_id)
    return Payer(login_id=order.login_id or order.contact_id)


def _credited(session: Session, order: Order, state: str) -> set[tuple[object, ...]]:
    """Return what was sold by the lines whose tax for a state was fully credited to the payer as tax.

    A correction replaces lines, so they are identified by what they sell.
    """
    by_tax = func.count().filter(Document.reason == CreditReason.TAX)
    rows = session.execute(
        select(OrderLine)
        .select_from(DocumentLine)
        .join(Document, Document.id == DocumentLine.document_id)
        .join(OrderLine, OrderLine.id == DocumentLine.order_line_id)
        .join(TaxRule, TaxRule.id == DocumentLine.tax_rule_id)
        .where(
            Document.order_id == order.id,
            payer_of(order).owns(Document),
            Document.kind.in_((DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE)),
            func.coalesce(Document.reason, "") != CreditReason.REISSUE,
            TaxRule.state == state,
        )
        .group_by(OrderLine.id, func.coalesce(Document.refers_to_id, Document.id))
        .having(by_tax > 0, func.sum(DocumentLine.tax_minor) == 0)
    )
    return {_sold(line) for line in rows.scalars()}


def _sold(line: OrderLine) -> tuple[object, ...]:
    return (line.kind, line.webinar_id, line.presenter_id, line.series_id)


def _supply(session: Session, line: OrderLine, on: date, zone: ZoneInfo) -> Supply:
    """Return what a line delivers: a webinar that was held is a recording, others are both."""
    if line.webinar_id is None:
        return Supply.BOTH
    held_at = session.scalars(select(Webinar.held_at).where(Webinar.id == line.webinar_id)).one()
    return Supply.RECORDED if held_at.astimezone(zone).date() < on else Supply.BOTH
