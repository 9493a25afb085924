"""Staff pages of balances: what each payer owes and since when, credit, refunds, and CSV files."""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Final

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core import clock
from lms.core.csv_files import Cell
from lms.core.dates_and_time_zones import end_of_day, last_calendar_day, say_date
from lms.core.errors import N_, NotFound, or_not_found
from lms.core.money_parsing_and_formatting import write_amount
from lms.payments.balances import (
    Age,
    Balance,
    Credit,
    OpenInvoice,
    OwedRefund,
    balances_of,
    credits_of,
    find_payer,
    open_invoices,
    refunds_owed,
)
from lms.pricing.price_list import say_money
from lms.reports.revenue import revenue
from lms.sales.statements import issue_statement
from lms.web.access.access_panel_and_reader_times import due_day, reading_zone
from lms.web.core.csv_downloads import csv_answer
from lms.web.core.current_user import acting
from lms.web.core.form_fields import sent_or_stored
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.payments.payment_forms import StatementForm
from lms.web.sales.act_forms import chosen_day
from lms.web.sales.act_pages import ActPage, act
from lms.web.sales.order_texts import KIND_WORDS, METHOD_WORDS, REASON_WORDS

blueprint = Blueprint("staff_balances", __name__, url_prefix="/staff/balances")

PAGE_SIZE: Final = 50
AGES: Final = {
    Age.CURRENT: N_("Current"),
    Age.DAYS_1_TO_30: N_("1 to 30 days"),
    Age.DAYS_31_TO_60: N_("31 to 60 days"),
    Age.DAYS_61_TO_90: N_("61 to 90 days"),
    Age.OVER_90_DAYS: N_("Over 90 days"),
}


@blueprint.get("")
@open_to(Audience.STAFF, Audience.BOOKKEEPERS)
def index() -> ResponseReturnValue:
    """List what each payer owes, by age."""
    number, now = page_number(), clock.now()
    with read_session() as session:
        credit = credits_of(session)
        balances = balances_of(open_invoices(session), credit, now=now)
        owed = refunds_owed(session)
    first = (number - 1) * PAGE_SIZE
    today = now.astimezone(mail_context().zone).date()
    return render(
        "payments/staff_balances.html",
        ages=[_(words) for words in AGES.values()],
        rows=[_row(one) for one in balances[first : first + PAGE_SIZE]],
        sums=_sums(balances),
        credits=[_credit(one) for one in credit],
        refunds=[_owed(one) for one in owed],
        first_day=_since(today).isoformat(),
        last_day=_day(request.args.get("until"), today).isoformat(),
        pager=pager_of(number, PAGE_SIZE, len(balances)),
    )


@blueprint.get("/<key>")
@open_to(Audience.STAFF, Audience.BOOKKEEPERS)
def payer(key: str) -> ResponseReturnValue:
    """Show what one payer owes, with their credit and refunds."""
    now = clock.now()
    with read_session() as session:
        found = or_not_found(find_payer(session, key))
        invoices = open_invoices(session, found)
        credit = credits_of(session, found)
        owed = refunds_owed(session, found)
    balances = balances_of(invoices, credit, now=now)
    return render(
        "payments/staff_payer.html",
        payer=found,
        sums=_sums(balances),
        invoices=[_invoice(one, now) for one in invoices],
        credits=[_credit(one) for one in credit],
        refunds=[_owed(one) for one in owed],
    )


@blueprint.route("/<key>/statement", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def statement(key: str) -> ResponseReturnValue:
    """Issue a statement for a payer."""
    with read_session() as session:
        found = find_payer(session, key)
    if found is None:
        raise NotFound
    today = clock.now().astimezone(mail_context().zone).date()
    form = sent_or_stored(
        StatementForm,
        data={"since": today.replace(month=1, day=1), "is_mailed": False},
    )

    def page() -> ActPage:
        return ActPage(
            title=_("Issue a statement"),
            submit=_("Issue statement"),
            back_url=url_for(".payer", key=key),
            back_label=found.name,
            says=(_("Everything billed and paid since that day, with the earlier balance."),),
        )

    def do() -> ResponseReturnValue:
        with transaction() as writing:
            made = issue_statement(
                writing,
                found,
                since=chosen_day(form.since),
                mail_context=mail_context(),
                **acting(),
                is_mailed=form.is_mailed.data,
            )
        flash(_("Statement %(number)s was issued.", number=made.label), "done")
        return see_other("documents.show", document_id=made.public_id)

    return act(page, form, do)


@blueprint.get("/open.csv")
@open_to(Audience.STAFF, Audience.BOOKKEEPERS)
def open_csv() -> ResponseReturnValue:
    """Download all open invoices as CSV."""
    headings = (
        "Invoice",
        "Customer",
        "PO number",
        "Issued",
        "Due",
        "Age",
        "Currency",
        "Total",
        "Open",
    )
    database, zone, now = carrel().database, mail_context().zone, clock.now()

    def rows() -> Iterator[tuple[Cell, ...]]:
        with database.read_session() as session:
            for one in open_invoices(session):
                yield (
                    one.number,
                    one.payer.name,
                    one.po_number,
                    one.issued_at.astimezone(zone).date().isoformat(),
                    _due_day(one),
                    one.age(now).value,
                    one.currency,
                    write_amount(one.total_minor, one.currency),
                    write_amount(one.open_minor, one.currency),
                )

    return csv_answer(headings, rows(), "open-balances")


@blueprint.get("/revenue.csv")
@open_to(Audience.STAFF, Audience.BOOKKEEPERS)
def revenue_csv() -> ResponseReturnValue:
    """Download the revenue of a period by month and offer as CSV; credit notes are negative."""
    zone = mail_context().zone
    today = clock.now().astimezone(zone).date()
    since, until = _since(today), _day(request.args.get("until"), today)
    if until < since:
        flash(_("Enter valid dates, with the start before the end."), "attention")
        return see_other(".index", since=since.isoformat(), until=until.isoformat())
    headings = ("Month", "Offer", "Currency", "Invoiced", "Credited", "Net", "Tax")
    database = carrel().database
    words = {kind: str(text) for kind, text in KIND_WORDS.items()}

    def rows() -> Iterator[tuple[Cell, ...]]:
        with database.read_session() as session:
            first = datetime.combine(since, time(), tzinfo=zone)
            for one in revenue(session, since=first, until=end_of_day(until, zone), zone=zone):
                yield (
                    one.month,
                    words[one.kind],
                    one.currency,
                    write_amount(one.invoiced_minor, one.currency),
                    write_amount(one.credited_minor, one.currency),
                    write_amount(one.net_minor, one.currency),
                    write_amount(one.tax_minor, one.currency),
                )

    return csv_answer(headings, rows(), f"revenue-{since}-to-{until}")


def _since(today: date) -> date:
    return _day(request.args.get("since"), today.replace(month=1, day=1))


def _day(typed: str | None, otherwise: date) -> date:
    if not typed:
        return otherwise
    try:
        found = date.fromisoformat(typed)
    except ValueError:
        raise NotFound from None
    if not 2000 <= found.year <= 2100:
        raise NotFound
    return found


def _due_day(invoice: OpenInvoice) -> str:
    if invoice.due_at is None:
        return ""
    return last_calendar_day(invoice.due_at, mail_context().zone).isoformat()


def _row(balance: Balance) -> dict[str, object]:
    def money(minor: int) -> str:
        return say_money(minor, balance.currency) if minor else "\N{EN DASH}"

    return {
        "payer": balance.payer.name,
        "url": url_for(".payer", key=balance.payer.key),
        "pay_url": url_for("staff_payments.of_payer", key=balance.payer.key),
        "by_age": [money(balance.by_age[age]) for age in AGES],
        "open": money(balance.open_minor),
        "credit": money(balance.credit_minor),
        "is_owed": balance.open_minor > 0,
        "has_credit": balance.credit_minor > 0,
    }


def _sums(balances: tuple[Balance, ...]) -> list[tuple[str, str]]:
    """Return the sums of all payers for each currency: open, past due, and unused credit."""
    found = []
    for currency in dict.fromkeys(one.currency for one in balances):
        own = [one for one in balances if one.currency == currency]
        total = sum(one.open_minor for one in own)
        late = total - sum(one.by_age[Age.CURRENT] for one in own)
        credit = sum(one.credit_minor for one in own)
        found += [
            (_("Open"), say_money(total, currency)),
            (_("Past due"), say_money(late, currency)),
            (_("Unused credit"), say_money(credit, currency)),
        ]
    return found


def _invoice(one: OpenInvoice, now: datetime) -> dict[str, object]:
    return {
        "number": one.number,
        "document_id": one.document_id,
        "order_url": url_for("staff_order.show", order_id=one.order_id),
        "po_number": one.po_number,
        "due": due_day(one.due_at),
        "age": _(AGES[one.age(now)]),
        "badge": "soon" if one.age(now) is Age.CURRENT else "danger",
        "total": say_money(one.total_minor, one.currency),
        "open": say_money(one.open_minor, one.currency),
    }


def _credit(one: Credit) -> dict[str, str]:
    if one.payment_id is not None:
        what = f"{METHOD_WORDS[one.method]} {one.number}" if one.method else one.number
        url = url_for("staff_payments.show", payment_id=one.payment_id)
        use_url = url_for("staff_payments.use", payment_id=one.payment_id)
        refund_url = url_for("staff_refunds.of_payment", payment_id=one.payment_id)
    else:
        reason = str(REASON_WORDS[one.reason]).lower() if one.reason else ""
        what = _("Credit note %(number)s, %(reason)s", number=one.number, reason=reason)
        url = url_for("staff_order.show", order_id=one.order_id)
        use_url = url_for("staff_refunds.use", document_id=one.credit_note_id)
        refund_url = url_for("staff_refunds.of_credit_note", document_id=one.credit_note_id)
    return {
        "payer": one.payer.name,
        "what": what.strip(),
        "url": url,
        "use_url": use_url,
        "refund_url": refund_url,
        "amount": say_money(one.amount_minor, one.currency),
        "since": say_date(one.since, reading_zone()),
    }


def _owed(one: OwedRefund) -> dict[str, str]:
    return {
        "payer": one.payer.name,
        "url": url_for("staff_payments.show", payment_id=one.payment_id),
        "done_url": url_for("staff_refunds.done", refund_id=one.refund_id),
        "method": str(METHOD_WORDS[one.method]),
        "amount": say_money(one.amount_minor, one.currency),
        "requested": say_date(one.requested_at, reading_zone()),
    }
