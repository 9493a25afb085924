"""The staff list of orders: searched by words, numbers and amounts, and filtered."""

from typing import Any, Final

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.core import clock
from lms.core.dates_and_time_zones import say_date, say_datetime_short
from lms.core.errors import Invalid, NotFound
from lms.models.orders import Terms
from lms.organizations import organizations
from lms.organizations.organization_lists import match_organization
from lms.pricing.price_list import say_money
from lms.sales.order_search import Orders, WantedOrders, list_orders
from lms.sales.read_models import OrderFacts, Standing
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import read_session, render
from lms.web.core.route_guard import Audience, open_to
from lms.web.pricing.quote_texts import offer_name
from lms.web.sales.order_texts import STANDING_BADGES, STANDING_WORDS, TERMS_WORDS, covered_text

blueprint = Blueprint("staff_orders", __name__, url_prefix="/staff/orders")

PAGE_SIZE: Final = 40
LONGEST_QUERY: Final = 200
WAITS: Final = "waits"


@blueprint.get("")
@open_to(Audience.STAFF, Audience.BOOKKEEPERS)
def index() -> ResponseReturnValue:
    number, now = page_number(), clock.now()
    query = " ".join(request.args.get("q", "").split())[:LONGEST_QUERY]
    standing = next((each for each in Standing if each == request.args.get("standing")), None)
    terms = next((each for each in Terms if each == request.args.get("terms")), None)
    payer = " ".join(request.args.get("payer", "").split())[:LONGEST_QUERY]
    access = WAITS if request.args.get("access") == WAITS else None
    with read_session() as session:
        organization_id, fault = _payer(session, payer)
        wanted = WantedOrders(query, standing, terms, organization_id, to_review=access == WAITS)
        offset = (number - 1) * PAGE_SIZE
        found = list_orders(session, wanted, now=now, offset=offset, limit=PAGE_SIZE)
    kept: dict[str, Any] = {
        "q": query or None,
        "standing": standing,
        "terms": terms,
        "payer": payer or None,
        "access": access,
    }
    return render(
        "sales/staff_orders.html",
        rows=[_row(facts) for facts in found.items],
        figures=_figures(found),
        query=query,
        standing=standing,
        terms=terms,
        payer=payer,
        payer_fault=fault,
        access=access,
        accesses=[(WAITS, _("Needs review"))],
        standings=[(each.value, _(words)) for each, words in STANDING_WORDS.items()],
        all_terms=[(each.value, words) for each, words in TERMS_WORDS.items()],
        filters=_chips(kept),
        pager=pager_of(number, PAGE_SIZE, found.total),
    )


def _payer(session: Session, typed: str) -> tuple[int | None, str]:
    """Return the organization whose orders are wanted, or an error message."""
    if not typed:
        return None, ""
    try:
        return organizations.find_organization(session, typed).id, ""
    except NotFound:
        pass
    try:
        return match_organization(session, typed).id, ""
    except Invalid as refusal:
        return None, _(refusal.message)


def _figures(found: Orders) -> list[tuple[str, str]]:
    figures = [(_("Orders"), f"{found.total:,}")]
    for each in found.sums:
        figures.append((_("Total"), say_money(each.total_minor, each.currency)))
        figures.append((_("Open"), say_money(each.open_minor, each.currency)))
    return figures


def _row(facts: OrderFacts) -> dict[str, object]:
    standing = facts.standing(clock.now())
    return {
        "id": facts.public_id,
        "number": facts.number,
        "buyer": facts.buyer,
        "what": offer_name(facts.kind, facts.quantity),
        "covers": covered_text(facts),
        "total": say_money(facts.total_minor, facts.currency),
        "open": say_money(facts.open_minor, facts.currency)
        if 0 < facts.open_minor < facts.total_minor
        else "",
        "terms": str(TERMS_WORDS[facts.terms]),
        "numbers": [one for one in (facts.invoice_number, facts.po_number) if one],
        "state": _(STANDING_WORDS[standing]),
        "badge": STANDING_BADGES[standing],
        "is_held": facts.is_on_hold(clock.now()),
        "review_due": say_datetime_short(facts.review_due_at, mail_context().zone)
        if facts.review_due_at
        else "",
        "is_late": facts.review_due_at is not None and facts.review_due_at <= clock.now(),
        "is_test": not facts.livemode,
        "date": say_date(facts.placed_at or facts.created_at, reading_zone()),
    }


def _chips(kept: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the active filters, each with the URL of the list without it."""
    words = {
        "q": f"“{kept['q']}”",
        "standing": _(STANDING_WORDS[kept["standing"]]) if kept["standing"] else "",
        "terms": str(TERMS_WORDS[kept["terms"]]) if kept["terms"] else "",
        "payer": kept["payer"] or "",
        "access": _("Needs review"),
    }
    return [
        (words[name], url_for(".index", **{**kept, name: None}))
        for name, value in kept.items()
        if value
    ]
