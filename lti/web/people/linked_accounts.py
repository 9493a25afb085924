"""Account pages for linked platforms, and unlinking one."""

from dataclasses import dataclass

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.clock import now
from lms.lti_facade.dates import say_day_of
from lms.web.core.current_user import required_viewer
from lms.web.core.private_page_headers_and_mail_links import keep_nothing
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lti.people.account_linking import unlink
from lti.people.identity_names_and_platforms import Origin
from lti.people.linked_accounts import LinkedIdentity, companions, find_linked, list_linked

blueprint = Blueprint("account_lti", __name__, url_prefix="/account/learning-systems")
blueprint.after_request(keep_nothing)


@dataclass(frozen=True, slots=True)
class Row:
    """A linked LMS as the page shows it."""

    id: str
    origin: Origin
    since: str | None
    seen: str


@blueprint.get("")
@open_to(Audience.SIGNED_IN)
def overview() -> ResponseReturnValue:
    """List linked LMSs, and explain how to link more."""
    with read_session() as session:
        found = list_linked(session, required_viewer().login_id)
    return render("lti/people/linked_accounts.html", rows=[_row(one) for one in found])


@blueprint.get("/<identity_id>/unlink")
@open_to(Audience.SIGNED_IN)
def ask_unlink(identity_id: str) -> ResponseReturnValue:
    """Explain what unlinking does, and ask for confirmation."""
    with read_session() as session:
        found = find_linked(session, required_viewer().login_id, identity_id)
        along = companions(session, required_viewer().login_id, identity_id)
    return render(
        "lti/people/unlink_account.html", row=_row(found), along=[_row(one) for one in along]
    )


@blueprint.post("/<identity_id>/unlink")
@open_to(Audience.SIGNED_IN)
def unlink_now(identity_id: str) -> ResponseReturnValue:
    """Unlink an LMS identity."""
    login_id = required_viewer().login_id
    with transaction() as session:
        found = find_linked(session, login_id, identity_id)
        unlink(session, login_id, identity_id, now=now())
    flash(
        _(
            "%(system)s is no longer linked. Each account keeps what it had.",
            system=found.origin.system,
        ),
        "done",
    )
    return see_other(".overview")


def _row(one: LinkedIdentity) -> Row:
    zone = required_viewer().zone or carrel().settings.time_zone
    return Row(
        id=one.public_id,
        origin=one.origin,
        since=None if one.linked_at is None else say_day_of(one.linked_at, zone),
        seen=say_day_of(one.seen_at, zone),
    )
