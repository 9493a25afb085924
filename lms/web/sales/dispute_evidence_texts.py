"""Texts of dispute evidence on the staff page of an order: what to send, and by when."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from lms.checkouts.dispute_evidence import Evidence, evidence_of
from lms.core.dates_and_time_zones import say_datetime
from lms.models.orders import Order
from lms.pricing.price_list import say_money
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.seller.public_policies import policy_title

Row = dict[str, str]


def evidence_rows(session: Session, order: Order) -> list[Row]:
    """Return what can be sent about a disputed order; empty if no dispute is open."""
    found = evidence_of(session, order)
    return [] if found is None else _rows(found, order.currency)


def _rows(found: Evidence, currency: str) -> list[Row]:
    zone = reading_zone()
    terms = ", ".join(
        _("%(policy)s, version %(number)s", policy=policy_title(kind), number=number)
        for kind, number in found.accepted
    )
    due = say_datetime(found.due_at, zone) if found.due_at else ""
    opened = say_datetime(found.first_opened_at, zone) if found.first_opened_at else _("Never")
    emailed = say_datetime(found.emailed_at, zone) if found.emailed_at else _("Not delivered")
    minutes = found.watched_minutes
    rows = [
        {"term": _("Send it by"), "text": due or _("See the dashboard of the card provider")},
        {"term": _("Amount in dispute"), "text": say_money(found.amount_minor, currency)},
        {"term": _("Reason given"), "text": found.reason},
        *(
            {
                "term": _("Receipt"),
                "text": one.number,
                "url": url_for("documents.show", document_id=one.document_id),
            }
            for one in found.receipts
        ),
        {"term": _("Accepted terms"), "text": terms or _("None recorded")},
        {"term": _("Confirmation emailed"), "text": emailed},
        {"term": _("First opened"), "text": opened},
        {
            "term": _("Watched"),
            "text": ngettext("%(num)s minute", "%(num)s minutes", minutes),
        },
        {"term": _("Certificates earned"), "text": str(found.certificates)},
    ]
    return [row for row in rows if row["text"]]
