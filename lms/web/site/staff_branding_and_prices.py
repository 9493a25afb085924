"""Staff pages for branding and prices."""

from typing import Final

from flask import Blueprint, flash, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from lms import branding
from lms.branding import BrandingFacts, BrandingTexts, Logo
from lms.core.accent_colors import Accent, dark_accent, light_accent
from lms.core.errors import N_, Invalid
from lms.core.markdown import to_html
from lms.models.grants import OfferKind
from lms.pricing.first_currency import fixed_currency
from lms.pricing.price_list import Price, currency_of, read_prices, say_money, set_prices
from lms.pricing.price_owners import owners
from lms.web.accounts.step_up import asks_again
from lms.web.catalog.staff_forms import BrandingForm
from lms.web.core.current_user import acting
from lms.web.core.form_errors import shown_in
from lms.web.core.form_fields import sent_or_stored
from lms.web.core.form_uploads import sent_picture
from lms.web.core.page_frame import forget_frame
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.pricing.price_form_lines import (
    KIND_WORDS,
    SCOPE_WORDS,
    SPARE_LINES,
    Line,
    faults_by_line,
    line_of,
    read_lines,
    sent_lines,
)
from media.images.uploaded_pictures import picture_type

blueprint = Blueprint("staff_branding", __name__, url_prefix="/staff")

LOGO_PX: Final = 480


@blueprint.route("/branding", methods=["GET", "POST"])
@open_to(Audience.SELLER_OWNERS)
def edit() -> ResponseReturnValue:
    with read_session() as session:
        facts = branding.read_branding(session, contact=carrel().settings.mail_from)
    form = sent_or_stored(BrandingForm, obj=facts)
    if request.method == "POST" and form.validate():
        words = BrandingTexts(
            name=form.name.data or "",
            accent=form.accent.data or "",
            contact_email=form.contact_email.data or "",
            sender_name=form.sender_name.data or "",
            about=form.about.data or "",
        )
        with shown_in(form, Invalid):
            with transaction() as session:
                branding.edit_branding(session, words, **acting())
            forget_frame()
            flash(_("Saved. All pages and emails use the new branding."), "done")
            return see_other(".edit")
    return _write(form, facts), 400 if form.errors else 200


@blueprint.get("/branding/look")
@open_to(Audience.SELLER_OWNERS)
def look() -> ResponseReturnValue:
    """Return the colors of an accent in both themes, for the samples beside the field."""
    chosen = request.args.get("accent", "").lower()
    if not branding.COLOR.fullmatch(chosen):
        raise Invalid(N_("Enter a color like #1f6b4f."))
    return jsonify(light=_tokens(light_accent(chosen)), dark=_tokens(dark_accent(chosen)))


@blueprint.post("/branding/logo")
@open_to(Audience.SELLER_OWNERS)
def change_logo() -> ResponseReturnValue:
    logo = None
    if request.form.get("act") != "remove":
        picture = sent_picture("logo", LOGO_PX)
        logo = Logo(picture, picture_type(picture))
    with transaction() as session:
        branding.change_logo(session, logo, **acting())
    forget_frame()
    flash(_("Logo saved.") if logo else _("Logo removed."), "done")
    return see_other(".edit")


@blueprint.get("/prices")
@open_to(Audience.STAFF, Audience.BOOKKEEPERS)
def prices() -> ResponseReturnValue:
    with read_session() as session:
        standing = read_prices(session)
        currency = currency_of(session)
    lines = [line_of(price) for price in standing]
    return _write_prices(lines, currency, {})


@blueprint.post("/prices")
@asks_again
@open_to(Audience.SELLER_OWNERS)
def change_prices() -> ResponseReturnValue:
    lines = sent_lines()
    currency = request.form.get("currency", "").strip().upper()
    wanted: list[Price] = []
    try:
        wanted = read_lines(lines, currency)
        with transaction() as session:
            changed = set_prices(session, wanted, **acting())
    except Invalid as error:
        return _write_prices(lines, currency, faults_by_line(error, wanted)), 400
    flash(
        _("Prices saved. Earlier orders keep their prices.")
        if changed
        else _("Nothing was changed."),
        "done",
    )
    return see_other(".prices")


def _write_prices(lines: list[Line], currency: str, faults: dict[str, str]) -> str:
    missing = [Line(kind.value) for kind in KIND_WORDS if kind not in {one.kind for one in lines}]
    spare = [Line(OfferKind.GROUP_SEATS.value)] * SPARE_LINES
    with read_session() as session:
        special = owners(session)
        fixed = fixed_currency(session)
        standing = read_prices(session)
    return render(
        "site/staff_prices.html",
        lines=[*lines, *missing, *spare],
        prices=[(one, say_money(one.price_minor, one.currency)) for one in standing],
        currency=currency,
        is_fixed=currency == fixed,
        kinds=[(kind.value, _(words)) for kind, words in KIND_WORDS.items()],
        faults={name: _(sentence) for name, sentence in faults.items()},
        owners=special,
        scope_words={scope: _(words) for scope, words in SCOPE_WORDS.items()},
    )


def _tokens(accent: Accent) -> dict[str, str]:
    return {
        "accent": accent.color,
        "on-accent": accent.on,
        "accent-strong": accent.strong,
        "accent-soft": accent.soft,
    }


def _write(form: BrandingForm, facts: BrandingFacts) -> str:
    html = Markup(to_html(form.about.data or ""))  # noqa: S704  (nh3 sanitized it)
    return render("site/staff_settings.html", form=form, facts=facts, about_html=html)
