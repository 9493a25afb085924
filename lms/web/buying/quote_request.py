"""Pages for an instant quote: a public form, and the emailed link that issues the quote.

Responses and their timing are the same for all addresses and organizations (S16).
"""

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from limits import RateLimitItemPerDay, RateLimitItemPerHour
from sqlalchemy.orm import Session
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from lms.buying import requested_quotes
from lms.buying.checkout import MAY_BUY
from lms.buying.requested_quotes import (
    LONGEST_NAME,
    OFFERED,
    OpenedRequest,
    QuoteRequest,
)
from lms.core import clock
from lms.core.errors import Invalid, NotFound
from lms.core.postal_addresses import NO_ADDRESS
from lms.documents.payment_links import link_of, payment_links
from lms.grants.request_and_sale_form_choices import (
    EVERYTHING,
    SUGGESTED,
    find_webinar,
    webinars_on_sale,
)
from lms.models.grants import OfferKind
from lms.organizations.manager_and_owner_permissions import managed_by
from lms.pricing.price_list import MOST_SEATS
from lms.web.accounts.forms import address_field, name_field
from lms.web.buying.payment_page import spend_try
from lms.web.buying.quote_validity import QuoteValidity
from lms.web.core import rate_limits
from lms.web.core.constant_time_responses import evenly
from lms.web.core.current_user import viewer
from lms.web.core.form_errors import show_faults
from lms.web.core.form_fields import PickerField, address_fields, typed_address
from lms.web.core.lazy_form_translations import _l
from lms.web.core.private_page_headers_and_mail_links import (
    keeps_its_address,
    links,
    mail_context,
)
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.pricing.pass_scopes import offer_scopes
from lms.web.pricing.quote_texts import QuoteShown, offer_name, shown

blueprint = Blueprint("quote_request", __name__, url_prefix="/purchasing/quote")

QUOTES_FROM = rate_limits.Limit("quotes_from", (RateLimitItemPerHour(20), RateLimitItemPerDay(60)))
WORDS = {
    OfferKind.SINGLE: _l("Seats in one webinar, one for each person"),
    OfferKind.GROUP_SHOWING: _l("Showing one webinar to a group"),
    OfferKind.INSTITUTIONAL: _l("One webinar for everyone at our library"),
    OfferKind.PASS: _l("All-access pass for one person"),
}


class QuoteForm(QuoteValidity):
    """What to quote, and for whom."""

    kind = SelectField(_l("What do you need?"), default=OfferKind.SINGLE.value)
    webinar = StringField(
        _l("Which webinar?"),
        [Length(max=300)],
        render_kw={"list": "webinars", "maxlength": 300, "autocomplete": "off"},
    )
    covers = PickerField(_l("What should the pass cover?"), default=EVERYTHING)
    people = IntegerField(
        _l("How many seats?"),
        [
            InputRequired(_l("Enter the number of seats.")),
            NumberRange(1, MOST_SEATS, _l("Enter a number from 1 to 10,000.")),
        ],
        default=1,
        render_kw={"class": "input-short", "inputmode": "numeric", "min": 1, "max": MOST_SEATS},
    )
    name = name_field()
    email = address_field(_l("Your email address"), autocomplete="email")
    organization_name = StringField(
        _l("Library or organization"),
        [
            DataRequired(_l("Enter the name of your library or organization.")),
            Length(max=LONGEST_NAME),
        ],
        render_kw={"autocomplete": "organization", "maxlength": LONGEST_NAME},
    )
    (
        billing_street,
        billing_street2,
        billing_city,
        billing_state,
        billing_postal_code,
        billing_country,
    ) = address_fields()

    def offer_choices(self, session: Session) -> None:
        """Set the choices of the lists."""
        self.kind.choices = [(kind.value, WORDS[kind]) for kind in OFFERED]
        offer_scopes(session, self.covers)

    @property
    def wanted(self) -> OfferKind:
        """Return the kind of offer to quote."""
        return next((kind for kind in OFFERED if kind == self.kind.data), OfferKind.SINGLE)


@blueprint.get("")
@open_to(Audience.EVERYONE)
def ask() -> ResponseReturnValue:
    """Show the form."""
    person = viewer()
    known: dict[str, object] = {}
    if person is not None:
        known = {"name": person.name, "email": person.email or ""}
    with read_session() as session:
        named = find_webinar(session, "", slug=request.args.get("webinar", ""))
        form = QuoteForm(data={**known, "webinar": named.name if named else ""})
        return _form_page(session, form)


@blueprint.post("")
@open_to(Audience.EVERYONE)
@evenly
def send() -> ResponseReturnValue:
    """Email the link that issues the quote, or show what is missing, or only the price."""
    form = QuoteForm(request.form)
    with read_session() as session:
        form.offer_choices(session)
        if request.form.get("act") == "price":
            return _form_page(session, form)
        is_right = form.validate()
        try:
            wanted = requested_quotes.check(session, _wanted(session, form))
        except Invalid as refusal:
            _show_new_faults(form, refusal)
            is_right = False
        if not is_right:
            return _form_page(session, form), 400
    rate_limits.spend(QUOTES_FROM, rate_limits.network())
    rate_limits.spend_email(form.email.address.key)
    with transaction() as session:
        requested_quotes.send_link(
            session,
            wanted,
            links=links(),
            secret_key=carrel().settings.secret_key,
            now=clock.now(),
        )
    return see_other(".sent")


@blueprint.get("/sent")
@open_to(Audience.EVERYONE)
def sent() -> ResponseReturnValue:
    """Tell the person that the link was emailed."""
    return render(
        "buying/quote_sent.html", sender=carrel().settings.mail_from, again_url=url_for(".ask")
    )


@blueprint.get("/<token>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def confirm(token: str) -> ResponseReturnValue:
    """Show the request with a button that issues the quote, because mail scanners open links."""
    with rate_limits.wrong_links_counted(), read_session() as session:
        wanted = _opened(session, token).request
    return render(
        "buying/quote_confirm.html",
        organization=wanted.organization_name,
        email=wanted.email,
        what=offer_name(wanted.kind, wanted.people if wanted.kind is OfferKind.SINGLE else None),
        token=token,
    )


@blueprint.post("/<token>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def issue(token: str) -> ResponseReturnValue:
    """Issue the quote, email it as a PDF, and show it on the order's payment page."""
    spend_try()
    running, now = carrel(), clock.now()
    try:
        with transaction() as session:
            opened = _opened(session, token)
            order = requested_quotes.issue(session, opened, mail_context=mail_context(), now=now)
            url = link_of(session, order, where=payment_links(running.settings), now=now)
    except Invalid as refusal:  # the price list has changed since
        flash(_(refusal.message), "attention")
        return see_other(".ask")
    flash(_("Your quote is ready. We also emailed it to you as a PDF."), "done")
    return see_other("payment_page.show", token=url.rpartition("/")[2])


def _opened(session: Session, token: str) -> OpenedRequest:
    key = carrel().settings.secret_key
    return requested_quotes.open_link(session, token, secret_key=key, now=clock.now())


def _form_page(session: Session, form: QuoteForm) -> str:
    form.offer_choices(session)
    return render(
        "buying/quote_form.html",
        form=form,
        quote=_price(session, form),
        kind=form.wanted.value,
        webinars=webinars_on_sale(session, limit=SUGGESTED),
    )


def _price(session: Session, form: QuoteForm) -> QuoteShown | None:
    people = form.people.data
    if people is None or not 1 <= people <= MOST_SEATS:
        return None
    try:
        wanted = _wanted(session, form)
        return shown(requested_quotes.price(session, wanted), slug=None)
    except NotFound:
        return None


def _wanted(session: Session, form: QuoteForm) -> QuoteRequest:
    """Return what the form requests."""
    covers = form.covers.data or EVERYTHING
    if form.wanted is not OfferKind.PASS:
        covers = requested_quotes.covers_of_webinar(session, form.webinar.data or "")
    return QuoteRequest(
        kind=form.wanted,
        covers=covers,
        people=form.people.data or 0,
        name=form.name.data or "",
        email=form.email.data or "",
        organization_name=form.organization_name.data or "",
        address=typed_address(form, "billing") or NO_ADDRESS,
        organization=_own_organization(session, form.organization_name.data or ""),
        login_id=person.login_id if (person := viewer()) else None,
        valid_until=requested_quotes.day_in_link(form.valid_until.data),
    )


def _own_organization(session: Session, name: str) -> str:
    """Return the slug of the organization with this name that the signed-in person buys for, or ""."""
    person = viewer()
    if person is None:
        return ""
    wanted = " ".join(name.split()).casefold()
    mine = managed_by(session, person.login_id, roles=MAY_BUY)
    return next((one.slug for one in mine if one.name.casefold() == wanted), "")


def _show_new_faults(form: QuoteForm, refusal: Invalid) -> None:
    """Show the errors of fields that don't have one yet."""
    fresh = {
        name: text
        for name, text in refusal.fields.items()
        if name not in form or not form[name].errors
    }
    if fresh or not refusal.fields:
        show_faults(form, Invalid(refusal.message, fields=fresh))
