"""Personal data pages: download the data export, or delete the account."""

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Final

from flask import Blueprint, Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.component import hooks_for
from lms.core.clock import now
from lms.core.errors import Conflict
from lms.organizations import manager_and_owner_permissions
from lms.people import erasure
from lms.people.data_export import read_personal_data
from lms.web.accounts.account import my_account
from lms.web.accounts.forms import EraseForm
from lms.web.accounts.step_up import asks_again, is_present_password
from lms.web.core.current_user import let_out, required_viewer
from lms.web.core.private_page_headers_and_mail_links import keep_nothing, links
from lms.web.core.request_context import components, read_session, render, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("own_data", __name__, url_prefix="/account/data")
blueprint.after_request(keep_nothing)

FILE: Final = "my-data.json"


@blueprint.get("")
@open_to(Audience.SIGNED_IN)
def overview() -> ResponseReturnValue:
    """Offer the data export and the deletion of the account."""
    return _page(EraseForm())


@blueprint.get(f"/{FILE}")
@open_to(Audience.SIGNED_IN)
def take() -> ResponseReturnValue:
    """Return all data about the signed-in person as JSON."""
    login_id = required_viewer().login_id
    with read_session() as session:
        kept = read_personal_data(
            session, login_id, hooks=hooks_for(components(), "on_export"), now=now()
        )
    text = json.dumps(asdict(kept), default=_moment, ensure_ascii=False, indent=2)
    answer = Response(text, content_type="application/json; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{FILE}"'
    return answer


@blueprint.post("/erase")
@asks_again
@open_to(Audience.SIGNED_IN)
def erase() -> ResponseReturnValue:
    """Delete the account of the signed-in person, after their password and confirmation."""
    account, form = my_account(), EraseForm(request.form)
    if not form.validate():
        return _page(form), 400
    if not (account.has_password and is_present_password(account, form.present.data or "")):
        form.present.errors = [_("That isn't your password.")]
        return _page(form), 400
    try:
        with transaction() as session:
            erasure.erase(
                session,
                account.id,
                hooks=hooks_for(components(), "on_erase"),
                links=links(),
                actor=account.public_id,
                now=now(),
            )
    except Conflict as refusal:
        form.form_errors.append(_(refusal.message))
        return _page(form), 409
    answer = let_out("/")
    flash(_("Your account was deleted."), "done")
    return answer


def _page(form: EraseForm) -> str:
    with read_session() as session:
        led = manager_and_owner_permissions.led_alone(session, required_viewer().login_id)
    return render("accounts/personal_data.html", form=form, account=my_account(), led=led)


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
