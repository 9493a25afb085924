"""Registration pages of a live webinar: register, cancel, and join."""

from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.access.decision_facts import load_case
from lms.access.policy import LIVE_OPENS_BEFORE, Action, Admitted, Case, Turned, decide, is_hidden
from lms.cancellation_offers.offer_links import offer_links
from lms.cancellation_offers.read_models import open_offer_of
from lms.catalog.webinar_page import Announcement, read_announcement, read_live_room
from lms.core import clock
from lms.core.errors import N_, Forbidden, Invalid, NotFound
from lms.live import answers, questions, registrations
from lms.live.questions import Question
from lms.live.registrants import Upcoming, read_standing, read_went_to
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import Scope
from lms.requests import accommodations
from lms.requests.accommodations import Needs
from lms.requests.read_models import RequestFacts
from lms.requests.rebookings import Choice, read_choice
from lms.web.access.access_panel_and_reader_times import panel_of, said_datetime
from lms.web.catalog.webinar_page_content import check_may_see, may_register
from lms.web.core import rate_limits
from lms.web.core.current_user import Viewer, required_viewer
from lms.web.core.form_errors import shown_in
from lms.web.core.order_browser import required_watcher
from lms.web.core.private_page_headers_and_mail_links import links, mail_context
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.live.registration_form import AccommodationForm, registration_form, sent_answers
from lms.web.pricing.buy_box import refused_box

blueprint = Blueprint("live", __name__, url_prefix="/webinars/<slug>")


def _has_changed(found: Announcement, at: datetime) -> bool:
    """Return whether a webinar was canceled or has a new date in the future."""
    was_moved = found.moved_from is not None and at < found.held_at
    return found.state is WebinarState.CANCELED or was_moved


@dataclass(frozen=True, slots=True)
class Coming:
    """A person's status for an upcoming webinar: `open` (can register), `registered` or `left`.

    With `bought`, they have access to the webinar itself and don't need to register.
    """

    standing: str
    bought: bool


def choice_of(session: Session, found: Announcement, person: Viewer, at: datetime) -> Choice | None:
    """Return what a person can choose instead of a webinar that was canceled or postponed."""
    if not _has_changed(found, at):
        return None
    row = session.get_one(Webinar, found.id)
    return read_choice(session, row, person.login_id, now=at)


def offer_url_of(session: Session, found: Announcement, person: Viewer, at: datetime) -> str:
    """Return the URL of a buyer's options for a changed webinar, or "" if they have none."""
    if not _has_changed(found, at):
        return ""
    offer_id = open_offer_of(session, found.id, person.login_id)
    return offer_links(carrel().settings).page(offer_id) if offer_id else ""


def taken_of(session: Session, found: Announcement, person: Viewer) -> Upcoming | None:
    """Return the webinar that a person chose instead of this one."""
    if found.state is not WebinarState.CANCELED and found.moved_from is None:
        return None
    return read_went_to(session, login_id=person.login_id, webinar_id=found.id)


def coming_of(
    session: Session, found: Announcement, person: Viewer, case: Case, at: datetime
) -> Coming | None:
    """Return a person's status for an upcoming webinar; None if they can't register."""
    # once the webinar is open to join, people join instead, which registers them
    if not may_register(found, case, at) or at >= found.held_at - LIVE_OPENS_BEFORE:
        return None
    standing = read_standing(session, login_id=person.login_id, webinar_id=found.id)
    decision = decide(case.login, case.webinar, Action.HANDOUT, at)
    grant = decision.grant if isinstance(decision, Admitted) else None
    bought = grant is not None and grant.scope is Scope.WEBINAR
    if standing is not None:
        return Coming("registered" if standing.is_coming else "left", bought)
    return Coming("registered" if bought else "open", bought)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person is asked and asked for: questions, unanswered ones, and their accommodation.

    `may_change` is whether the live session is still to come.
    """

    questions: int
    unanswered: int
    accommodation: RequestFacts | None
    may_change: bool


def asked_for(
    session: Session, found: Announcement, person: Viewer, case: Case, at: datetime
) -> Asked:
    """Return what a person was asked about a live session, and, until it ends, what they asked for."""
    may_change = may_register(found, case, at) and at < found.held_at
    asked = questions.asked_of(session, found.id) if may_change else ()
    own = answers.read_own(session, login_id=person.login_id, webinar_id=found.id) if asked else {}
    need = None
    if at < found.ends_at:
        need = accommodations.read_own(session, login_id=person.login_id, webinar_id=found.id)
    return Asked(len(asked), sum(each.id not in own for each in asked), need, may_change)


@blueprint.route("/register", methods=["GET", "POST"])
@open_to(Audience.SIGNED_IN)
def register(slug: str) -> ResponseReturnValue:
    """Register for an upcoming webinar that the person has access to (A6).

    Until the live session, people answer our questions here, change their answers, and request an
    accommodation.
    """
    person, now = required_viewer(), clock.now()
    with read_session() as session:
        found = _coverable(session, slug, person, now)
        page = _read_page(session, found, person, now)
    if request.method == "GET":
        if now >= found.held_at:
            return see_other("catalog.webinar", slug=slug)
        return page.render()
    if not page.form.validate():
        return page.render(), 400
    needs = page.form.needed()
    if needs is not None:
        rate_limits.spend(rate_limits.EMAILS, (person.email or "").casefold())
    with shown_in(page.form, Invalid):
        with transaction() as session:
            is_new = _register(session, page, person, now)
            if needs is not None:
                _ask_for(session, page, needs, person, now)
        flash(_done(page, is_new=is_new, has_needs=needs is not None), "done")
        return see_other("catalog.webinar", slug=slug)
    return page.render(), 400


def _done(page: "_Page", *, is_new: bool, has_needs: bool) -> str:
    said = ""
    if is_new:
        said = _("You're registered. We emailed you how to join.")
    elif page.questions and not has_needs:
        said = _("Your answers were saved.")
    if has_needs:
        more = _("We received your accommodation request and emailed you a confirmation.")
        said = f"{said} {more}".strip()
    return said or _("You're already registered.")


@dataclass(frozen=True, slots=True)
class _Page:
    """The page of a registration: its questions and form, and the person's earlier accommodation."""

    found: Announcement
    questions: tuple[Question, ...]
    form: AccommodationForm
    accommodation: RequestFacts | None
    is_registered: bool

    def render(self) -> str:
        """Return the page."""
        return render(
            "live/registration.html",
            webinar=self.found,
            when=said_datetime(self.found.held_at, self.found.zone),
            form=self.form,
            questions=self.questions,
            accommodation=self.accommodation,
            is_registered=self.is_registered,
        )


def _read_page(session: Session, found: Announcement, person: Viewer, at: datetime) -> _Page:
    case = load_case(session, login_id=person.login_id, webinar_id=found.id)
    coming = coming_of(session, found, person, case, at)
    asked = questions.asked_of(session, found.id) if at < found.held_at else ()
    own = answers.read_own(session, login_id=person.login_id, webinar_id=found.id) if asked else {}
    need = accommodations.read_own(session, login_id=person.login_id, webinar_id=found.id)
    is_registered = coming is not None and coming.standing == "registered"
    return _Page(found, asked, registration_form(asked, own), need, is_registered)


def _register(session: Session, page: _Page, person: Viewer, now: datetime) -> bool:
    """Register a person with their answers; return whether they weren't registered before."""
    given, webinar_id = sent_answers(page.form, page.questions), page.found.id
    if page.questions:
        answers.give(
            session, login_id=person.login_id, webinar_id=webinar_id, answers=given, now=now
        )
    if page.is_registered:
        # a job registers buyers, and it might not have run yet
        registrations.enter(session, login_id=person.login_id, webinar_id=webinar_id, now=now)
        return False
    return registrations.register(
        session, login_id=person.login_id, webinar_id=webinar_id, links=links(), now=now
    )


def _ask_for(session: Session, page: _Page, needs: Needs, person: Viewer, now: datetime) -> None:
    accommodations.ask(
        session,
        needs,
        login_id=person.login_id,
        webinar_id=page.found.id,
        mail_context=mail_context(),
        now=now,
    )


@blueprint.post("/register/leave")
@open_to(Audience.SIGNED_IN)
def leave(slug: str) -> ResponseReturnValue:
    """Cancel a registration; the person's access stays."""
    person, now = required_viewer(), clock.now()
    # each cancellation and each new registration sends an email
    rate_limits.spend(rate_limits.EMAILS, f"{person.public_id}.{slug}")
    with transaction() as session:
        found = _coverable(session, slug, person, now)
        # a job registers buyers, and it might not have run yet
        registrations.enter(session, login_id=person.login_id, webinar_id=found.id, now=now)
        registrations.leave(
            session, login_id=person.login_id, webinar_id=found.id, links=links(), now=now
        )
    flash(_("You're no longer registered and won't get reminders."), "done")
    return see_other("catalog.webinar", slug=slug)


@blueprint.post("/register/email")
@open_to(Audience.SIGNED_IN)
def send_again(slug: str) -> ResponseReturnValue:
    """Email the confirmation of a registration again, while the webinar is upcoming."""
    person, now = required_viewer(), clock.now()
    rate_limits.spend(rate_limits.EMAILS, (person.email or "").casefold())
    with transaction() as session:
        found = _coverable(session, slug, person, now)
        registrations.send_again(
            session, login_id=person.login_id, webinar_id=found.id, links=links(), now=now
        )
    flash(_("We emailed it again."), "done")
    return see_other("catalog.webinar", slug=slug)


@blueprint.get("/live")
@open_to(Audience.SIGNED_IN, Audience.BUYERS)
def join(slug: str) -> ResponseReturnValue:
    """Redirect a person to the live room, any number of times; no page contains the room's URL."""
    now = clock.now()
    with read_session() as session:
        room = read_live_room(session, slug)
        person = required_watcher(session, room.webinar_id)
        if room.state is WebinarState.DRAFT:
            raise NotFound
        case = load_case(session, login_id=person.login_id, webinar_id=room.webinar_id)
    decision = decide(case.login, case.webinar, Action.LIVE, now)
    if is_hidden(case.webinar, decision) and not person.is_staff:
        raise NotFound
    if isinstance(decision, Turned):
        panel = panel_of(decision, case.webinar, slug=slug)
        with read_session() as session:
            box = refused_box(session, slug, case.webinar, decision, now=now)
        shown = replace(panel, action_url=None) if box else panel
        page = render("live/room_entry.html", slug=slug, title=room.title, panel=shown, box=box)
        return page, 403
    if room.link is None:
        return render("live/room_entry.html", slug=slug, title=room.title, panel=None)
    if _is_a_person_coming():
        with transaction() as session:
            registrations.note_join(
                session, login_id=person.login_id, webinar_id=room.webinar_id, now=now
            )
    answer = redirect(room.link, code=303)
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _is_a_person_coming() -> bool:
    """Return whether a request is a click rather than a prefetch by the browser."""
    purpose = request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
    return request.method == "GET" and "prefetch" not in purpose


def _coverable(session: Session, slug: str, person: Viewer, at: datetime) -> Announcement:
    found = read_announcement(session, slug)
    case = load_case(session, login_id=person.login_id, webinar_id=found.id)
    check_may_see(found, person, case, at)
    if not may_register(found, case, at):
        raise Forbidden(N_("Your access doesn't include this webinar."))
    return found
