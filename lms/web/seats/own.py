"""A person's own seat: claim it, release it, join the waitlist, or ask a question."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from limits import RateLimitItemPerDay, RateLimitItemPerHour
from wtforms import Form, HiddenField, TextAreaField
from wtforms.validators import DataRequired, Length

from lms.access.explanations import STEP_LABELS, Step, describe, last_day
from lms.access.order_payers import asked_organization
from lms.access.person_grants_and_seats import Holding, OwnPlace, read_own_place
from lms.access.policy import Code, Way
from lms.core import clock
from lms.core.errors import Invalid, NotFound
from lms.models.grants import Scope
from lms.organizations.organizations import find_manager
from lms.playback.watch_page import read_playable
from lms.seats import self_service
from lms.seats.claims import Already, Claimed
from lms.seats.self_service import LONGEST_QUESTION, SAY_SOMETHING, Question
from lms.seats.waitlist import Waiting
from lms.web.access.access_panel_and_reader_times import reading_zone, said
from lms.web.core import rate_limits
from lms.web.core.current_user import Viewer, required_viewer
from lms.web.core.form_errors import shown_in
from lms.web.core.lazy_form_translations import _l
from lms.web.core.next_url import HOME, asked_onward
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("own_seats", __name__)

OVER = (Code.CONTRACT_LAPSED, Code.PASS_EXPIRED, Code.SEAT_RELEASED)
QUESTIONS = rate_limits.Limit("seat_questions", (RateLimitItemPerHour(5), RateLimitItemPerDay(15)))


class QuestionForm(Form):
    """A message to the people who manage the seats; `webinar` is the slug it was opened from."""

    message = TextAreaField(
        _l("Your message"),
        [DataRequired(_l(SAY_SOMETHING)), Length(max=LONGEST_QUESTION)],
    )
    webinar = HiddenField()


@blueprint.get("/library/seats/<pool>")
@open_to(Audience.SIGNED_IN)
def show(pool: str) -> ResponseReturnValue:
    """Show a person's status in a pool, and what they can do about it."""
    person, now = required_viewer(), clock.now()
    with read_session() as session:
        own = read_own_place(session, person.login_id, pool, now)
        asked = asked_organization(session, own.place, person.login_id)
        manager = find_manager(session, asked, other_than=person.login_id)
    covers, stands = describe(own.holding.candidate, zone=reading_zone())
    return render(
        "seats/own_seat.html",
        own=own,
        pool=pool,
        organization=own.place.organization_name,
        covers=covered(own.holding),
        heading=_heading(own),
        sentence=_sentence(own),
        weighed=(said(covers), said(stands)),
        ask_label=_(STEP_LABELS[Step.ASK], manager=manager) if manager else None,
        next_url=asked_onward(),
    )


@blueprint.post("/library/seats/<pool>/claim")
@open_to(Audience.SIGNED_IN)
def claim(pool: str) -> ResponseReturnValue:
    person, now = required_viewer(), clock.now()
    with transaction() as session:
        own = read_own_place(session, person.login_id, pool, now)
        done = self_service.claim_own(
            session,
            person.login_id,
            pool,
            links=links(),
            actor=person.public_id,
            now=now,
        )
    organization = own.place.organization_name
    if isinstance(done, Claimed):
        flash(
            _("You now have a seat from %(organization)s.", organization=organization),
            "done",
        )
        return redirect(asked_onward() or after_claim(own.holding.slug), code=303)
    if isinstance(done, Already):
        flash(_("You already have this seat."), "note")
        return redirect(asked_onward() or after_claim(own.holding.slug), code=303)
    flash(
        _(
            "The last seat from %(organization)s was just taken. You can join the waitlist.",
            organization=organization,
        ),
        "attention",
    )
    return see_other(".show", pool=pool)


@blueprint.post("/library/seats/<pool>/join")
@open_to(Audience.SIGNED_IN)
def join(pool: str) -> ResponseReturnValue:
    person = required_viewer()
    with transaction() as session:
        done = self_service.join_waiting_list(
            session, person.login_id, pool, actor=person.public_id, now=clock.now()
        )
    if isinstance(done, Waiting):
        flash(_("You're number %(at)s on the waitlist.", at=done.position), "done")
    return see_other(".show", pool=pool)


@blueprint.post("/library/seats/<pool>/leave")
@open_to(Audience.SIGNED_IN)
def leave(pool: str) -> ResponseReturnValue:
    person = required_viewer()
    with transaction() as session:
        self_service.leave_waiting_list(session, person.login_id, pool, now=clock.now())
    flash(_("You left the waitlist."), "done")
    return redirect(HOME, code=303)


@blueprint.post("/library/seats/<pool>/give-back")
@open_to(Audience.SIGNED_IN)
def give_back(pool: str) -> ResponseReturnValue:
    person, now = required_viewer(), clock.now()
    with transaction() as session:
        self_service.give_back(
            session,
            person.login_id,
            pool,
            links=links(),
            actor=person.public_id,
            now=now,
        )
    flash(_("You released your seat."), "done")
    return redirect(HOME, code=303)


@blueprint.get("/library/seats/<pool>/ask")
@open_to(Audience.SIGNED_IN)
def ask(pool: str) -> ResponseReturnValue:
    """Show a form for a message to the people who manage the seats."""
    form = QuestionForm(request.args)
    title = _title(form.webinar.data)
    if not form.message.data:
        form.message.data = _first_words(title)
    return _ask_page(pool, form, required_viewer())


@blueprint.post("/library/seats/<pool>/ask")
@open_to(Audience.SIGNED_IN)
def send(pool: str) -> ResponseReturnValue:
    person = required_viewer()
    form = QuestionForm(request.form)
    if not form.validate():
        return _ask_page(pool, form, person), 400
    rate_limits.spend(QUESTIONS, person.public_id)
    question = Question(
        name=person.name,
        email=person.email or "",
        webinar=_title(form.webinar.data),
        message=form.message.data or "",
    )
    with shown_in(form, Invalid):
        with transaction() as session:
            manager = self_service.ask_managers(
                session, person.login_id, pool, question, links=links(), now=clock.now()
            )
        flash(
            _(
                "We sent your message to %(manager)s. They'll reply to %(email)s.",
                manager=manager,
                email=person.email or "",
            ),
            "done",
        )
        return redirect(HOME, code=303)
    return _ask_page(pool, form, person), 400


def covered(holding: Holding) -> str:
    """Return what a holding is for: the webinar's title, "all webinars with ...", "all webinars"."""
    grant = holding.candidate.grant
    match grant.scope:
        case Scope.WEBINAR:
            return grant.covers
        case Scope.PRESENTER:
            return _("all webinars with %(covers)s", covers=grant.covers)
        case Scope.SERIES:
            return _("the series %(covers)s", covers=grant.covers)
        case Scope.EVERYTHING:
            return _("all webinars")


def after_claim(slug: str | None) -> str:
    """Return where to go after claiming a seat: the webinar it is for, or My webinars."""
    return url_for("catalog.webinar", slug=slug) if slug else HOME


def _heading(own: OwnPlace) -> str:
    organization = own.place.organization_name
    if own.seat is not None:
        return _("Your seat from %(organization)s", organization=organization)
    if own.holding.is_off:
        return _("This webinar was canceled or removed")
    if own.holding.may_claim:
        return _("%(organization)s has a seat for you", organization=organization)
    if own.number is not None:
        return _("You're number %(number)s on the waitlist", number=own.number)
    return _("No seat from %(organization)s right now", organization=organization)


def _sentence(own: OwnPlace) -> str:
    place, code = own.place, own.holding.candidate.code
    if own.seat is not None or code in OVER:
        return ""
    if own.holding.is_off:
        return _("If we reinstate it, you can claim a seat while seats are available.")
    if (
        own.holding.may_claim
        and place.way in (Way.INVITED, Way.OFFERED)
        and place.expires_at is not None
    ):
        day = last_day(place.expires_at, reading_zone())
        return _("It's reserved for you until %(day)s.", day=day)
    if own.holding.may_claim:
        return _("Claim it before someone else does.")
    if own.number is not None:
        return _("When a seat becomes available, we'll email you and reserve it for 72 hours.")
    return _("All seats are taken.")


def _title(slug: str | None) -> str:
    if not slug:
        return ""
    with read_session() as session:
        try:
            return read_playable(session, slug).title
        except NotFound:
            return ""


def _first_words(title: str) -> str:
    if title:
        return _(
            "Hello, I would like to watch “%(title)s.” Could you assign me a seat?",
            title=title,
        )
    return _("Hello, could you assign me a seat?")


def _ask_page(pool: str, form: QuestionForm, person: Viewer) -> str:
    with read_session() as session:
        own = read_own_place(session, person.login_id, pool, clock.now())
        asked = asked_organization(session, own.place, person.login_id)
        manager = find_manager(session, asked, other_than=person.login_id)
    return render(
        "seats/own_ask_manager.html",
        form=form,
        pool=pool,
        organization=own.place.organization_name,
        manager=manager,
        slug=form.webinar.data or "",
    )
