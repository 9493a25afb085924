"""Customer request pages: one public form, and the status of a request."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from flask import Blueprint, flash, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from limits import RateLimitItemPerDay, RateLimitItemPerHour
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.access.policy import Code
from lms.buying.checkout import MAY_BUY
from lms.catalog.webinar_page import read_announcement
from lms.core.clock import now
from lms.core.dates_and_time_zones import say_datetime, say_last_date
from lms.core.email_addresses import Address, masked
from lms.core.errors import Invalid, NotFound
from lms.grants.request_and_sale_form_choices import (
    SUGGESTED,
    Named,
    find_webinar,
    organizations_of,
    title_of_pulled,
    webinars_on_sale,
)
from lms.models.grants import OfferKind
from lms.models.orders import DeliveredThrough
from lms.models.requests import RequestKind
from lms.organizations.manager_and_owner_permissions import managed_by
from lms.pricing.price_list import say_money
from lms.pricing.quotes import holds_until
from lms.requests import requests
from lms.requests.business_days import due_after
from lms.requests.read_models import RequestFacts, find_request
from lms.requests.requests import NewRequest
from lms.sales import requested_orders
from lms.seats.pools import find_pool
from lms.web.core import rate_limits
from lms.web.core.current_user import Viewer, viewer
from lms.web.core.form_errors import show_faults
from lms.web.core.form_uploads import has_file, sent_file
from lms.web.core.private_page_headers_and_mail_links import keeps_its_address, mail_context
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.requests.customer_request_form import AskForm, CorrectForm
from lms.web.requests.customer_request_prices import (
    covered_people,
    ladder_of,
    offer_in,
    quote_of,
)
from lms.web.requests.request_texts import STATE_BADGES, STATE_WORDS

blueprint = Blueprint("ask", __name__)

ASKED: Final = "asked"  # the requests of this browser, which can correct their address
KEPT_ASKED: Final = 20
REQUESTS_FROM: Final = rate_limits.Limit(
    "requests_from", (RateLimitItemPerHour(40), RateLimitItemPerDay(200))
)
# managers have their own pages for these
GENERAL_KINDS: Final = {
    RequestKind.MORE_SEATS.value: RequestKind.GROUP.value,
    RequestKind.RENEWAL.value: RequestKind.CONTRACT.value,
}


@blueprint.get("/ask")
@open_to(Audience.EVERYONE)
def ask() -> ResponseReturnValue:
    """Show the form, filled with what is known from the page that opened it."""
    with read_session() as reading:
        form = _opened(reading)
        return _form_page(reading, form)


@blueprint.get("/ask/price")
@open_to(Audience.EVERYONE)
def price() -> ResponseReturnValue:
    """Show the price of the form's values, for its script."""
    form = AskForm(request.args)
    with read_session() as reading:
        form.offer_choices(reading)
        named = _webinar(reading, form)
        quoted = quote_of(reading, form, named)
    return render("requests/_quote.html", quote=quoted, kind=form.wanted)


@blueprint.post("/ask")
@open_to(Audience.EVERYONE)
def send() -> ResponseReturnValue:
    """Send the request to our team, or show what is missing, or only the price."""
    form = AskForm(request.form)
    with read_session() as reading:
        form.offer_choices(reading)
        if request.form.get("act") == "price":
            return _form_page(reading, form)
        is_right = form.validate()
        if not form.check_whole(has_file=has_file()) or not is_right:
            return _form_page(reading, form), 400
        new = _new_request(reading, form)
    spend_request(form.email.address)
    try:
        facts = _lay_down(new, form.quote.data or None)
    except Invalid as refusal:
        show_faults(form, refusal)
        with read_session() as reading:
            return _form_page(reading, form), 400
    return status_of(facts)


def spend_request(address: Address) -> None:
    """Count a request against the limits of its sender's network and address."""
    rate_limits.spend(REQUESTS_FROM, rate_limits.network())
    rate_limits.spend_email(address.key)


def status_of(facts: RequestFacts) -> ResponseReturnValue:
    """Redirect to the status of a new request, which this browser can correct."""
    session[ASKED] = [facts.public_id, *session.get(ASKED, [])][:KEPT_ASKED]
    return see_other("ask.status", request_id=facts.public_id)


@blueprint.get("/requests/<request_id>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def status(request_id: str) -> ResponseReturnValue:
    """Show the status of a request to anyone with its URL; of an accommodation, to its person alone."""
    with read_session() as reading:
        facts = find_request(reading, request_id)
    if _is_hidden(facts) and viewer() is None:
        return see_other("sign_in.sign_in", next=url_for(".status", request_id=request_id))
    return _status_page(_find(request_id), CorrectForm())


@blueprint.post("/requests/<request_id>/resend")
@open_to(Audience.EVERYONE)
def resend(request_id: str) -> ResponseReturnValue:
    """Email the confirmation again."""
    facts = _find(request_id)
    rate_limits.spend_email(facts.email.lower())
    with transaction() as writing:
        requests.send_receipt_again(writing, request_id, mail_context=mail_context(), now=now())
    flash(_("We emailed the confirmation again."), "done")
    return see_other(".status", request_id=request_id)


@blueprint.post("/requests/<request_id>/address")
@open_to(Audience.EVERYONE)
def correct(request_id: str) -> ResponseReturnValue:
    """Correct a mistyped address from the browser of the request, and email the confirmation to it."""
    facts = _find(request_id)
    if not _is_own(facts):
        raise NotFound
    form = CorrectForm(request.form)
    if not form.validate():
        return _status_page(facts, form), 400
    rate_limits.spend_email(form.email.address.key)
    with transaction() as writing:
        requests.correct_address(
            writing,
            request_id,
            email=form.email.address.shown,
            mail_context=mail_context(),
            now=now(),
        )
    flash(_("Address corrected. We emailed the confirmation to it."), "done")
    return see_other(".status", request_id=request_id)


def _opened(reading: Session) -> AskForm:
    person = viewer()
    args = request.args
    # the footer's "Contact us" says nothing about a webinar or an offer
    kind = args.get("kind", RequestKind.REGISTER if args else RequestKind.TROUBLE)
    known: dict[str, object] = {
        "kind": GENERAL_KINDS.get(kind, kind),
        "offer": args.get("offer", OfferKind.SINGLE.value),
        "covers": args.get("covers", "everything"),
        "refusal": args.get("refusal", ""),
        "pool": args.get("pool", ""),
        "quantity": args.get("quantity", type=int),
        "delivered_through": DeliveredThrough.HERE.value,
        "name": person.name if person else "",
        "email": (person.email or "") if person else "",
    }
    if person is not None:
        mine = organizations_of(reading, person.login_id)
        known["organization_name"] = mine[0].name if mine else ""
    named = None
    if slug := args.get("webinar", ""):
        named = find_webinar(reading, "", slug=slug)
        if (title := title_of_pulled(reading, slug)) is not None:
            known["message"] = _("This is about %(title)s, which was removed.", title=title)
    if args.get("quote"):
        known |= _of_quote(find_request(reading, args["quote"]))
        named = find_webinar(reading, "", slug=str(known.pop("webinar_slug")))
    if named is not None:
        known |= {"webinar": named.name, "about": named.slug}
    form = AskForm(data=known)
    form.offer_choices(reading)
    return form


def _of_quote(quoted: RequestFacts) -> dict[str, object]:
    """Return the values of an earlier quote for its purchase order; not the person who requested it."""
    return {
        "kind": RequestKind.PURCHASE_ORDER.value,
        "quote": quoted.public_id,
        "webinar_slug": quoted.webinar_slug or "",
        "quantity": quoted.quantity,
        "covers": quoted.covers or "everything",
        "offer": _payable(quoted.offer).value,
    }


def _payable(offer: OfferKind | None) -> OfferKind:
    """Return the offer that a payment is for: any number of seats counts as seats."""
    return OfferKind.SINGLE if offer in (None, OfferKind.GROUP_SEATS) else offer


def _lay_down(new: NewRequest, quote_of: str | None) -> RequestFacts:
    person = viewer()
    actor = person.public_id if person else None
    with sent_file("requests") as kept, transaction() as writing:
        return requested_orders.ask(
            writing,
            replace(new, file=kept),
            quote_of=quote_of,
            mail_context=mail_context(),
            actor=actor,
            now=now(),
        )


def _new_request(reading: Session, form: AskForm) -> NewRequest:
    person = viewer()
    named = _webinar(reading, form)
    words = (form.webinar.data or "").strip()
    message = form.message.data or ""
    if named is None and words:
        message = f"{_('Webinar')}: {words}\n\n{message}".strip()
    kind = form.wanted
    covers = form.covers.data if kind in (RequestKind.PASS, RequestKind.CONTRACT) else ""
    if kind in requests.PAYMENTS and form.offer.data in (OfferKind.PASS, OfferKind.CONTRACT):
        covers = form.covers.data
    return NewRequest(
        kind=kind,
        name=form.name.data or "",
        email=form.email.address.shown,
        offer=offer_in(form),
        organization_name=form.organization_name.data or "",
        login_id=person.login_id if person else None,
        organization_id=_organization_id(reading, form, person),
        webinar_id=named.id if named else None,
        pool_id=_pool_id(reading, form, person),
        quantity=form.quantity.data,
        covered=covered_people(reading, form, named),
        covers=covers,
        delivered_through=DeliveredThrough(form.delivered_through.data),
        message=message,
        reference=form.reference.data or "",
        refusal=form.refusal.data if form.refusal.data in set(Code) else "",
    )


def _organization_id(reading: Session, form: AskForm, person: Viewer | None) -> int | None:
    """Return the organization that the form names, if the person can buy for it."""
    if person is None:
        return None
    wanted = (form.organization_name.data or "").strip().casefold()
    mine = managed_by(reading, person.login_id, roles=MAY_BUY)
    return next((each.id for each in mine if each.name.casefold() == wanted), None)


def _pool_id(reading: Session, form: AskForm, person: Viewer | None) -> int | None:
    """Return the pool that a contract is requested for, if the person manages it."""
    if person is None or not form.pool.data or form.wanted is not RequestKind.CONTRACT:
        return None
    try:
        pool = find_pool(reading, form.pool.data)
    except NotFound:
        return None
    mine = {each.id for each in managed_by(reading, person.login_id)}
    return pool.id if pool.organization_id in mine else None


def _webinar(reading: Session, form: AskForm) -> Named | None:
    """Return the webinar in the form: the one it was opened from, unless the name was changed."""
    words = (form.webinar.data or "").strip()
    if not words:
        return None
    opened = find_webinar(reading, "", slug=form.about.data or "")
    if opened is not None and opened.name == words:
        return opened
    return find_webinar(reading, words)


def _form_page(reading: Session, form: AskForm) -> str:
    named = _webinar(reading, form)
    held = None
    if named is not None and covered_people(reading, form, named):
        held = read_announcement(reading, named.slug)
    return render(
        "requests/customer_request.html",
        form=form,
        quote=quote_of(reading, form, named),
        kind=form.wanted,
        held=held,
        held_is_to_come=held is not None and now() < held.ends_at,
        webinars=webinars_on_sale(reading, limit=SUGGESTED),
        rungs=ladder_of(reading, named),
        answers_by=say_datetime(due_after(now(), mail_context().zone), mail_context().zone),
    )


def _status_page(facts: RequestFacts, form: CorrectForm) -> str:
    zone = mail_context().zone
    price_said, until = "", ""
    if facts.quoted_minor is not None and facts.quoted_currency is not None:
        price_said = say_money(facts.quoted_minor, facts.quoted_currency)
        until = say_last_date(holds_until(facts.created_at), zone)
    return render(
        "requests/request.html",
        facts=facts,
        kind=_(facts.kind_words),
        state=_(STATE_WORDS[facts.state]),
        badge_kind=STATE_BADGES[facts.state],
        due=say_datetime(facts.due_at, zone),
        asked=say_datetime(facts.created_at, zone),
        closed=say_datetime(facts.closed_at, zone) if facts.closed_at else None,
        price=price_said,
        until=until,
        may_send_order=bool(price_said)
        and facts.kind is not RequestKind.PURCHASE_ORDER
        and now() < holds_until(facts.created_at),
        is_own=_is_own(facts),
        email=facts.email if _is_own(facts) else masked(facts.email),
        sender=carrel().settings.mail_from,
        form=form,
        again_url=url_for(".ask"),
    )


def _find(request_id: str) -> RequestFacts:
    """Return a request; raises NotFound, also for another person's accommodation."""
    with read_session() as reading:
        facts = find_request(reading, request_id)
    if _is_hidden(facts):
        raise NotFound
    return facts


def _is_hidden(facts: RequestFacts) -> bool:
    return facts.kind is RequestKind.ACCOMMODATION and not _is_own(facts)


def _is_own(facts: RequestFacts) -> bool:
    """Return whether the request is from this browser or this person, or the person is staff."""
    person = viewer()
    if person is not None and (person.is_staff or facts.login_id in _logins_of(person)):
        return True
    return facts.public_id in session.get(ASKED, [])


def _logins_of(person: Viewer) -> Sequence[int]:
    """Return the row ids of a person's login and of those merged into it."""
    with read_session() as reading:
        return reading.scalars(logins_of(person.login_id)).all()
