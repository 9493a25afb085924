"""The claim page: shows who invites the person and to what, with a button or a form to claim (S4, S5, S13)."""

from datetime import datetime

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from limits import RateLimitItemPerMinute
from sqlalchemy.orm import Session
from wtforms import Form

from lms.accounts import browser_sessions
from lms.core import clock
from lms.core.errors import Conflict, Forbidden, Invalid
from lms.core.password_hashing_and_rules import check_new_password, hash_password
from lms.seats import claim_links, claim_methods
from lms.seats.claim_links import FoundLink, LinkFacts, LinkState
from lms.seats.claim_methods import LinkClaim, Newcomer
from lms.seats.claim_statements import Full
from lms.seats.claims import Already, Claimed
from lms.seats.mails import About
from lms.seats.waitlist import Offered, Waiting
from lms.web.accounts.forms import ON_CERTIFICATES, name_field, password_field
from lms.web.core import rate_limits
from lms.web.core.current_user import let_in, required_viewer, this_browser, viewer
from lms.web.core.form_errors import show_faults
from lms.web.core.lazy_form_translations import _l
from lms.web.core.next_url import HOME
from lms.web.core.private_page_headers_and_mail_links import keeps_its_address, links
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.seats.own import after_claim

blueprint = Blueprint("claim", __name__)


class NewcomerForm(Form):
    """The name and password of a person whose address has no account yet."""

    name = name_field(ON_CERTIFICATES)
    password = password_field(
        _l("Choose a password"), autocomplete="new-password", missing=_l("Choose a password.")
    )


OVER = (LinkState.USED, LinkState.TAKEN_BACK)
# Claims with one person's link: while its pool takes no one, each hashes a password and changes nothing.
CLAIMS = rate_limits.Limit("claims", (RateLimitItemPerMinute(20, 15),))


@blueprint.get("/claim/<token>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def show(token: str) -> ResponseReturnValue:
    """Show the invitation; nothing is claimed before a button is clicked, because mail scanners open links."""
    person = viewer()
    with read_session() as session:
        found = _find(session, token, clock.now())
        link = claim_links.facts_of(session, found)
        is_theirs = person is None or claim_methods.is_for(session, found, person.login_id)
    if link.state in OVER or (link.is_open and link.state is LinkState.EXPIRED):
        return _page(token, link, "over"), 410
    if link.is_off:
        return _page(token, link, "off"), 410
    if link.is_open and not link.has_room:  # checked before anyone creates an account for it
        return _page(token, link, "full"), 200
    form = NewcomerForm(name=link.name)
    return _page(token, link, "open" if is_theirs else "other", form), 200


@blueprint.post("/claim/<token>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def claim(token: str) -> ResponseReturnValue:
    """Claim the seat; creates the account if the invited address has none yet (S13)."""
    person, now = viewer(), clock.now()
    if person is None:
        return _claim_as_newcomer(token, now)
    try:
        with transaction() as session:
            found = _find(session, token, now)
            done = claim_methods.claim_by_link(
                session, found, person.login_id, links=links(), actor=person.public_id, now=now
            )
    except Forbidden:
        return _page(token, _facts(token, now), "other"), 403
    return _done(token, found.about, done, now)


def _find(session: Session, token: str, now: datetime) -> FoundLink:
    with rate_limits.wrong_links_counted():
        return claim_links.find_link(session, token, now=now)


def _facts(token: str, now: datetime) -> LinkFacts:
    with read_session() as session:
        return claim_links.facts_of(session, _find(session, token, now))


def _claim_as_newcomer(token: str, now: datetime) -> ResponseReturnValue:
    form, link = NewcomerForm(request.form), _facts(token, now)
    if not link.begins_account:
        required_viewer()  # answers with the sign-in page
    rate_limits.spend(CLAIMS, token)
    if not form.validate():
        return _page(token, link, "open", form), 400
    name, password = form.name.data or "", form.password.data or ""
    try:
        check_new_password(password, email=link.email, name=name)
    except Invalid as refusal:
        show_faults(form, refusal)
        return _page(token, link, "open", form), 400
    # Hash before the transaction: hashing is slow, and transactions must be short.
    new = Newcomer(name, hash_password(password))
    try:
        with transaction() as session:
            found = _find(session, token, now)
            login_id, done = claim_methods.claim_as_newcomer(
                session, found, new, links=links(), now=now
            )
            opened = browser_sessions.open_sign_in(
                session, login_id, browser=this_browser(remembered=False), now=now
            )
    except Conflict as refusal:
        form.form_errors.append(_(refusal.message))
        return _page(token, link, "open", form), 409
    answer = let_in(opened, HOME if isinstance(done, Waiting) else after_claim(link.webinar))
    _flash_done(found.about, done)
    return answer


def _done(token: str, about: About, done: LinkClaim, now: datetime) -> ResponseReturnValue:
    _flash_done(about, done)
    match done:
        case Claimed() | Already():
            return redirect(after_claim(about.webinar), code=303)
        case Waiting():
            return redirect(HOME, code=303)
        case Offered():
            return see_other("own_seats.show", pool=about.pool.public_id)
        case Full():
            return _page(token, _facts(token, now), "full"), 409
        case _:
            return _page(token, _facts(token, now), "closed"), 409


def _flash_done(about: About, done: LinkClaim) -> None:
    match done:
        case Claimed():
            said = _("You now have a seat from %(organization)s.", organization=about.organization)
            flash(said, "done")
        case Already():
            flash(_("You already have this seat."), "note")
        case Waiting():
            said = _(
                "No seats are available. You're number %(at)s on the waitlist.", at=done.position
            )
            flash(said, "attention")
        case _:
            pass


def _page(token: str, link: LinkFacts, what: str, form: NewcomerForm | None = None) -> str:
    return render(
        "seats/claim.html",
        link=link,
        form=form or NewcomerForm(),
        token=token,
        what=what,
        person=viewer(),
        here=url_for(".show", token=token),
        has_run_out=link.state is LinkState.EXPIRED,
        is_used=link.state is LinkState.USED,
    )
