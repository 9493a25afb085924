"""Opening a playback session, and why one ended."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import structlog
from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Admitted, Decision, WebinarFacts, decide, is_hidden
from lms.core import clock
from lms.core.errors import N_, NotFound
from lms.models.playback import PlaybackEnd
from lms.playback import sessions as playback_sessions
from lms.playback import stream_limit, watch_page
from lms.playback.sessions import Playback, Screen, SessionFacts
from lms.playback.stream_limit import Holder
from lms.web.access import access_panel_and_reader_times
from lms.web.core.browser_names import describe
from lms.web.core.current_user import Viewer, viewer
from lms.web.core.order_browser import buyer_here, required_watcher
from lms.web.core.request_context import read_session, sent_json, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.playback.media_tokens import issue, read_ticket
from lms.web.playback.slide_strip_and_chapters import chapter_track

log = structlog.get_logger()
blueprint = Blueprint("playback", __name__)


MASTER: Final = "master.m3u8"
PROGRESSIVE: Final = "progressive.mp4"
THUMBNAILS: Final = "thumbs.vtt"

PLAY_HERE_INSTEAD: Final = N_("Play here instead")
MOVED: Final = N_("Playback moved to %(browser)s at %(time)s.")
PLAY_HERE_AGAIN: Final = N_("Play here again")
ENDINGS: Final = {
    PlaybackEnd.CLOSED: N_("This player was closed."),
    PlaybackEnd.SIGNED_OUT: N_("You signed out, so playback stopped here too."),
    PlaybackEnd.REVOKED: N_("Your access was removed while you were watching."),
    PlaybackEnd.RELEASED: N_("Your organization removed your seat."),
    PlaybackEnd.REFUNDED: N_("Your access ended when your payment was refunded."),
    PlaybackEnd.SUSPENDED: N_("Your access is paused because of a problem with its payment."),
    PlaybackEnd.LAPSED: N_("Your organization's contract ended."),
    PlaybackEnd.BLOCKED: N_("Your account is blocked."),
    PlaybackEnd.PULLED: N_("This webinar was removed and is no longer available."),
    PlaybackEnd.EXPIRED: N_("This player's session expired."),
    PlaybackEnd.IDLE: N_("This player was idle for four hours."),
    PlaybackEnd.TAKEN_OVER: N_("You started watching in another window or on another device."),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """How a person opens the player: as a staff preview, or taking over from another screen."""

    is_preview: bool
    takes_over: bool


@blueprint.post("/webinars/<slug>/playback")
@open_to(Audience.SIGNED_IN, Audience.BUYERS)
def open_session(slug: str) -> ResponseReturnValue:
    person = viewer() or _buyer_of(slug)
    wishes = sent_wishes()
    wish = Wish(is_preview="preview" in wishes, takes_over="take_over" in wishes)
    now = clock.now()
    answer = begin(slug, person, wish, now=now)
    if isinstance(answer, Playback):
        is_native = "native" in wishes
        return jsonify(addresses(answer, is_native=is_native, now=now))
    if isinstance(answer, Holder):
        return jsonify(played_elsewhere(answer)), HTTPStatus.CONFLICT
    decision, webinar = answer
    log.info("access_refused", code=decision.code)
    return jsonify(_told(decision, webinar, slug)), HTTPStatus.FORBIDDEN


@blueprint.post("/playback/<token>/why")
@open_to(Audience.PLAYBACK_TOKEN)
def why(token: str) -> ResponseReturnValue:
    ticket = read_ticket(token)
    now = clock.now()
    with read_session() as session:
        facts = playback_sessions.read_session_facts(session, ticket.session)
        person = viewer() or buyer_here(session, facts.webinar_id)
        if person is None and ticket.cookie:
            return jsonify(_sign_in_again(facts))
        login_id = facts.login_id if person is None else person.login_id
        case = load_case(session, login_id=login_id, webinar_id=facts.webinar_id)
        within = facts.organization_id
        decision = decide(case.login, case.webinar, Action.RECORDING, now, within=within)
        told = _told(decision, case.webinar, facts.slug)
        is_looking_over = facts.is_preview and person is not None and person.is_staff
        if is_looking_over:  # staff can preview it again, with or without access
            told |= {"step_label": None, "step_url": None}
        elif not isinstance(decision, Admitted):
            return jsonify(told)
        if facts.ended_as is PlaybackEnd.TAKEN_OVER:
            told |= taken_over(stream_limit.find_holder(session, login_id))
            return jsonify(told)
    is_live = facts.ended_as is None and facts.login_id == login_id
    told |= {"may_reopen": person is not None, "is_live": is_live}
    if facts.ended_as is not None:
        told["sentence"] = _(ENDINGS[facts.ended_as])
    return jsonify(told)


def sent_wishes() -> set[str]:
    """Return the names that the player's JSON sets to true."""
    told = sent_json()
    return {name for name in told if told[name] is True} if isinstance(told, dict) else set()


def begin(
    slug: str, person: Viewer, wish: Wish, *, now: datetime
) -> Playback | Holder | tuple[Decision, WebinarFacts]:
    """Open a session for this person, or return the other screen, or the decision that refused access.

    Staff can preview webinars without access. Raises NotFound, also for hidden webinars to which the
    person never had access.
    """
    browser = describe(request.user_agent.string)
    screen = Screen(person.login_id, person.sign_in_id, browser)
    with transaction(in_passing=True) as session:
        webinar_id = watch_page.webinar_id_of(session, slug, with_drafts=person.is_staff)
        if wish.is_preview:
            if not person.is_staff:
                raise NotFound
            return playback_sessions.open_preview(
                session, screen=screen, webinar_id=webinar_id, now=now
            )
        answer = playback_sessions.open_playback(
            session,
            screen=screen,
            webinar_id=webinar_id,
            takes_over=wish.takes_over,
            now=now,
        )
        if isinstance(answer, Playback | Holder):
            return answer
        case = load_case(session, login_id=person.login_id, webinar_id=webinar_id)
    if is_hidden(case.webinar, answer) and not person.is_staff:
        raise NotFound
    return answer, case.webinar


def _buyer_of(slug: str) -> Viewer:
    """Return the buyer of this browser's order; raises Forbidden, or NotFound for an unknown webinar."""
    with read_session() as session:
        webinar_id = watch_page.webinar_id_of(session, slug, with_drafts=True)
        return required_watcher(session, webinar_id)


def elsewhere_words(holder: Holder) -> str:
    """Return where the person's stream plays: "Playing in Firefox on Windows since 2:10 PM."."""
    return _(
        "Playing in %(browser)s since %(time)s.",
        browser=holder.browser,
        time=access_panel_and_reader_times.said_time(holder.since),
    )


def plain_addresses(playback: Playback, *, is_framed: bool, now: datetime) -> dict[str, Any]:
    """Return what a page without scripts plays: the plain MP4, once it is encoded, and the captions."""
    media = f"/media/{issue(playback, native=True, framed=is_framed, now=now).film}"
    return {
        "film_url": f"{media}/{playback.run}/{PROGRESSIVE}" if playback.is_whole else None,
        "captions": _captions(playback, media),
    }


def addresses(
    playback: Playback,
    *,
    is_native: bool,
    now: datetime,
    why_url: str | None = None,
) -> dict[str, Any]:
    """Return what a player needs: its media URLs, its heartbeat and other endpoints, and the progress.

    A frame's `why_url` replaces the page that explains why playback ended, with `{token}` for the
    token. If `is_renewed`, each heartbeat returns the next media token.
    """
    tokens = issue(playback, native=is_native, framed=why_url is not None, now=now)
    token, media = tokens.page, f"/media/{tokens.page}"
    ends_at = playback.access_ends_at
    slides = playback.slides if playback.is_whole else ()
    ends_in = None if ends_at is None else (ends_at - now).total_seconds()
    return {
        "hls": f"/media/{tokens.film}/{playback.run}/{MASTER}",
        "is_renewed": tokens.film != tokens.page,
        "thumbnails": f"{media}/{playback.run}/{THUMBNAILS}" if playback.is_whole else None,
        "slides": f"{media}/{playback.run}/",
        # The chapters as WebVTT, which spares each player a request.
        "chapters": chapter_track(slides) if slides else None,
        "captions": _captions(playback, media),
        "beat": f"/playback/{token}/beat",
        "close": f"/playback/{token}/close",
        "why": why_url.format(token=token) if why_url else url_for("playback.why", token=token),
        "seconds": playback.seconds,
        "resume_s": playback.place.resume_s,
        "watched": b64encode(playback.place.buckets).decode("ascii"),
        "ends_at": None if ends_at is None else ends_at.isoformat(),
        "ends_in_s": ends_in,
    }


def _captions(playback: Playback, media: str) -> list[dict[str, Any]]:
    return [
        {
            "src": f"{media}/captions/{track.file}",
            "language": track.language,
            "label": track.label,
            "is_default": track.is_default,
        }
        for track in playback.captions
    ]


def _told(decision: Decision, webinar: WebinarFacts, slug: str) -> dict[str, Any]:
    panel = access_panel_and_reader_times.panel_of(decision, webinar, slug=slug)
    return {
        "code": decision.code,
        "sentence": panel.sentence,
        "more": panel.more,
        "step_label": panel.action_label,
        # actions that need a POST are on the webinar's page
        "step_url": url_for("catalog.webinar", slug=slug) if panel.posts else panel.action_url,
        "may_reopen": False,
    }


def played_elsewhere(holder: Holder) -> dict[str, Any]:
    """Return that another screen plays, and that this one can take over (STREAM_LIMIT)."""
    return {
        "code": "STREAM_LIMIT",
        "sentence": elsewhere_words(holder),
        "more": _("You can watch on one screen at a time."),
        "take_over_label": _(PLAY_HERE_INSTEAD),
        "may_reopen": False,
    }


def taken_over(holder: Holder) -> dict[str, Any]:
    """Return where playback moved to, and that this player can take over again."""
    return {
        "code": "TAKEN_OVER",
        "sentence": _(
            MOVED,
            browser=holder.browser,
            time=access_panel_and_reader_times.said_time(holder.since),
        ),
        "take_over_label": _(PLAY_HERE_AGAIN),
        "step_label": None,
        "step_url": None,
    }


def _sign_in_again(facts: SessionFacts) -> dict[str, Any]:
    return {
        "code": "sign_in_first",
        "sentence": _(ENDINGS[facts.ended_as or PlaybackEnd.SIGNED_OUT]),
        "step_label": _("Sign in"),
        "step_url": url_for("sign_in.sign_in", next=url_for("watch.watch", slug=facts.slug)),
        "may_reopen": False,
    }
