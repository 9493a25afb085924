"""Staff actions on one account: block, aliases, and account emails."""

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import audit
from lms.accounts import (
    accounts,
    email_aliases,
    login_lookup,
    power_over_others,
    second_factors,
    sign_up,
)
from lms.accounts import mails as account_mails
from lms.accounts.mails import Reader
from lms.core import clock
from lms.core.errors import N_, Conflict, Forbidden, Invalid
from lms.people import account_blocks, profile_read_model
from lms.people.profile_read_model import Person
from lms.web.accounts.step_up import asks_again
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.form_errors import shown_in
from lms.web.core.next_url import asked_onward
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.people.staff_forms import AliasForm, BlockForm
from lms.web.people.staff_person_page import person_page

blueprint = Blueprint("staff_person", __name__, url_prefix="/staff/people/<login_id>")

OWNERS_ONLY = N_("Only an owner can change a team member's account.")
MANAGES = N_(
    "This person manages an organization, so only an owner on our team can add an address to the "
    "account."
)
ASKS_THEMSELVES = N_(
    "This person is on our team or manages an organization, so no one else can send them a link "
    "to sign in. Ask them to choose “Forgot your password?” or “Email me a code instead” on the "
    "sign-in page."
)
NO_ADDRESS = N_("This account has no email address.")
IS_BLOCKED = N_("This account is blocked. Unblock it first.")


@blueprint.route("/block", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def block(login_id: str) -> ResponseReturnValue:
    """Ask for the reason, and block the login."""
    found = _changeable(login_id)
    form = BlockForm(request.form)
    if request.method == "GET":
        return render("people/staff_block.html", person=found, form=form)
    if not form.validate():
        return render("people/staff_block.html", person=found, form=form), 400
    with shown_in(form, Invalid, Conflict, Forbidden):
        with transaction() as session:
            account_blocks.block(session, found.id, reason=form.reason.data or "", **acting())
        flash(_("%(name)s is blocked.", name=found.name), "done")
        return see_other("staff_people.person", login_id=login_id)
    return render("people/staff_block.html", person=found, form=form), 400


@blueprint.post("/unblock")
@open_to(Audience.STAFF)
def unblock(login_id: str) -> ResponseReturnValue:
    """Unblock the login."""
    found = _changeable(login_id)
    with transaction() as session:
        account_blocks.unblock(session, found.id, **acting())
    flash(_("%(name)s is unblocked.", name=found.name), "done")
    return _back_or_person(login_id)


@blueprint.post("/addresses")
@asks_again
@open_to(Audience.STAFF)
def add_alias(login_id: str) -> ResponseReturnValue:
    """Add another address to the login; to a manager's, only owners can."""
    found = _changeable(login_id)
    if _has_power(found) and not required_viewer().is_seller_owner:
        raise Forbidden(MANAGES)
    form = AliasForm(request.form)
    if not form.validate():
        return person_page(login_id, form), 400
    try:
        with transaction() as session:
            email_aliases.add_alias(session, found.id, form.email.address, **acting())
    except Conflict as refusal:
        form.email.errors = [_(refusal.message)]
        return person_page(login_id, form), 409
    flash(
        _(
            "%(email)s was added to the account of %(name)s.",
            email=form.email.address.shown,
            name=found.name,
        ),
        "done",
    )
    return see_other("staff_people.person", login_id=login_id)


@blueprint.post("/addresses/<alias_id>/remove")
@open_to(Audience.STAFF)
def remove_alias(login_id: str, alias_id: str) -> ResponseReturnValue:
    """Remove another address from the login, and sign out its person."""
    found = _changeable(login_id)
    with transaction() as session:
        email_aliases.remove_alias(session, found.id, alias_id, **acting())
    flash(_("The address was removed. All browsers of this person were signed out."), "done")
    return see_other("staff_people.person", login_id=login_id)


@blueprint.post("/password-email")
@open_to(Audience.STAFF)
def send_password(login_id: str) -> ResponseReturnValue:
    """Email the link for choosing a password.

    Raises Conflict before the address is confirmed, which such a link wouldn't do.
    """
    now, found = clock.now(), _reachable(login_id)
    if not found.is_confirmed:
        raise Conflict(login_lookup.UNPROVEN)
    with transaction() as session:
        account = accounts.read_account(session, found.id)
        accounts.invite_to_set_password(session, account, links=links(), now=now)
        actor = required_viewer().public_id
        audit.record(session, "login.set_password_sent", login_id, actor=actor, now=now)
    flash(_("We emailed %(email)s a link to set a password.", email=account.email), "done")
    return see_other("staff_people.person", login_id=login_id)


@blueprint.post("/sign-in-email")
@open_to(Audience.STAFF)
def send_sign_in(login_id: str) -> ResponseReturnValue:
    """Email how to sign in, or the confirmation again if it was never opened."""
    now, found = clock.now(), _reachable(login_id)
    with transaction() as session:
        account = accounts.read_account(session, found.id)
        email = account.email or ""
        reader = Reader(email, account.id, account=email)
        if account.is_confirmed:
            account_mails.send_how_to_sign_in(session, reader, links=links(), now=now)
        else:
            sign_up.send_confirmation(session, reader, links=links(), onward=None, now=now)
        actor = required_viewer().public_id
        audit.record(session, "login.sign_in_sent", login_id, actor=actor, now=now)
    flash(_("We emailed %(email)s.", email=account.email), "done")
    return _back_or_person(login_id)


@blueprint.post("/second-step/reset")
@asks_again
@open_to(Audience.SELLER_OWNERS)
def reset_second_step(login_id: str) -> ResponseReturnValue:
    """Turn off two-step sign-in for a person who lost their apps, passkeys and recovery codes."""
    found = _person(login_id)
    with transaction() as session:
        second_factors.reset(session, found.id, links=links(), **acting())
    flash(
        _("Two-step sign-in is off for %(name)s. We emailed them.", name=found.name),
        "done",
    )
    return see_other("staff_people.person", login_id=login_id)


def _back_or_person(login_id: str) -> ResponseReturnValue:
    """Redirect to the page named in the form, such as that of a caller, or to the person's."""
    onward = asked_onward()
    return (
        redirect(onward, code=303)
        if onward
        else see_other("staff_people.person", login_id=login_id)
    )


def _changeable(login_id: str) -> Person:
    """Return a login that this person can change; only owners can change one of the team.

    Raises Forbidden for others: adding an address to an account makes it possible to sign in as its
    person.
    """
    found = _person(login_id)
    with read_session() as session:  # a merged login opens the one that it was merged into
        opened = accounts.read_account(session, login_lookup.kept_login(session, found.id))
    if opened.seller_role is not None and not required_viewer().is_seller_owner:
        raise Forbidden(OWNERS_ONLY)
    return found


def _person(login_id: str) -> Person:
    with read_session() as session:
        return profile_read_model.read_person(session, login_id)


def _has_power(person: Person) -> bool:
    with read_session() as session:
        return power_over_others.has_power(session, person.id)


def _reachable(login_id: str) -> Person:
    """Return a person whom our team can send a link to sign in.

    Raises Conflict without an address or if blocked, and Forbidden for the account of a person with
    power over others: a link that someone else asked for must not open it.
    """
    found = _person(login_id)
    if found.email is None:
        raise Conflict(NO_ADDRESS)
    if found.blocked_at is not None:
        raise Conflict(IS_BLOCKED)
    if _has_power(found):
        raise Forbidden(ASKS_THEMSELVES)
    return found
