"""The account link request in a frame; the confirmation comes by email."""

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form

from lms.core.clock import now
from lms.core.email_addresses import masked
from lms.core.errors import N_, Forbidden
from lms.web.accounts.forms import address_field
from lms.web.core import rate_limits
from lms.web.core.constant_time_responses import evenly
from lms.web.core.lazy_form_translations import _l
from lms.web.core.private_page_headers_and_mail_links import keep_nothing, links
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lti.frames.sessions import Frame
from lti.models.launches import FrameRole
from lti.people.account_linking import account_of, ask_link
from lti.people.identity_names_and_platforms import origin_of
from lti.people.linked_accounts import find_sent_to
from lti.web.core.framed_pages import frame_page, framed_blueprint, this_frame

blueprint = framed_blueprint("framed_linking", __name__)
blueprint.after_request(keep_nothing)

NOBODY = N_("Your LMS didn't tell us who you are, so there's nothing to link.")


class AskForm(Form):
    """The email address of the account."""

    email = address_field(_l("Email address of your account"), autocomplete="email")


@blueprint.get("/link")
@open_to(Audience.FRAME)
def link(secret: str) -> ResponseReturnValue:
    """Show which account this person is linked to, or ask for its address."""
    frame, identity_id = _asking(secret)
    return _page(frame, identity_id, AskForm(), secret=secret)


@blueprint.post("/link")
@evenly
@open_to(Audience.FRAME)
def ask(secret: str) -> ResponseReturnValue:
    """Send the email; the response is the same for every address."""
    frame, identity_id = _asking(secret)
    form = AskForm(request.form)
    if not form.validate():
        page = _page(frame, identity_id, form, secret=secret)
        page.status_code = 400
        return page
    address = form.email.address
    rate_limits.spend(rate_limits.EMAILS_BY, str(identity_id))
    rate_limits.spend_email(address.key)
    with transaction() as session:
        ask_link(session, identity_id, address, links=links(), now=now())
    return see_other(".link", secret=secret)


def _asking(secret: str) -> tuple[Frame, int]:
    """Return the session and the identity in it; raises Forbidden for anonymous and test users."""
    frame = this_frame(secret)
    if frame.identity_id is None or frame.role is FrameRole.ANONYMOUS or frame.is_test_user:
        raise Forbidden(NOBODY)
    return frame, frame.identity_id


def _page(frame: Frame, identity_id: int, form: AskForm, *, secret: str) -> Response:
    with read_session() as session:
        origin = origin_of(session, identity_id)
        account = None if frame.login_id is None else account_of(session, frame.login_id)
        sent_to = find_sent_to(session, identity_id, now=now())
    return frame_page(
        frame,
        "lti/people/account_link_request.html",
        form=form,
        origin=origin,
        linked_to=None if account is None else masked(account.email or ""),
        sent_to=sent_to,
        home_url=url_for("framed.home", secret=secret),
        account_url=url_for("account_lti.overview", _external=False),
        ask_url=url_for(".ask", secret=secret),
    )
