"""Sign-in and security: a person's password, authenticator apps, passkeys and recovery codes."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import segno
from flask import Blueprint, Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from wtforms import Form, HiddenField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from lms.accounts import (
    authenticator_apps,
    browser_sessions,
    passkeys,
    second_factors,
    second_step_proofs,
)
from lms.accounts.second_factors import Factor, NewApp, NewPasskey
from lms.core.clock import now
from lms.core.dates_and_time_zones import say_date
from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.models.accounts import FactorKind
from lms.web.accounts.account import my_account, my_addressed_account
from lms.web.accounts.forms import PLAIN, typed_code
from lms.web.accounts.passkey_site import can_have_passkeys, passkey_site
from lms.web.accounts.second_step import passkey_question
from lms.web.accounts.step_up import asks_again, tries_key
from lms.web.core import rate_limits
from lms.web.core.current_user import Viewer, required_viewer
from lms.web.core.form_errors import shown_in
from lms.web.core.form_fields import sent_or_stored
from lms.web.core.lazy_form_translations import _l
from lms.web.core.page_frame import branding_facts
from lms.web.core.private_page_headers_and_mail_links import keep_nothing, links
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import SECURITY, Audience, open_to

blueprint = Blueprint(SECURITY, __name__, url_prefix="/account/security")
blueprint.after_request(keep_nothing)

MODULE_SIZE = 5
LAST_OF_STAFF = N_(
    "Our team uses two-step sign-in. Add another app or passkey, then remove this one."
)


class NameForm(Form):
    """The name of an app or passkey."""

    name = StringField(
        _l("Name"),
        [DataRequired(second_factors.NAME_MISSING), Length(max=second_factors.LONGEST_NAME)],
        render_kw={"maxlength": second_factors.LONGEST_NAME, "autocomplete": "off"},
    )


class AppForm(NameForm):
    """A new app: its name, its encrypted secret, and the first code it shows."""

    sealed = HiddenField()
    code = StringField(
        _l("Code"),
        [InputRequired(_l("Enter the current 6-digit code from your app."))],
        render_kw={
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "maxlength": 10,
            "class": "input-code",
            **PLAIN,
        },
    )


class PasskeyForm(NameForm):
    """A new passkey: its name, and the browser's response, which a script fills in."""

    passkey = HiddenField()


@dataclass(frozen=True, slots=True)
class FactorRow:
    """An app or passkey, as shown."""

    id: str
    name: str
    is_passkey: bool
    added: str
    used: str
    other_host: str  # the host name where it works, if that isn't this one


@blueprint.get("")
@open_to(Audience.SIGNED_IN)
def overview() -> ResponseReturnValue:
    """Show how the person signs in, with links to change each part of it."""
    person, site, at = required_viewer(), passkey_site(), now()
    with read_session() as session:
        factors = second_factors.list_factors(session, person.login_id)
        codes = second_factors.codes_left(session, person.login_id)
        browsers = len(browser_sessions.list_for(session, person.login_id, now=at))
    return render(
        "accounts/security.html",
        account=my_account(),
        rows=[_row(one, person, site.host) for one in factors],
        codes=codes,
        browsers=browsers,
        must_set_up=person.must_set_up,
    )


@blueprint.get("/app")
@open_to(Audience.SIGNED_IN)
def new_app() -> ResponseReturnValue:
    """Show the QR code of a new secret, and ask for the first code."""
    return _app_page(AppForm(name=_("Authenticator app")), authenticator_apps.new_secret())


@blueprint.post("/app")
@asks_again
@open_to(Audience.SIGNED_IN)
def add_app() -> ResponseReturnValue:
    """Add the app if its code is right; after the first factor, recovery codes are shown."""
    person, form, at = required_viewer(), AppForm(request.form), now()
    try:
        secret = authenticator_apps.secret_of_setup(
            form.sealed.data or "", owner=person.public_id, secret_key=_key()
        )
    except Invalid as refusal:
        form.form_errors.append(_(refusal.message))
        return _app_page(form, authenticator_apps.new_secret()), 400
    if not form.validate():
        return _app_page(form, secret), 400
    rate_limits.spend(rate_limits.SECOND_STEPS, tries_key(person))
    step = authenticator_apps.step_of_secret(secret, typed_code(form.code.data or ""), now=at)
    if step is None:
        form.code.errors = [
            _(
                "That code isn't right. Enter the current code from your app, and check that the "
                "time on your phone is correct."
            )
        ]
        return _app_page(form, secret), 400
    new = NewApp(form.name.data or "", authenticator_apps.seal(secret, _key()), step)
    with shown_in(form, Invalid, Conflict):
        codes = _add(person, new)
        return _added(codes, _("The authenticator app was added."))
    return _app_page(form, secret), 409


@blueprint.get("/passkey")
@open_to(Audience.SIGNED_IN)
def new_passkey() -> ResponseReturnValue:
    """Ask for the name of a new passkey; a script has the browser create it."""
    return _passkey_page(PasskeyForm(name=_("My passkey")))


@blueprint.post("/passkey")
@asks_again
@open_to(Audience.SIGNED_IN)
def add_passkey() -> ResponseReturnValue:
    """Add the passkey that the browser created."""
    person, form, site = required_viewer(), PasskeyForm(request.form), passkey_site()
    if not form.validate():
        return _passkey_page(form), 400
    with shown_in(form, Invalid, Conflict):
        with transaction() as session:
            challenge = browser_sessions.read_challenge(session, person.sign_in_id or 0) or b""
            browser_sessions.use_challenge(session, challenge)
        made = passkeys.read_new(form.passkey.data or "", challenge=challenge, site=site)
        codes = _add(person, NewPasskey(form.name.data or "", made, site.host))
        return _added(codes, _("The passkey was added."))
    return _passkey_page(form), 400


@blueprint.post("/passkey/make")
@open_to(Audience.SIGNED_IN)
def ask_new_passkey() -> ResponseReturnValue:
    """Return the options for creating a passkey, as JSON for the script."""
    person, site, account = required_viewer(), passkey_site(), my_addressed_account()
    with transaction() as session:
        question, challenge = passkeys.ask_to_make(
            site,
            seller=branding_facts().name,
            account=account.email or "",
            user_id=person.public_id.encode(),
            known=second_step_proofs.known_passkeys(session, person.login_id, site),
        )
        browser_sessions.set_challenge(session, person.sign_in_id or 0, challenge)
    return Response(question, content_type="application/json")


@blueprint.post("/passkey/prove")
@open_to(Audience.SIGNED_IN)
def ask_passkey() -> ResponseReturnValue:
    """Return the challenge for a passkey before a sensitive action, as JSON for the script."""
    person = required_viewer()
    return passkey_question(person.sign_in_id or 0, person.login_id)


@blueprint.route("/<factor_id>", methods=["GET", "POST"])
@open_to(Audience.SIGNED_IN)
def rename(factor_id: str) -> ResponseReturnValue:
    """Rename an app or passkey."""
    person, factor = required_viewer(), _mine(factor_id)
    form = sent_or_stored(NameForm, name=factor.name)
    if request.method == "POST" and form.validate():
        with transaction() as session:
            second_factors.rename_factor(
                session, person.login_id, factor_id, form.name.data or "", now=now()
            )
        flash(_("The name was changed."), "done")
        return see_other(".overview")
    page = render("accounts/security_factor.html", form=form, factor=factor)
    return page, 400 if form.errors else 200


@blueprint.post("/<factor_id>/remove")
@asks_again
@open_to(Audience.SIGNED_IN)
def remove(factor_id: str) -> ResponseReturnValue:
    """Remove an app or passkey; if two-step sign-in is required, our team must keep at least one."""
    person, factor = required_viewer(), _mine(factor_id)
    with read_session() as session:
        is_last = len(second_factors.list_factors(session, person.login_id)) == 1
    if is_last and person.seller_role is not None and carrel().settings.staff_two_step:
        form = NameForm(name=factor.name)
        form.form_errors.append(_(LAST_OF_STAFF))
        return render("accounts/security_factor.html", form=form, factor=factor), 409
    with transaction() as session:
        second_factors.remove_factor(session, person.login_id, factor_id, links=links(), now=now())
    flash(_("%(name)s was removed.", name=factor.name), "done")
    return see_other(".overview")


@blueprint.post("/codes")
@asks_again
@open_to(Audience.SIGNED_IN)
def renew_codes() -> ResponseReturnValue:
    """Create new recovery codes and show them once."""
    with transaction() as session:
        codes = second_factors.renew_codes(
            session, required_viewer().login_id, links=links(), now=now()
        )
    return render("accounts/recovery_codes.html", codes=codes)


def _add(person: Viewer, new: NewApp | NewPasskey) -> tuple[str, ...]:
    with transaction() as session:
        return second_factors.add_factor(
            session,
            person.login_id,
            new,
            sign_in_id=person.sign_in_id or 0,
            links=links(),
            now=now(),
        )


def _added(codes: tuple[str, ...], done: str) -> ResponseReturnValue:
    flash(done, "done")
    if codes:
        return render("accounts/recovery_codes.html", codes=codes)
    return see_other(".overview")


def _mine(factor_id: str) -> Factor:
    with read_session() as session:
        mine = second_factors.list_factors(session, required_viewer().login_id)
    for factor in mine:
        if factor.id == factor_id:
            return factor
    raise NotFound


def _app_page(form: AppForm, secret: str) -> str:
    account, person = my_addressed_account(), required_viewer()
    form.sealed.data = authenticator_apps.seal_for_setup(
        secret, owner=person.public_id, secret_key=_key()
    )
    url = authenticator_apps.app_url(
        secret, account=account.email or "", seller=branding_facts().name
    )
    drawn = segno.make(url, error="m", micro=False).svg_inline(
        scale=MODULE_SIZE, omitsize=True, svgclass="qr", lineclass=None
    )
    return render(
        "accounts/security_app.html",
        form=form,
        qr=Markup(drawn),  # noqa: S704  (generated here, from our own URL)
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
    )


def _passkey_page(form: PasskeyForm) -> str:
    account, site = my_addressed_account(), passkey_site()
    return render(
        "accounts/security_passkey.html",
        form=form,
        account=account,
        can_have_passkeys=can_have_passkeys(site),
    )


def _row(factor: Factor, person: Viewer, host: str) -> FactorRow:
    zone = ZoneInfo(person.zone or carrel().settings.time_zone)
    used_at = factor.last_used_at
    return FactorRow(
        id=factor.id,
        name=factor.name,
        is_passkey=factor.kind is FactorKind.PASSKEY,
        added=say_date(factor.created_at, zone),
        used=say_date(used_at, zone) if used_at else "",
        other_host=factor.host if factor.host and factor.host != host else "",
    )


def _key() -> str:
    return carrel().settings.secret_key
