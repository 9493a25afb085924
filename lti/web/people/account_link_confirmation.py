"""The account link confirmation page that an email opens: yes or no."""

from typing import Final

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import Form

from lms.component import hooks_for
from lms.core.clock import now
from lms.core.errors import N_, Conflict, Invalid
from lms.lti_facade.dates import say_time_of
from lms.web.accounts.forms import ON_CERTIFICATES, name_field
from lms.web.core import rate_limits
from lms.web.core.current_user import viewer
from lms.web.core.form_errors import show_faults
from lms.web.core.private_page_headers_and_mail_links import keeps_its_address
from lms.web.core.request_context import (
    carrel,
    components,
    read_session,
    render,
    see_other,
    transaction,
)
from lms.web.core.route_guard import Audience, open_to
from lti.people.account_linking import LinkOver, Offer, confirm_link, read_offer, turn_down

TWO_STEPS: Final = N_(
    "This account uses two-step sign-in. Sign in to it in this browser, then open this link again."
)
blueprint = Blueprint("link_letter", __name__, url_prefix="/lti/link/<secret>")


class NameForm(Form):
    """The name of a login that is created by linking."""

    name = name_field(ON_CERTIFICATES)


@blueprint.get("")
@open_to(Audience.EVERYONE)
@keeps_its_address
def offer(secret: str) -> ResponseReturnValue:
    """Ask whether the two are one person; opening the page does not use up the link."""
    try:
        asked = _offer(secret)
    except LinkOver as refusal:
        return _over(refusal)
    return _page(asked, NameForm(name=asked.origin.name))


@blueprint.post("")
@open_to(Audience.EVERYONE)
@keeps_its_address
def answer(secret: str) -> ResponseReturnValue:
    """Link the two, or invalidate the emailed link."""
    try:
        asked = _offer(secret)
        return _turned_down(secret) if request.form.get("answer") == "no" else _link(secret, asked)
    except LinkOver as refusal:
        return _over(refusal)


def _link(secret: str, asked: Offer) -> ResponseReturnValue:
    form = NameForm(request.form)
    if _waits_for_second_step(asked):
        return _page(asked, form), 403
    if asked.account is None and not form.validate():
        return _page(asked, form), 400
    name, hooks = form.name.data or asked.origin.name, hooks_for(components(), "on_merge")
    try:
        with transaction() as session:
            linked = confirm_link(session, secret, name=name, hooks=hooks, now=now())
    except Invalid as refusal:
        show_faults(form, refusal)
        return _page(asked, form), 400
    except Conflict as refusal:
        return _page(asked, form, why_not=_(refusal.message)), 409
    person = viewer()
    if person is not None and person.login_id == linked.account.id:
        said = _("%(system)s is linked to your account.", system=asked.origin.system)
        flash(said, "done")
        return see_other("account_lti.overview")
    return render(
        "lti/people/confirm_link_done.html",
        origin=asked.origin,
        email=asked.email,
        is_new=linked.is_new,
        has_password=linked.account.has_password,
        other=_other(asked),
    )


def _turned_down(secret: str) -> ResponseReturnValue:
    with transaction() as session:
        turn_down(session, secret, now=now())
    return render("lti/people/confirm_link_declined.html")


def _offer(secret: str) -> Offer:
    with rate_limits.wrong_links_counted(), read_session() as session:
        return read_offer(session, secret, now=now())


def _page(asked: Offer, form: NameForm, *, why_not: str | None = None) -> str:
    if why_not is None and asked.why_not is not None:
        why_not = _(asked.why_not)
    elif why_not is None and _waits_for_second_step(asked):
        why_not = _(TWO_STEPS)
    return render(
        "lti/people/account_link_confirmation.html",
        asked=asked,
        asked_at=say_time_of(asked.asked_at, carrel().settings.time_zone),
        form=form,
        why_not=why_not,
        other=_other(asked),
    )


def _waits_for_second_step(asked: Offer) -> bool:
    """Return whether the account has two-step sign-in and is not signed in to in this browser."""
    person = viewer()
    is_theirs = (
        person is not None and asked.account is not None and person.login_id == asked.account.id
    )
    return asked.is_two_step and not is_theirs


def _other(asked: Offer) -> str | None:
    """Return the person signed in here, None unless it is someone other than the email's recipient."""
    person = viewer()
    if person is None or (asked.account is not None and person.login_id == asked.account.id):
        return None
    return person.email or person.name


def _over(refusal: LinkOver) -> ResponseReturnValue:
    page = render(
        "lti/people/confirm_link_expired.html", message=_(refusal.message), is_done=refusal.is_done
    )
    return page, 410
