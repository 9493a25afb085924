"""Pages for the account's email addresses: change, undo the change, recovery address."""

from collections.abc import Callable

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.accounts import accounts, email_and_recovery_email_changes
from lms.accounts.accounts import Account
from lms.core.clock import now
from lms.core.errors import N_, Invalid
from lms.mail import link_tokens_and_codes
from lms.mail.link_tokens_and_codes import Ticket
from lms.models.accounts import EmailPurpose
from lms.web.accounts.account import my_addressed_account
from lms.web.accounts.forms import AddressChangeForm, RecoveryForm
from lms.web.accounts.step_up import is_present_password
from lms.web.core import rate_limits
from lms.web.core.constant_time_responses import evenly
from lms.web.core.current_user import required_viewer, viewer
from lms.web.core.form_errors import shown_in
from lms.web.core.private_page_headers_and_mail_links import keep_nothing, keeps_its_address, links
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("account_addresses", __name__)
blueprint.after_request(keep_nothing)
SENT = N_("We emailed a link to %(email)s. Open it to start using this address.")


@blueprint.get("/account/email")
@open_to(Audience.SIGNED_IN)
def email() -> ResponseReturnValue:
    """Ask for the new address."""
    return render("accounts/email.html", form=AddressChangeForm(), account=my_addressed_account())


@blueprint.post("/account/email")
@evenly
@open_to(Audience.SIGNED_IN)
def change_email() -> ResponseReturnValue:
    """Email the link that confirms the new address; a taken address gets the same response."""
    return _send_link(
        "accounts/email.html",
        AddressChangeForm(request.form),
        email_and_recovery_email_changes.ask_change,
    )


@blueprint.get("/account/email/confirm/<secret>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def confirm_email(secret: str) -> ResponseReturnValue:
    """Ask whether to move the account to this address."""
    ticket, account = _ticket(secret, EmailPurpose.CHANGE_EMAIL)
    return render("accounts/email_confirm.html", email=ticket.email, account=account)


@blueprint.post("/account/email/confirm/<secret>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def confirm_email_now(secret: str) -> ResponseReturnValue:
    """Move the account to this address."""
    with transaction() as session:
        address = email_and_recovery_email_changes.confirm_change(
            session, secret, links=links(), now=now()
        )
    flash(_("The account's email address is now %(email)s.", email=address), "done")
    return _back()


@blueprint.get("/account/email/restore/<secret>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def restore_email(secret: str) -> ResponseReturnValue:
    """Ask whether to undo a change of address."""
    ticket, _account = _ticket(secret, EmailPurpose.RESTORE_EMAIL)
    return render("accounts/email_restore.html", email=ticket.email)


@blueprint.post("/account/email/restore/<secret>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def restore_email_now(secret: str) -> ResponseReturnValue:
    """Undo the change of address, and redirect to choosing a new password."""
    with transaction() as session:
        choosing = email_and_recovery_email_changes.restore(session, secret, now=now())
    flash(_("Your email address was restored. Now choose a new password."), "done")
    return see_other("forgotten_password.choose", secret=choosing)


@blueprint.get("/account/recovery")
@open_to(Audience.SIGNED_IN)
def recovery() -> ResponseReturnValue:
    """Ask for the recovery address."""
    return render(
        "accounts/recovery_email.html", form=RecoveryForm(), account=my_addressed_account()
    )


@blueprint.post("/account/recovery")
@evenly
@open_to(Audience.SIGNED_IN)
def change_recovery() -> ResponseReturnValue:
    """Send the link that makes an address the recovery address."""
    return _send_link(
        "accounts/recovery_email.html",
        RecoveryForm(request.form),
        email_and_recovery_email_changes.ask_recovery,
    )


@blueprint.post("/account/recovery/remove")
@open_to(Audience.SIGNED_IN)
def remove_recovery() -> ResponseReturnValue:
    """Remove the recovery address; the account's own address is notified."""
    with transaction() as session:
        email_and_recovery_email_changes.remove_recovery(
            session, required_viewer().login_id, links=links(), now=now()
        )
    flash(_("Your recovery address was removed."), "done")
    return see_other("account.overview")


@blueprint.get("/account/recovery/confirm/<secret>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def confirm_recovery(secret: str) -> ResponseReturnValue:
    """Ask whether to use this address as the account's recovery address."""
    ticket, account = _ticket(secret, EmailPurpose.RECOVERY_ADDRESS)
    return render("accounts/recovery_email_confirm.html", email=ticket.email, account=account)


@blueprint.post("/account/recovery/confirm/<secret>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def confirm_recovery_now(secret: str) -> ResponseReturnValue:
    """Make this the account's recovery address."""
    with transaction() as session:
        address = email_and_recovery_email_changes.confirm_recovery(
            session, secret, links=links(), now=now()
        )
    flash(_("The account's recovery address is now %(email)s.", email=address), "done")
    return _back()


def _send_link(template: str, form: RecoveryForm, ask: Callable[..., None]) -> ResponseReturnValue:
    account = my_addressed_account()
    if not (form.validate() and _is_mine(form, account)):
        return render(template, form=form, account=account), 400
    address = form.email.address
    rate_limits.spend_email(address.key)
    with shown_in(form, Invalid):
        with transaction() as session:
            ask(session, account, address, links=links(), now=now())
        flash(_(SENT, email=address.shown), "note")
        return see_other("account.overview")
    return render(template, form=form, account=account), 400


def _is_mine(form: RecoveryForm, account: Account) -> bool:
    if is_present_password(account, form.present.data or ""):
        return True
    form.present.errors = [_("That isn't your password.")]
    return False


def _ticket(secret: str, purpose: EmailPurpose) -> tuple[Ticket, Account]:
    with read_session() as session:
        ticket = link_tokens_and_codes.read(session, secret, purpose, now=now())
        return ticket, accounts.read_account(session, ticket.login_id)


def _back() -> ResponseReturnValue:
    return see_other("account.overview" if viewer() is not None else "sign_in.sign_in")
