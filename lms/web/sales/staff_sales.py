"""Staff pages for sales: list, record, refund, and resend the email."""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, flash, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from lms.access.explanations import last_day
from lms.core import clock
from lms.core.dates_and_time_zones import say_date, say_datetime
from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.models.grants import OfferKind, Scope, Withdrawal
from lms.models.sales import DeliveredThrough, Terms
from lms.pricing.price_list import read_prices, say_money
from lms.pricing.quotes import SEATS
from lms.requests.read_models import requests_of_sale
from lms.sales import payments_refunds_disputes, sales, seat_refunds
from lms.sales.read_models import (
    SaleFacts,
    SaleGrant,
    Standing,
    WantedSales,
    find_sale,
    grants_of_sale,
    list_sales,
)
from lms.sales.seat_refunds import GivingBack, InUse
from lms.web.core.current_user import required_viewer
from lms.web.core.form_errors import show_faults
from lms.web.core.money_parsing_and_formatting import read_amount
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.private_page_headers_and_mail_links import links, mail_context
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.pricing.quote_texts import offer_name
from lms.web.sales.sale_form_builder_and_reader import (
    blank_form,
    default_zone,
    price_text,
    read_sale,
    render_form,
    with_choices,
)
from lms.web.sales.staff_forms import TERMS_WORDS, SaleForm, SeatsBackForm

blueprint = Blueprint("staff_sales", __name__, url_prefix="/staff/sales")

PAGE_SIZE: Final = 40
LONGEST_QUERY: Final = 200
STANDING_WORDS: Final = {
    Standing.UNPAID: N_("Not paid yet"),
    Standing.OVERDUE: N_("Overdue"),
    Standing.PAID: N_("Paid"),
    Standing.DISPUTED: N_("Disputed"),
    Standing.REFUNDED: N_("Refunded"),
}
STANDING_BADGES: Final = {
    Standing.UNPAID: "soon",
    Standing.OVERDUE: "danger",
    Standing.PAID: "open",
    Standing.DISPUTED: "danger",
    Standing.REFUNDED: "none",
}
Verb = Callable[..., None]
ACTS: Final[dict[str, tuple[Verb, str]]] = {
    "hold": (payments_refunds_disputes.hold, N_("The access is closed until it is paid.")),
    "open": (payments_refunds_disputes.open_unpaid, N_("The access is open.")),
    "suspend": (payments_refunds_disputes.suspend, N_("The access is suspended.")),
    "restore": (payments_refunds_disputes.restore, N_("The access goes on.")),
    "won": (payments_refunds_disputes.win_dispute, N_("The dispute is won; all is as it was.")),
    "lost": (
        payments_refunds_disputes.lose_dispute,
        N_("The dispute is lost; the access has ended."),
    ),
}
TOLD_ACTS: Final[dict[str, tuple[Verb, str]]] = {
    "paid": (payments_refunds_disputes.mark_paid, N_("Marked as paid.")),
    "refund": (
        payments_refunds_disputes.refund_all,
        N_("Refunded: the access by this sale has ended, and its buyer is told."),
    ),
    "dispute": (payments_refunds_disputes.dispute, N_("The dispute is recorded.")),
}


@blueprint.get("")
@open_to(Audience.STAFF, Audience.BOOKKEEPERS)
def index() -> ResponseReturnValue:
    number = page_number()
    query = " ".join(request.args.get("q", "").split())[:LONGEST_QUERY]
    standing = next((each for each in Standing if each == request.args.get("standing")), None)
    terms = next((each for each in Terms if each == request.args.get("terms")), None)
    now = clock.now()
    with read_session() as session:
        found = list_sales(
            session,
            WantedSales(query, standing, terms),
            now=now,
            offset=(number - 1) * PAGE_SIZE,
            limit=PAGE_SIZE,
        )
    kept: dict[str, Any] = {"q": query or None, "standing": standing, "terms": terms}
    return render(
        "sales/staff_sales.html",
        rows=[sale_row(facts) for facts in found.items],
        query=query,
        standing=standing,
        terms=terms,
        standings=[(each.value, _(words)) for each, words in STANDING_WORDS.items()],
        all_terms=[(each.value, words) for each, words in TERMS_WORDS.items()],
        filters=_filters(query, standing, terms),
        pager=pager_of(
            number,
            PAGE_SIZE,
            found.total,
            url=lambda page: url_for(".index", **{**kept, "page": page}),
        ),
    )


@blueprint.route("/new", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def new() -> ResponseReturnValue:
    with read_session() as session:
        if request.method == "GET":
            return render_form(session, blank_form(session), "sales/sale_form.html")
        form = with_choices(session, SaleForm(request.form))
        try:
            wanted = read_sale(session, form)
        except Invalid as refusal:
            if not form.errors:
                show_faults(form, refusal)
            return render_form(session, form, "sales/sale_form.html"), 400
    try:
        with transaction() as session:
            made = sales.sell(
                session,
                wanted,
                mail_context=mail_context(),
                actor=required_viewer().public_id,
                now=clock.now(),
            )
    except Invalid as refusal:
        show_faults(form, refusal)
        with read_session() as session:
            return render_form(session, form, "sales/sale_form.html"), 400
    flash(_("Sold. The letter is on its way to %(email)s.", email=made.contact_email), "done")
    return see_other(".show", sale_id=made.public_id)


@blueprint.get("/price")
@open_to(Audience.STAFF)
def price() -> ResponseReturnValue:
    """Answer what the prices say, for the form's script."""
    kind = next((each for each in OfferKind if each == request.args.get("kind")), None)
    if kind is None:
        raise NotFound
    with read_session() as session:
        prices = read_prices(session)
    return jsonify(price=price_text(prices, kind, request.args.get("quantity", type=int)))


@blueprint.get("/<sale_id>")
@open_to(Audience.STAFF, Audience.BOOKKEEPERS)
def show(sale_id: str) -> ResponseReturnValue:
    with read_session() as session:
        return _page(session, find_sale(session, sale_id), SeatsBackForm())


@blueprint.post("/<sale_id>/seats")
@open_to(Audience.STAFF)
def seats_back(sale_id: str) -> ResponseReturnValue:
    """Take back some of the seats, and say what is paid back for them."""
    form = SeatsBackForm(request.form)
    with read_session() as session:
        facts = find_sale(session, sale_id)
        if not form.validate():
            return _page(session, facts, form), 400
    try:
        amount = _amount(form, facts)
        with transaction() as session:
            back = GivingBack(form.seats.data or 0, amount)
            actor = required_viewer().public_id
            paid = seat_refunds.refund_seats(
                session, sale_id, back, links=links(), actor=actor, now=clock.now()
            )
    except Invalid as refusal:
        show_faults(form, refusal)
        with read_session() as session:
            return _page(session, facts, form), 400
    except Conflict as refusal:
        with read_session() as session:
            over = seat_refunds.seats_in_use(session, facts, form.seats.data or 0)
            if over is None:
                raise
            form.seats.errors = [_(refusal.message)]
            return _page(session, facts, form, over), 409
    flash(_("Pay back %(amount)s.", amount=say_money(paid, facts.currency)), "done")
    return see_other(".show", sale_id=sale_id)


@blueprint.post("/<sale_id>/release")
@open_to(Audience.STAFF)
def ask_for_release(sale_id: str) -> ResponseReturnValue:
    """Ask who manages the seats to release as many as are to be given back and aren't free."""
    fewer = request.form.get("seats", 0, type=int)
    actor = required_viewer().public_id
    with transaction() as session:
        missing = seat_refunds.ask_for_release(
            session, sale_id, fewer, links=links(), actor=actor, now=clock.now()
        )
    flash(
        ngettext(
            "Its managers are asked to release %(num)s seat.",
            "Its managers are asked to release %(num)s seats.",
            missing,
        ),
        "done",
    )
    return see_other(".show", sale_id=sale_id)


@blueprint.post("/<sale_id>/letter")
@open_to(Audience.STAFF)
def letter(sale_id: str) -> ResponseReturnValue:
    """Send the letter about a sale once more."""
    with transaction() as session:
        facts = sales.send_letter_again(
            session,
            sale_id,
            mail_context=mail_context(),
            actor=required_viewer().public_id,
            now=clock.now(),
        )
    flash(_("The letter is on its way to %(email)s again.", email=facts.contact_email), "done")
    return see_other(".show", sale_id=sale_id)


@blueprint.post("/<sale_id>/<act>")
@open_to(Audience.STAFF)
def move(sale_id: str, act: str) -> ResponseReturnValue:
    actor = required_viewer().public_id
    if act in ACTS:
        verb, sentence = ACTS[act]
        with transaction() as session:
            verb(session, sale_id, actor=actor, now=clock.now())
    elif act in TOLD_ACTS:
        verb, sentence = TOLD_ACTS[act]
        with transaction() as session:
            verb(session, sale_id, links=links(), actor=actor, now=clock.now())
    else:
        raise NotFound
    flash(_(sentence), "done")
    return see_other(".show", sale_id=sale_id)


def _amount(form: SeatsBackForm, facts: SaleFacts) -> int | None:
    text = (form.amount.data or "").strip()
    return read_amount(text, facts.currency, field="amount") if text else None


def _page(
    session: Session, facts: SaleFacts, form: SeatsBackForm, over: InUse | None = None
) -> str:
    zone, now = default_zone(), clock.now()
    lines = grants_of_sale(session, facts.id)
    standing = facts.standing(now)
    may_give_back = facts.kind in SEATS and (facts.quantity or 0) > 1 and facts.refunded_at is None
    worth = seat_refunds.amount_for(session, facts, 1) if may_give_back else 0
    is_owed = facts.paid_at is None and standing is not Standing.REFUNDED
    return render(
        "sales/staff_sale.html",
        facts=facts,
        form=form,
        what=offer_name(facts.kind, facts.quantity),
        standing=standing.value,
        state=_(STANDING_WORDS[standing]),
        badge_kind=STANDING_BADGES[standing],
        price=say_money(facts.price_minor, facts.currency),
        refunded=say_money(facts.refunded_minor, facts.currency) if facts.refunded_minor else "",
        terms=str(TERMS_WORDS[facts.terms]),
        sold=say_datetime(facts.sold_at, zone),
        due=say_date(facts.due_at, zone) if facts.due_at and is_owed else "",
        paid=say_date(facts.paid_at, zone) if facts.paid_at else "",
        in_lms=facts.delivered_through is DeliveredThrough.LMS,
        exemption_expired=facts.is_exemption_expired,
        lines=[_line(line) for line in lines],
        is_suspended=any(line.suspended_at and not line.revoked_at for line in lines),
        requests=requests_of_sale(session, facts.id),
        may_give_back=may_give_back,
        over=over,
        worth_of_one=say_money(worth, facts.currency),
    )


def _line(line: SaleGrant) -> dict[str, object]:
    zone = default_zone()
    covers = line.covers or _("Every webinar")
    if line.scope in (Scope.SERIES, Scope.PRESENTER):
        covers = _("All webinars: %(of)s", of=line.covers)
    who = line.login_name or ngettext("%(num)d seat", "%(num)d seats", line.seats or 0)
    if line.pool_id is not None and line.seats is None:
        who = _("Seats without limit")
    return {
        "covers": covers,
        "slug": line.slug if line.scope is Scope.WEBINAR else None,
        "who": who,
        "email": line.login_email or "",
        "since": say_date(line.starts_at, zone),
        "until": last_day(line.ends_at, zone) if line.ends_at else _("for good"),
        "state": _line_state(line),
    }


def _line_state(line: SaleGrant) -> tuple[str, str]:
    if line.revoked_at is not None:
        is_refund = line.revoked_as is Withdrawal.REFUNDED
        return (_("Refunded") if is_refund else _("Taken back"), "none")
    if line.suspended_at is not None:
        return _("Suspended"), "danger"
    if line.awaits_payment_since is not None:
        return _("Held until paid"), "soon"
    if line.ends_at is not None and line.ends_at <= clock.now():
        return _("Over"), "none"
    if line.starts_at > clock.now():
        return _("To come"), "soon"
    return _("Open"), "open"


def sale_row(facts: SaleFacts) -> dict[str, object]:
    """Return a sale as a row of a list shows it."""
    standing = facts.standing(clock.now())
    return {
        "id": facts.public_id,
        "number": facts.number,
        "buyer": facts.buyer,
        "what": offer_name(facts.kind, facts.quantity),
        "covers": facts.covers,
        "price": say_money(facts.price_minor - facts.refunded_minor, facts.currency),
        "terms": str(TERMS_WORDS[facts.terms]),
        "state": _(STANDING_WORDS[standing]),
        "badge": STANDING_BADGES[standing],
        "is_held": facts.is_held,
        "sold": say_date(facts.sold_at, default_zone()),
    }


def _filters(query: str, standing: Standing | None, terms: Terms | None) -> list[tuple[str, str]]:
    """Return the filters in force, each with the address of the list without it."""
    chips = []
    if query:
        chips.append((f"“{query}”", url_for(".index", standing=standing, terms=terms)))
    if standing is not None:
        words = _(STANDING_WORDS[standing])
        chips.append((words, url_for(".index", q=query or None, terms=terms)))
    if terms is not None:
        chips.append(
            (str(TERMS_WORDS[terms]), url_for(".index", q=query or None, standing=standing))
        )
    return chips
