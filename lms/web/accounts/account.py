"""Account pages: a person's details, password, and signed-in browsers."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.accounts import accounts, browser_sessions, login_lookup, sign_in_codes_and_password_resets
from lms.accounts.accounts import Account
from lms.accounts.browser_sessions import SignedIn
from lms.core import clock
from lms.core.dates_and_time_zones import say_day, say_time
from lms.core.email_addresses import read_address
from lms.core.errors import Invalid, NotFound
from lms.core.languages import NAMES, Language, language
from lms.core.password_hashing_and_rules import check_new_password, hash_password
from lms.mail.opt_outs import opted_out
from lms.mail.outbox import key_of
from lms.web.accounts.forms import DetailsForm, PasswordChangeForm
from lms.web.accounts.page_language import read_in
from lms.web.accounts.step_up import is_present_password
from lms.web.core import rate_limits
from lms.web.core.current_user import let_out, required_viewer
from lms.web.core.form_errors import shown_in
from lms.web.core.form_fields import sent_or_stored
from lms.web.core.private_page_headers_and_mail_links import keep_nothing, links
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.time_zone_choices import zone_choices, zone_name

blueprint = Blueprint("account", __name__)
blueprint.after_request(keep_nothing)


@dataclass(frozen=True, slots=True)
class BrowserRow:
    """A signed-in browser, as shown."""

    id: str
    agent: str
    is_this: bool
    remembered: bool
    since: str
    seen: str


@blueprint.get("/account")
@open_to(Audience.SIGNED_IN)
def overview() -> ResponseReturnValue:
    """Show the account, with links to change each part of it."""
    account = my_account()
    zone = account.zone or carrel().settings.time_zone
    with read_session() as session:
        browsers = len(browser_sessions.list_for(session, account.id, now=clock.now()))
        further = login_lookup.list_further(session, account.id)
        has_second_factor = browser_sessions.has_second_factor(session, account.id)
        is_unsubscribed = bool(opted_out(session, [key_of(account.email)] if account.email else ()))
    return render(
        "accounts/account.html",
        account=account,
        zone=zone_name(zone),
        chosen_language=NAMES[account.language or language()],
        browsers=browsers,
        further=further,
        has_second_factor=has_second_factor,
        is_unsubscribed=is_unsubscribed,
    )


@blueprint.get("/account/details")
@open_to(Audience.SIGNED_IN)
def details() -> ResponseReturnValue:
    """Show the form for name and time zone."""
    account = my_account()
    zone = account.zone or carrel().settings.time_zone
    return render("accounts/details.html", form=_details_form(account, zone), account=account)


@blueprint.post("/account/details")
@open_to(Audience.SIGNED_IN)
def change_details() -> ResponseReturnValue:
    """Save name and time zone."""
    account = my_account()
    form = _details_form(account, None)
    if not form.validate():
        return render("accounts/details.html", form=form, account=account), 400
    with shown_in(form, Invalid):
        with transaction() as session:
            accounts.change_details(
                session,
                account.id,
                name=form.name.data or "",
                zone=form.zone.data,
                language=Language(form.language.data),
                now=clock.now(),
            )
        read_in(Language(form.language.data))
        flash(_("Your details were saved."), "done")
        return see_other("account.overview")
    return render("accounts/details.html", form=form, account=account), 400


@blueprint.get("/account/password")
@open_to(Audience.SIGNED_IN)
def password() -> ResponseReturnValue:
    """Ask for the current and the new password; accounts without one are offered a link by email."""
    return render(
        "accounts/password.html", form=PasswordChangeForm(), account=my_addressed_account()
    )


@blueprint.post("/account/password")
@open_to(Audience.SIGNED_IN)
def change_password() -> ResponseReturnValue:
    """Change the password; all other browsers are signed out."""
    account = my_addressed_account()
    form = PasswordChangeForm(request.form)
    if not (form.validate() and _may_change(form, account)):
        return render("accounts/password.html", form=form, account=account), 400
    # Hash before the transaction: hashing is slow, and transactions must be short.
    password_hash = hash_password(form.password.data or "")
    with transaction() as session:
        accounts.change_password(
            session,
            account.id,
            password_hash=password_hash,
            keep=required_viewer().sign_in_id,
            links=links(),
            now=clock.now(),
        )
    flash(_("Your password was changed. You were signed out of all other browsers."), "done")
    return see_other("account.overview")


@blueprint.post("/account/password/link")
@open_to(Audience.SIGNED_IN)
def mail_password_link() -> ResponseReturnValue:
    """Email the link for choosing a password to the account's own address."""
    account = my_addressed_account()
    address = read_address(account.email or "")
    rate_limits.spend(rate_limits.EMAILS, address.key)
    with transaction() as session:
        sign_in_codes_and_password_resets.ask_new_password(
            session, address, links=links(), now=clock.now()
        )
    flash(_("We emailed a link to choose a password to %(email)s.", email=account.email), "note")
    return see_other("account.overview")


@blueprint.get("/account/browsers")
@open_to(Audience.SIGNED_IN)
def browsers() -> ResponseReturnValue:
    """List the browsers that are signed in."""
    person, now = required_viewer(), clock.now()
    zone = ZoneInfo(person.zone or carrel().settings.time_zone)
    with read_session() as session:
        signed_in = browser_sessions.list_for(session, person.login_id, now=now)
    rows = [
        _row(one, is_this=one.row_id == person.sign_in_id, zone=zone, now=now) for one in signed_in
    ]
    rows.sort(key=lambda row: not row.is_this)
    return render("accounts/browsers.html", browsers=rows)


@blueprint.post("/account/browsers/<public_id>/end")
@open_to(Audience.SIGNED_IN)
def end_browser(public_id: str) -> ResponseReturnValue:
    """Sign one browser out."""
    with transaction() as session:
        browser_sessions.end_by_public_id(
            session, required_viewer().login_id, public_id, now=clock.now()
        )
    flash(_("That browser was signed out."), "done")
    return see_other("account.browsers")


@blueprint.post("/account/browsers/end-others")
@open_to(Audience.SIGNED_IN)
def end_others() -> ResponseReturnValue:
    """Sign out all browsers but this one."""
    person = required_viewer()
    with transaction() as session:
        browser_sessions.end_all(session, person.login_id, but=person.sign_in_id, now=clock.now())
    flash(_("All other browsers were signed out."), "done")
    return see_other("account.browsers")


@blueprint.post("/account/browsers/end-all")
@open_to(Audience.SIGNED_IN)
def end_all() -> ResponseReturnValue:
    """Sign out all browsers, including this one."""
    with transaction() as session:
        browser_sessions.end_all(session, required_viewer().login_id, now=clock.now())
    response = let_out("/")
    flash(_("You were signed out everywhere."), "done")
    return response


def my_account() -> Account:
    """Return the account of the signed-in person."""
    with read_session() as session:
        return accounts.read_account(session, required_viewer().login_id)


def my_addressed_account() -> Account:
    """Return the account of the signed-in person; raises NotFound for one without an address."""
    account = my_account()
    if account.email is None:
        raise NotFound
    return account


def _may_change(form: PasswordChangeForm, account: Account) -> bool:
    if not is_present_password(account, form.present.data or ""):
        form.present.errors = [_("That isn't your current password.")]
        return False
    with shown_in(form, Invalid):
        check_new_password(form.password.data or "", email=account.email or "", name=account.name)
        return True
    return False


def _details_form(account: Account, zone: str | None) -> DetailsForm:
    chosen = account.language or language()
    form = sent_or_stored(DetailsForm, name=account.name, zone=zone, language=chosen)
    form.zone.choices = zone_choices(clock.now(), present=account.zone)
    return form


def _row(one: SignedIn, *, is_this: bool, zone: ZoneInfo, now: datetime) -> BrowserRow:
    return BrowserRow(
        id=one.id,
        agent=one.agent,
        is_this=is_this,
        remembered=one.remembered,
        since=_day(one.created_at, zone=zone, now=now),
        seen=_day(one.last_seen_at, zone=zone, now=now),
    )


def _day(at: datetime, *, zone: ZoneInfo, now: datetime) -> str:
    there, today = at.astimezone(zone), now.astimezone(zone).date()
    hour = say_time(at, zone)
    if there.date() == today:
        return _("today, %(time)s", time=hour)
    if (today - there.date()).days == 1:
        return _("yesterday, %(time)s", time=hour)
    return say_day(at, zone)
