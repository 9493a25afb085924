"""Email code pages in a frame: enter an address, then the code sent to it."""

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import Form, StringField
from wtforms.validators import InputRequired, Length, Optional

from lms.core.clock import now
from lms.core.errors import NotFound
from lms.lti_facade.content_names import titles_of
from lms.lti_facade.organizations import customers
from lms.web.accounts.forms import PLAIN, address_field, typed_code
from lms.web.core import rate_limits
from lms.web.core.constant_time_responses import evenly
from lms.web.core.lazy_form_translations import _l
from lms.web.core.request_context import read_session, transaction
from lms.web.core.route_guard import Audience, open_to
from lti.embed_links.email_codes import Named, asked_address, send_code, try_code
from lti.frames.sessions import Frame, forget_name
from lti.models.embed_links import SeatRule
from lti.models.launches import FrameRole, Purpose
from lti.web.core.framed_pages import frame_page, framed_blueprint, this_browser, this_frame

blueprint = framed_blueprint("framed_who", __name__)

LONGEST_NAME = 200
REJECTED = 400


class AddressForm(Form):
    """The address for the code, and the name of a new person."""

    email = address_field(_l("Email address"), autocomplete="email")
    name = StringField(
        _l("Your name"),
        [Optional(), Length(max=LONGEST_NAME)],
        description=_l(
            "Needed only the first time. Enter it as it should appear on your certificate."
        ),
        render_kw={"autocomplete": "name", "maxlength": LONGEST_NAME},
    )


class CodeForm(Form):
    """The code from the email."""

    code = StringField(
        _l("Code"),
        [InputRequired(_l("Enter the 6-digit code from the email."))],
        render_kw={
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "maxlength": 20,
            "class": "input-code",
            **PLAIN,
        },
    )


@blueprint.get("/who")
@open_to(Audience.FRAME)
def ask(secret: str) -> ResponseReturnValue:
    """Ask for an address."""
    frame = this_frame(secret)
    if not frame.asks_who:
        return redirect(url_for("framed.home", secret=secret), code=303)
    return _ask_page(frame, secret, AddressForm())


@blueprint.post("/who")
@evenly
@open_to(Audience.FRAME)
def send(secret: str) -> ResponseReturnValue:
    """Send a code to an address, whether or not it is known."""
    frame = _unnamed(secret)
    form = AddressForm(request.form)
    if not form.validate():
        return _ask_page(frame, secret, form, status=REJECTED)
    address = form.email.address
    rate_limits.spend_email(address.key)
    with transaction() as session:
        send_code(session, frame, secret, address, name=form.name.data or "", now=now())
    return redirect(url_for("framed_who.enter", secret=secret), code=303)


@blueprint.get("/who/code")
@open_to(Audience.FRAME)
def enter(secret: str) -> ResponseReturnValue:
    """Ask for the code; without an open code, redirect to the address form."""
    frame = this_frame(secret)
    if not frame.asks_who:
        return redirect(url_for("framed.home", secret=secret), code=303)
    return _code_page(frame, secret, CodeForm())


@blueprint.post("/who/code")
@open_to(Audience.FRAME)
def enter_now(secret: str) -> ResponseReturnValue:
    """Continue as the person of the code; the error is the same for wrong, used and expired codes."""
    frame = _unnamed(secret)
    form = CodeForm(request.form)
    if not form.validate():
        return _code_page(frame, secret, form, status=REJECTED)
    rate_limits.check(rate_limits.FAILURES, rate_limits.network())
    with transaction() as session:
        tried = try_code(
            session,
            frame,
            secret,
            typed_code(form.code.data or ""),
            browser=this_browser(),
            now=now(),
        )
    if isinstance(tried, Named):
        return redirect(url_for("framed.home", secret=tried.secret), code=303)
    rate_limits.spend(rate_limits.FAILURES, rate_limits.network())
    form.code.errors = [
        _("That code didn't work. Enter the code from the latest email, or send another code.")
    ]
    return _code_page(frame, secret, form, status=REJECTED)


@blueprint.post("/who/leave")
@open_to(Audience.FRAME)
def leave(secret: str) -> ResponseReturnValue:
    """Forget this person in this frame, so that the next person must identify themselves."""
    frame = this_frame(secret)
    if frame.purpose is not Purpose.EMBED or frame.role is not FrameRole.LEARNER:
        raise NotFound
    with transaction() as session:
        forget_name(session, frame, now=now())
    return frame_page(frame, "lti/embed_links/signed_out.html")


def _unnamed(secret: str) -> Frame:
    frame = this_frame(secret)
    if not frame.asks_who:
        raise NotFound
    return frame


def _ask_page(frame: Frame, secret: str, form: AddressForm, *, status: int = 200) -> Response:
    with read_session() as session:
        whose = customers(session, [frame.organization_id])[frame.organization_id]
        target = frame.target
        titles = titles_of(
            session,
            webinars=[target.webinar] if target and target.webinar else [],
            series=[target.series] if target and target.series else [],
        )
    page = frame_page(
        frame,
        "lti/embed_links/email_code_request.html",
        form=form,
        secret=secret,
        organization=whose.name,
        title=next(iter(titles.values()), ""),
        takes_anybody=frame.seat_rule is SeatRule.NAMED,
    )
    page.status_code = status
    return page


def _code_page(
    frame: Frame, secret: str, form: CodeForm, *, status: int = 200
) -> ResponseReturnValue:
    with read_session() as session:
        email = asked_address(session, frame.id, now=now())
    if email is None:
        return redirect(url_for("framed_who.ask", secret=secret), code=303)
    page = frame_page(
        frame, "lti/embed_links/identify_code.html", form=form, secret=secret, email=email
    )
    page.status_code = status
    return page
