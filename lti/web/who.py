"""Saying who one is in a frame of an embed link: an address, then the code that was sent to it."""

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import Form, StringField
from wtforms.validators import InputRequired, Length, Optional

from lms.clock import now
from lms.embedding.organisations import customers
from lms.embedding.titles import titles_of
from lms.errors import NotFound
from lms.web import limits
from lms.web.forms.people import PLAIN, address_field, typed_code
from lms.web.forms.texts import _l
from lms.web.guard import Audience, open_to
from lms.web.kit import read_session, transaction
from lms.web.pace import evenly
from lti.embed_codes import Named, asked_address, send_code, try_code
from lti.frames import Frame, forget_name
from lti.models.embeds import SeatRule
from lti.models.launches import FrameRole, Purpose
from lti.web.framed import frame_page, framed_blueprint, this_browser, this_frame

blueprint = framed_blueprint("framed_who", __name__)

LONGEST_NAME = 200
REJECTED = 400


class AddressForm(Form):
    """Where the code goes, and what somebody new is called."""

    email = address_field(_l("E-mail address"), autocomplete="email")
    name = StringField(
        _l("Your name"),
        [Optional(), Length(max=LONGEST_NAME)],
        description=_l("Only the first time. As it should stand on your certificate."),
        render_kw={"autocomplete": "name", "maxlength": LONGEST_NAME},
    )


class CodeForm(Form):
    """The code from the letter."""

    code = StringField(
        _l("Code"),
        [InputRequired(_l("Enter the six digits from the letter."))],
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
    """Send a code to an address, whether or not anybody is known by it."""
    frame = _unnamed(secret)
    form = AddressForm(request.form)
    if not form.validate():
        return _ask_page(frame, secret, form, status=REJECTED)
    address = form.email.address
    limits.spend(limits.LETTERS_FROM, limits.network())
    limits.spend(limits.LETTERS, address.key)
    with transaction() as session:
        send_code(session, frame, secret, address, name=form.name.data or "", now=now())
    return redirect(url_for("framed_who.enter", secret=secret), code=303)


@blueprint.get("/who/code")
@open_to(Audience.FRAME)
def enter(secret: str) -> ResponseReturnValue:
    """Ask for the code; a frame that asked for none is sent to ask."""
    frame = this_frame(secret)
    if not frame.asks_who:
        return redirect(url_for("framed.home", secret=secret), code=303)
    return _code_page(frame, secret, CodeForm())


@blueprint.post("/who/code")
@open_to(Audience.FRAME)
def enter_now(secret: str) -> ResponseReturnValue:
    """Go on as who the code names; a wrong one isn't told apart from one that was used or ran out."""
    frame = _unnamed(secret)
    form = CodeForm(request.form)
    if not form.validate():
        return _code_page(frame, secret, form, status=REJECTED)
    limits.check(limits.FAILURES, limits.network())
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
    limits.spend(limits.FAILURES, limits.network())
    form.code.errors = [
        _("This code doesn't work. Take the one from the newest letter, or have another sent.")
    ]
    return _code_page(frame, secret, form, status=REJECTED)


@blueprint.post("/who/leave")
@open_to(Audience.FRAME)
def leave(secret: str) -> ResponseReturnValue:
    """Stop being known on this page: the next person at this computer says who they are."""
    frame = this_frame(secret)
    if frame.purpose is not Purpose.EMBED or frame.role is not FrameRole.LEARNER:
        raise NotFound
    with transaction() as session:
        forget_name(session, frame, now=now())
    return frame_page(frame, "lti/left.html")


def _unnamed(secret: str) -> Frame:
    frame = this_frame(secret)
    if not frame.asks_who:
        raise NotFound
    return frame


def _ask_page(frame: Frame, secret: str, form: AddressForm, *, status: int = 200) -> Response:
    with read_session() as session:
        whose = customers(session, [frame.organisation_id])[frame.organisation_id]
        target = frame.target
        titles = titles_of(
            session,
            webinars=[target.webinar] if target and target.webinar else [],
            series=[target.series] if target and target.series else [],
        )
    page = frame_page(
        frame,
        "lti/who.html",
        form=form,
        secret=secret,
        organisation=whose.name,
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
    page = frame_page(frame, "lti/who_code.html", form=form, secret=secret, email=email)
    page.status_code = status
    return page
