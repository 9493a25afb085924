"""Rows of a customer's page: orders and amounts due, emails, and the timeline."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from markupsafe import Markup

from lms.core.dates_and_time_zones import say_date, say_datetime_in_table
from lms.core.errors import N_
from lms.organizations.orders import OrderRow
from lms.pricing.price_list import say_money
from lms.reports.audit_log import Entry
from lms.requests.read_models import number_of
from lms.web.access.access_panel_and_reader_times import due_day
from lms.web.audit.sentences import tell
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.people.grant_and_seat_rows import KINDS

FEW: Final = 20
PAST_DUE: Final = N_("past due since %(day)s")


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order, as its row shows it."""

    id: str
    number: str
    what: str
    total: str
    owed: str
    state: str
    badge: str
    ordered: str


@dataclass(frozen=True, slots=True)
class Owed:
    """What a customer owes in one currency, as shown at the top of the page."""

    amount: str
    when: str
    badge: str


@dataclass(frozen=True, slots=True)
class Happened:
    """An entry of the audit log, as a line."""

    when: str
    sentence: Markup


def order_line(order: OrderRow, *, now: datetime, zone: ZoneInfo) -> OrderLine:
    """Return an order in words."""
    parts = [_(KINDS[order.kind])]
    if order.quantity is not None and order.quantity > 1:
        parts.append(_("quantity %(count)s", count=f"{order.quantity:,}"))
    if order.covers:
        parts.append(order.covers)
    state, badge = _state(order, now)
    return OrderLine(
        id=order.public_id,
        number=number_of(order.public_id),
        what=", ".join(parts),
        total=say_money(order.total_minor, order.currency),
        owed=say_money(order.owed_minor, order.currency) if order.owed_minor else "",
        state=state,
        badge=badge,
        ordered=say_date(order.ordered_at, zone),
    )


def owed_lines(orders: Sequence[OrderRow], *, now: datetime) -> list[Owed]:
    """Return what is past due and what is due later, by currency; empty if nothing is owed."""
    found = []
    for currency in sorted({one.currency for one in orders if one.owed_minor}):
        open_ones = [one for one in orders if one.owed_minor and one.currency == currency]
        late = [one for one in open_ones if one.is_past_due(now)]
        later = [one for one in open_ones if not one.is_past_due(now)]
        for some, is_late in ((late, True), (later, False)):
            if some:
                amount = say_money(sum(one.owed_minor for one in some), currency)
                first = min((one.due_at for one in some if one.due_at), default=None)
                when = _when(first, is_late=is_late)
                found.append(Owed(amount, when, "danger" if is_late else "soon"))
    return found


def timeline(entries: Iterable[Entry], *, zone: ZoneInfo) -> list[Happened]:
    """Return entries of the audit log in words, without duplicates of entries recorded for both sides."""
    lines = (
        Happened(say_datetime_in_table(entry.at, zone), tell(entry).sentence) for entry in entries
    )
    return list(dict.fromkeys(lines))


def _state(order: OrderRow, now: datetime) -> tuple[str, str]:
    if order.is_disputed:
        return _("Disputed"), "danger"
    if order.is_refunded:
        return _("Refunded"), "none"
    if not order.owed_minor:
        return _("Paid"), "open"
    if order.is_past_due(now):
        return _("Past due"), "danger"
    if order.due_at is None:
        return _("Not paid yet"), "soon"
    return _("Due %(day)s", day=due_day(order.due_at)), "soon"


def _when(due_at: datetime | None, *, is_late: bool) -> str:
    if due_at is None:
        return _("not paid yet")
    if is_late:
        return _(PAST_DUE, day=say_date(due_at, mail_context().zone))
    return _("due %(day)s", day=due_day(due_at))
