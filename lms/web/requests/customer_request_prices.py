"""Prices of the customer request form: its quote and its price table, for what it is about."""

from sqlalchemy.orm import Session

from lms.access.decision_facts import load_case
from lms.core.clock import now
from lms.core.errors import NotFound
from lms.grants.grants import Target
from lms.grants.request_and_sale_form_choices import Named, read_target
from lms.models.grants import OfferKind, Scope
from lms.models.requests import RequestKind
from lms.pricing.price_list import EVERYTHING, FOR_SEVERAL, MOST_SEATS, read_prices
from lms.requests import requests
from lms.requests.requests import NewRequest
from lms.web.catalog.webinar_page_content import holds
from lms.web.core.current_user import viewer
from lms.web.pricing.quote_texts import QuoteShown, Rung, rungs, shown
from lms.web.requests.customer_request_form import AskForm


def offer_in(form: AskForm) -> OfferKind:
    """Return the offer that a payment is for."""
    return next((each for each in OfferKind if each == form.offer.data), OfferKind.SINGLE)


def covered_people(reading: Session, form: AskForm, named: Named | None) -> int:
    """Return 1 if the person wants one seat and already has access to the webinar (A6), else 0."""
    person = viewer()
    alone = form.wanted is RequestKind.REGISTER and (form.quantity.data or 1) == 1
    if person is None or named is None or not alone:
        return 0
    case = load_case(reading, login_id=person.login_id, webinar_id=named.id)
    return int(holds(case, now()))


def quote_of(reading: Session, form: AskForm, named: Named | None) -> QuoteShown | None:
    """Return the price of what the form requests, in words; None if there is none."""
    quantity = form.quantity.data
    if quantity is not None and not 1 <= quantity <= MOST_SEATS:
        return None
    new = NewRequest(
        form.wanted,
        "",
        "",
        offer=offer_in(form),
        quantity=quantity,
        covered=covered_people(reading, form, named),
    )
    prices = read_prices(reading, _priced(reading, form, named))
    return shown(requests.price(prices, new), slug=named.slug if named else None)


def ladder_of(reading: Session, named: Named | None) -> tuple[Rung, ...]:
    """Return the price table of the form's webinar, or the general one."""
    return rungs(read_prices(reading, _target_of(named)))


def _priced(reading: Session, form: AskForm, named: Named | None) -> Target:
    """Return whose prices apply: those of a pass's or contract's scope, or of the webinar."""
    if (requests.offer_of(form.wanted, offer_in(form)) or OfferKind.SINGLE) in FOR_SEVERAL:
        try:
            return read_target(reading, form.covers.data or "")
        except NotFound:
            return EVERYTHING
    return _target_of(named)


def _target_of(named: Named | None) -> Target:
    return Target(Scope.WEBINAR, named.id) if named else EVERYTHING
