"""The claim page: shows who invites to what, with one button that claims (S4, S5)."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.access.person_grants_and_seats import read_own_place
from lms.core import clock
from lms.core.errors import Forbidden
from lms.seats import claim_links, claim_methods
from lms.seats.claim_links import LinkFacts, LinkState
from lms.seats.claim_methods import LinkClaim
from lms.seats.claims import Already, Claimed
from lms.seats.seat_counts import Full
from lms.seats.waitlist import Offered, Waiting
from lms.web.core.current_user import required_viewer, viewer
from lms.web.core.next_url import HOME
from lms.web.core.private_page_headers_and_mail_links import keeps_its_address, links
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.seats.own import after_claim

blueprint = Blueprint("claim", __name__)

OVER = (LinkState.USED, LinkState.TAKEN_BACK)


@blueprint.get("/claim/<token>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def show(token: str) -> ResponseReturnValue:
    """Say who invites to what; nothing is taken before a button is pressed, for mail scanners' sake."""
    person = viewer()
    with read_session() as session:
        link = claim_links.read_link(session, token, now=clock.now())
        is_theirs = person is None or claim_methods.is_for(session, token, person.login_id)
    if link.state in OVER or (link.is_open and link.state is LinkState.EXPIRED):
        return _page(token, link, "over"), 410
    if link.is_open and not link.has_room:  # before anybody makes an account for it
        return _page(token, link, "full"), 200
    return _page(token, link, "open" if is_theirs else "other"), 200


@blueprint.post("/claim/<token>")
@open_to(Audience.SIGNED_IN)
@keeps_its_address
def claim(token: str) -> ResponseReturnValue:
    person, now = required_viewer(), clock.now()
    with read_session() as session:
        link = claim_links.read_link(session, token, now=now)
    try:
        with transaction() as session:
            done = claim_methods.claim_by_link(
                session,
                token,
                person.login_id,
                links=links(),
                actor=person.public_id,
                now=now,
            )
    except Forbidden:
        return _page(token, link, "other"), 403
    return _done(token, link, done)


def _done(token: str, link: LinkFacts, done: LinkClaim) -> ResponseReturnValue:
    organization = link.organization
    match done:
        case Claimed():
            flash(
                _("The seat is yours, through %(organization)s.", organization=organization), "done"
            )
        case Already():
            flash(_("You have had this seat since before."), "note")
        case Waiting():
            sentence = _(
                "No seat is free. You are number %(at)s on the waiting list.", at=done.position
            )
            flash(sentence, "attention")
            return redirect(HOME, code=303)
        case Offered():
            return see_other("own_seats.show", pool=link.pool)
        case Full():
            return _page(token, link, "full"), 409
        case _:
            return _page(token, link, "closed"), 409
    with read_session() as session:
        own = read_own_place(session, required_viewer().login_id, link.pool, clock.now())
    return redirect(after_claim(own.holding.slug), code=303)


def _page(token: str, link: LinkFacts, what: str) -> str:
    return render(
        "seats/claim.html",
        link=link,
        token=token,
        what=what,
        person=viewer(),
        here=url_for(".show", token=token),
        has_run_out=link.state is LinkState.EXPIRED,
        is_used=link.state is LinkState.USED,
    )
