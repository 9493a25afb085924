"""Webinar page content for one person: visibility, state, actions, and price."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from flask import url_for
from flask_babel import gettext as _

from lms.access.policy import (
    LIVE_OPENS_BEFORE,
    Action,
    Admitted,
    Case,
    Code,
    Decision,
    Turned,
    decide,
    is_hidden,
)
from lms.catalog.webinar_page import Announcement
from lms.core.dates_and_time_zones import say_span
from lms.core.errors import N_, NotFound
from lms.models.catalog import WebinarState
from lms.web.access.access_panel_and_reader_times import Panel, panel_of
from lms.web.core.current_user import Viewer
from lms.web.seats.assign_lines import AssignLine

RECORDING_AWAITED: Final = timedelta(days=30)
SIGN_IN_TO_CHOOSE: Final = N_("If you registered, sign in to see your options.")
SIGN_IN_TO_JOIN: Final = N_("Already registered? Sign in to join.")
OPEN_TO_JOIN: Final = N_("Open to join")
LIVE_NOW: Final = N_("Live now")
RECORDING_SOON: Final = N_("Recording coming soon")


def check_may_see(
    found: Announcement, person: Viewer | None, case: Case | None, now: datetime
) -> None:
    """Raise NotFound if this person can't see the page; staff can see every page.

    Drafts are for staff only, withdrawn webinars for people who have or had access.
    """
    if person is not None and person.is_staff:
        return
    is_off = found.state in (WebinarState.DRAFT, WebinarState.WITHDRAWN)
    if case is not None:
        is_off = is_hidden(case.webinar, decide(case.login, case.webinar, Action.HANDOUT, now))
    if is_off:
        raise NotFound


def is_for_holders(found: Announcement) -> bool:
    """Return whether only people with present or past access can see this webinar's page."""
    return found.state is WebinarState.WITHDRAWN


def panel_for(found: Announcement, case: Case | None, now: datetime) -> Panel:
    """Return the access panel of a webinar's page: about the live session until it is over."""
    if case is None:
        return _stranger(found, now)
    decision = decision_for(found, case, now)
    panel = panel_of(decision, case.webinar, slug=found.slug)
    if not _is_about_live(found, now):
        return _overrunning(panel, found) if is_still_open(found, case, now) else panel
    return _live(panel, decision, found, now)


def decision_for(found: Announcement, case: Case, now: datetime) -> Decision:
    """Return the decision that a webinar's page is about: the live session's until it is over."""
    action = Action.LIVE if _is_about_live(found, now) else Action.RECORDING
    return decide(case.login, case.webinar, action, now)


def _is_about_live(found: Announcement, now: datetime) -> bool:
    return now < found.ends_at and found.state is not WebinarState.PULLED


def with_seats(panel: Panel, lines: Sequence[AssignLine]) -> Panel:
    """Add to the access panel the seats of this webinar that a manager can assign (S12)."""
    if not lines:
        return panel
    line = lines[0]
    if panel.posts:
        return replace(panel, sentence=line.words, more=panel.sentence, second=line.second)
    return replace(panel, more=line.words, second=line.second)


def is_still_open(found: Announcement, case: Case, now: datetime) -> bool:
    """Return whether a person can still join after the scheduled end, in case the webinar runs long."""
    decision = decide(case.login, case.webinar, Action.LIVE, now)
    return found.has_live_link and now >= found.ends_at and isinstance(decision, Admitted)


def phase_of(found: Announcement, now: datetime) -> tuple[str, str] | None:
    """Return a badge (text and kind) for a live webinar that is near or on, or a recording that is awaited."""
    if found.state is not WebinarState.ANNOUNCED or now < found.held_at - LIVE_OPENS_BEFORE:
        return None
    if now < found.held_at:
        return _(OPEN_TO_JOIN), "open"
    if now < found.ends_at:
        return _(LIVE_NOW), "open"
    if found.recording is None and now < found.ends_at + RECORDING_AWAITED:
        return _(RECORDING_SOON), "none"
    return None


def holds(case: Case | None, now: datetime) -> bool:
    """Return whether a person has access to a webinar, by a grant or because it is free."""
    # A handout is open to everyone with access, whether or not the recording is ready.
    return case is not None and isinstance(
        decide(case.login, case.webinar, Action.HANDOUT, now), Admitted
    )


def may_register(found: Announcement, case: Case | None, now: datetime) -> bool:
    """Return whether a person can register for free: for an upcoming webinar they have access to (A6)."""
    if case is None or found.state is not WebinarState.ANNOUNCED or now >= found.ends_at:
        return False
    return holds(case, now)


def _live(panel: Panel, decision: Decision, found: Announcement, now: datetime) -> Panel:
    if isinstance(decision, Turned):
        if decision.code is not Code.LIVE_NOT_OPEN:
            return panel
        span = say_span(found.held_at - now)
        return replace(
            panel,
            action_label=_("Join live in %(span)s", span=span),
            action_url=None,
            disabled=True,
        )
    if not found.has_live_link:
        return replace(
            panel,
            action_label=None,
            action_url=None,
            note=_(
                "The link to join will appear here before the webinar starts. Come back then and "
                "reload this page."
            ),
        )
    return replace(
        panel,
        action_label=_("Join live"),
        action_url=url_for("live.join", slug=found.slug),
    )


def _overrunning(panel: Panel, found: Announcement) -> Panel:
    return replace(
        panel,
        action_label=_("Join live"),
        action_url=url_for("live.join", slug=found.slug),
        action_kind="",
        note=_("If the webinar runs long, you can join for up to an hour after its scheduled end."),
    )


def _stranger(found: Announcement, now: datetime) -> Panel:
    is_over = now >= found.ends_at
    if found.state is WebinarState.PULLED:
        sentence = _("This webinar was removed and is no longer available.")
    elif found.state is WebinarState.CANCELED:
        sentence = _(SIGN_IN_TO_CHOOSE)
    elif found.free and is_over:
        sentence = _("This webinar is free. Sign in to watch.")
    elif found.free:
        sentence = _("This webinar is free. Sign in to join.")
    elif is_over:
        sentence = _("Sign in to see whether you have access.")
    else:
        sentence = _(SIGN_IN_TO_JOIN)
    is_gone = found.state is WebinarState.PULLED
    here = url_for("catalog.webinar", slug=found.slug)
    return Panel(
        sentence=sentence,
        since=None,
        until=None,
        action_label=None if is_gone else _("Sign in"),
        action_url=None if is_gone else url_for("sign_in.sign_in", next=here),
        weighed=(),
    )
