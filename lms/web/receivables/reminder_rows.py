"""Rows of payment reminders: what was sent for an open invoice, and why the next ones are paused."""

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from lms.core.dates_and_time_zones import say_date
from lms.core.errors import N_
from lms.models.payments import PauseKind, ReminderStage
from lms.pricing.price_list import say_money
from lms.receivables.pauses import Pause
from lms.receivables.read_models import Reminders
from lms.web.access.access_panel_and_reader_times import due_day

STAGES: Final = {
    ReminderStage.BEFORE_DUE: N_("before it was due, on %(day)s"),
    ReminderStage.DAYS_15: N_("15 days past due, on %(day)s"),
    ReminderStage.DAYS_30: N_("30 days past due, on %(day)s"),
    ReminderStage.DAYS_60: N_("60 days past due, on %(day)s"),
}
PAUSES: Final = {
    PauseKind.CHECK_SENT: N_("Paused: check sent"),
    PauseKind.IN_APPROVAL: N_("Paused: waiting for approval"),
    PauseKind.STOPPED: N_("Stopped by our team"),
}


def reminder_rows(found: Sequence[Reminders], zone: ZoneInfo) -> list[dict[str, object]]:
    """Return open invoices with their reminders, for staff pages."""
    return [
        {
            "order_id": one.order_id,
            "document_id": one.document_id,
            "number": one.number,
            "po_number": one.po_number,
            "open": say_money(one.open_minor, one.currency),
            "due": due_day(one.due_at),
            "sent": [_(STAGES[each.stage], day=say_date(each.sent_at, zone)) for each in one.sent],
            "pause": _pause(one.pause) if one.pause else "",
        }
        for one in found
    ]


def _pause(pause: Pause) -> str:
    words = _(PAUSES[pause.kind])
    if pause.until is None:
        return words
    return _("%(why)s, until %(day)s", why=words, day=due_day(pause.until))
