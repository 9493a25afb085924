"""The My webinars page: what a person can watch, until when, and where to resume."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Blueprint, flash, request, url_for
from flask import session as web_session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from lms.access.explanations import describe, grace_sentence, last_day
from lms.access.person_grants_and_seats import Holding
from lms.access.policy import LIVE_OPENS_BEFORE, UNPAID, Candidate, Code, PoolPlace, Way
from lms.accounts.recovery_email_prompt import ASKS_FOR_RECOVERY
from lms.catalog.my_webinars import Show, Volume, Wanted, read_my_webinars
from lms.catalog.my_webinars_statements import PAGE_SIZE, Sort
from lms.core import clock
from lms.core.dates_and_time_zones import read_zone, say_date
from lms.core.errors import N_
from lms.core.list_queries import read_columns
from lms.group_showings.showings import HAS_SHOWINGS, list_showings, showable
from lms.live.registrants import HAS_UPCOMING, LONGEST, Upcoming, read_upcoming
from lms.models.catalog import WebinarState
from lms.models.organizations import Role
from lms.organizations.member_invitations import HAS_INVITATIONS, accept, decline, offered_to
from lms.training.trainee_read_models import HAS_TRAINING, SHOWN_WHEN_DONE
from lms.web.access.access_panel_and_reader_times import reading_zone, said, said_datetime
from lms.web.catalog.webinar_cards import Card, badge_kind, badge_words, live_words
from lms.web.core.current_user import required_viewer
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.recording_time_texts import minutes_of
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.playback.player import watched_words
from lms.web.playback.poster_images import picture_of
from lms.web.pricing.buy_box import Cover, renewal_of
from lms.web.seats.assign_lines import assign_lines
from lms.web.seats.own import covered
from lms.web.training.own import assigned_to

blueprint = Blueprint("library", __name__)

MOST_TO_ASSIGN: Final = 5
FEWEST_TO_FILTER: Final = 8
LONGEST_QUERY: Final = 200
SHOWS: Final = {
    Show.ALL: N_("All"),
    Show.TO_COME: N_("Coming up live"),
    Show.HELD: N_("Recordings"),
}
SORTS: Final = {
    Sort.NEWEST: N_("Newest first"),
    Sort.OLDEST: N_("Oldest first"),
    Sort.TITLE: N_("By title"),
}
RECOVERY_LATER: Final = "recovery_later"
ASKED_AS: Final = {
    Role.MEMBER: N_("invited you to join as a member."),
    Role.SUPERVISOR: N_("invited you to see the people, training, and reports of some groups."),
    Role.BILLING: N_("invited you to see its orders and invoices."),
    Role.LMS_ADMIN: N_("invited you to connect its LMS."),
    Role.MANAGER: N_("invited you to manage its seats as a manager."),
    Role.OWNER: N_("invited you to manage its seats as an owner."),
}


# Most people have nothing in most sections, which one statement tells.
_SECTIONS: Final = select(
    HAS_SHOWINGS.label("showings"),
    HAS_INVITATIONS.label("invitations"),
    HAS_UPCOMING.label("upcoming"),
    HAS_TRAINING.label("training"),
    ASKS_FOR_RECOVERY.label("prompt"),
)


@blueprint.get("/library")
@open_to(Audience.SIGNED_IN)
def library() -> ResponseReturnValue:
    """Show what this person can watch, live and recorded, and what waits for their answer."""
    person, wanted, now = required_viewer(), _wanted(), clock.now()
    page = wanted.page
    with read_session() as session:
        shelf = read_my_webinars(session, wanted, login_id=person.login_id, now=now)
        has = _read_sections(session, person.login_id, now)
        shown = list_showings(session, person.login_id, now=now) if has.showings else ()
        hosts = bool(shown or (shelf.has_showings and showable(session, person.login_id, now=now)))
        offered = offered_to(session, person.login_id) if has.invitations else ()
        upcoming = read_upcoming(session, person.login_id, now=now) if has.upcoming else ()
        assigned = assigned_to(session, person.login_id, now) if has.training else []
        to_assign = assign_lines(session, person, now=now)
        passes = [_pass(session, candidate) for candidate in shelf.passes]
    return render(
        "public/my_webinars.html",
        coming=[_coming(each, now) for each in upcoming] if page == 1 else [],
        begun=[_card(volume) for volume in shelf.begun],
        held=[_card(volume) for volume in shelf.held],
        free=[_card(volume) for volume in shelf.free],
        offered=[(each, _(ASKED_AS[each.role])) for each in offered],
        assigned=assigned,
        to_assign=to_assign[:MOST_TO_ASSIGN],
        more_to_assign=to_assign[MOST_TO_ASSIGN:],
        seats=[_reserved(each) for each in shelf.claimable],
        waiting=[_waiting(each, number) for each, number in shelf.waiting],
        open_showings=[each for each in shown if each.is_open],
        hosts=hosts,
        asks_for_recovery=has.prompt and RECOVERY_LATER not in web_session,
        graced=[
            said(grace_sentence(each.candidate.grant, reading_zone())) for each in shelf.graced
        ],
        passes=passes,
        wanted=wanted,
        shows=[(show.value, _(words)) for show, words in SHOWS.items()],
        sorts=[(sort.value, _(words)) for sort, words in SORTS.items()],
        has_filters=wanted.is_narrowed or shelf.total > FEWEST_TO_FILTER,
        pager=pager_of(page, PAGE_SIZE, shelf.total, url=lambda to: _page_url(wanted, to)),
    )


def _read_sections(session: Session, login_id: int, now: datetime) -> Row[*tuple[bool, ...]]:
    """Return which sections have anything to read, and whether to ask for a recovery address."""
    since = {"begun_after": now - LONGEST, "done_after": now - SHOWN_WHEN_DONE}
    return read_columns(session, _SECTIONS, {"person": login_id, **since}).one()


def _wanted() -> Wanted:
    """Return what the address asks for; values that don't exist are left out."""
    show, sort = request.args.get("show", ""), request.args.get("sort", "")
    return Wanted(
        page=page_number(),
        query=" ".join(request.args.get("q", "").split())[:LONGEST_QUERY],
        show=Show(show) if show in tuple(Show) else Show.ALL,
        sort=Sort(sort) if sort in tuple(Sort) else Sort.NEWEST,
    )


@blueprint.post("/library/recovery-later")
@open_to(Audience.SIGNED_IN)
def recovery_later() -> ResponseReturnValue:
    """Stop asking for a recovery address in this browser until the next sign-in."""
    web_session[RECOVERY_LATER] = True
    return see_other(".library")


@blueprint.post("/library/asked/<invitation_id>")
@open_to(Audience.SIGNED_IN)
def answer(invitation_id: str) -> ResponseReturnValue:
    """Accept or decline an invitation to join an organization."""
    person, says_yes = required_viewer(), request.form.get("answer") == "accept"
    with transaction() as session:
        if says_yes:
            name = accept(session, invitation_id, person.login_id, now=clock.now())
        else:
            decline(session, invitation_id, person.login_id, now=clock.now())
    if says_yes:
        flash(_("You joined %(organization)s.", organization=name), "done")
    else:
        flash(_("Invitation declined."), "done")
    return see_other(".library")


@dataclass(frozen=True, slots=True)
class Coming:
    """A live webinar that this person plans to attend, or did until it was canceled."""

    title: str
    url: str
    words: str
    is_open: bool
    is_canceled: bool


def _coming(each: Upcoming, at: datetime) -> Coming:
    is_canceled = each.state is WebinarState.CANCELED
    is_open = not is_canceled and at >= each.held_at - LIVE_OPENS_BEFORE
    words = said_datetime(each.held_at, each.zone)
    if is_canceled:
        words = _("Canceled. See your options.")
    elif each.was_moved:
        words = _("New date: %(when)s", when=words)
    url = url_for("catalog.webinar", slug=each.slug)
    return Coming(each.title, url, words, is_open, is_canceled)


@dataclass(frozen=True, slots=True)
class SeatOffer:
    """A seat available to this person, or a waitlist they are on."""

    title: str
    words: str
    url: str
    claim_url: str


def _reserved(holding: Holding) -> SeatOffer:
    place = _place(holding)
    words = _(
        "%(organization)s has a seat available for you.", organization=place.organization_name
    )
    if holding.candidate.code is not Code.SEAT_CLAIMABLE:
        words = _("%(organization)s reserved a seat for you.", organization=place.organization_name)
        if place.expires_at is not None and place.way is not Way.EXPIRED:
            day = last_day(place.expires_at, reading_zone())
            words = _(
                "%(organization)s reserved a seat for you until %(day)s.",
                organization=place.organization_name,
                day=day,
            )
    return SeatOffer(
        title=_capitalized(covered(holding)),
        words=words,
        url=url_for("own_seats.show", pool=place.pool),
        claim_url=url_for("own_seats.claim", pool=place.pool),
    )


def _waiting(holding: Holding, number: int) -> SeatOffer:
    place = _place(holding)
    return SeatOffer(
        title=_capitalized(covered(holding)),
        words=_(
            "You're number %(number)s on the waitlist at %(organization)s.",
            number=number,
            organization=place.organization_name,
        ),
        url=url_for("own_seats.show", pool=place.pool),
        claim_url="",
    )


def _capitalized(words: str) -> str:
    """Return words with a capital first letter, for use as a title."""
    return words[:1].upper() + words[1:]


def _place(holding: Holding) -> PoolPlace:
    """Return the person's place in the pool of a holding; raises LookupError if it isn't from a pool."""
    if holding.place is None:
        raise LookupError("this holding is not from a pool")
    return holding.place


def _card(volume: Volume) -> Card:
    place, version = volume.place, volume.version
    begun = place if place is not None and place.is_begun else None
    when = say_date(volume.held_at, read_zone(volume.zone))
    badge, kind = badge_words(volume.decision), badge_kind(volume.decision)
    if volume.is_canceled:
        when, badge, kind = _("Was scheduled for %(day)s", day=when), _("Canceled"), "none"
    elif volume.is_to_come:
        when = live_words(volume.held_at, volume.zone)
    return Card(
        slug=volume.slug,
        title=volume.title,
        url=_url(volume),
        poster_url=None if volume.is_pulled else picture_of(volume.slug, version),
        minutes=minutes_of(version.seconds) if version else volume.minutes,
        presenters=", ".join(volume.presenters),
        when=when,
        badge=badge,
        badge_kind=kind,
        share=begun.share if begun else None,
        progress_text=watched_words(begun) if begun else None,
    )


def _url(volume: Volume) -> str:
    # A webinar without a recording links to its own page, which says when it is and how to join; an
    # unpaid one, because that page leads to the payment.
    is_playable = volume.version is not None and volume.decision.code not in UNPAID
    endpoint = "watch.watch" if is_playable else "catalog.webinar"
    return url_for(endpoint, slug=volume.slug)


def _pass(session: Session, candidate: Candidate) -> tuple[str, str, bool, Cover | None]:
    """Return what a pass covers, its state, whether it ended, and what renews it if it is their own."""
    covers, stands = describe(candidate, zone=reading_zone())
    is_over = candidate.code is Code.PASS_EXPIRED
    is_own = is_over and candidate.grant.place is None
    renewal = renewal_of(session, candidate.grant) if is_own else None
    return said(covers), said(stands), is_over, renewal


def _page_url(wanted: Wanted, page: int) -> str:
    return url_for(
        "library.library",
        q=wanted.query or None,
        show=wanted.show or None,
        sort=wanted.sort or None,
        page=page,
    )
