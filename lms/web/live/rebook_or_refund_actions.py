"""Rebooking: registered people who didn't buy anything choose a replacement for a changed webinar."""

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.clock import now
from lms.core.errors import Conflict, Invalid
from lms.requests import rebookings
from lms.web.core.current_user import required_viewer
from lms.web.core.form_errors import flashed
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("live_choices", __name__, url_prefix="/webinars/<slug>")


@blueprint.post("/choose")
@open_to(Audience.SIGNED_IN)
def choose(slug: str) -> ResponseReturnValue:
    """Register the person for another webinar instead."""
    other = request.form.get("other", "")
    with flashed(Invalid, Conflict):
        with transaction() as session:
            title = rebookings.choose(
                session, slug, other, required_viewer().login_id, links=links(), now=now()
            )
        flash(_("You're registered for “%(title)s” instead.", title=title), "done")
        return see_other("catalog.webinar", slug=other)
    return see_other("catalog.webinar", slug=slug)
