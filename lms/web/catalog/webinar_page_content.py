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
from lms.core.errors import NotFound
from lms.models.catalog import WebinarState
from lms.web.access.access_panel_and_reader_times import Panel, panel_of
from lms.web.core.current_user import Viewer
from lms.web.seats.assign_lines import AssignLine

RECORDING_AWAITED: Final = timedelta(days=30)


def check_may_see(
    found: Announcement, person: Viewer | None, case: Case | None, now: datetime
) -> None:
    """Raise NotFound for a page that this person may not see; staff see every page.

    A draft is there for staff alone, a withdrawn webinar for who holds it or held it.
    """
    if person is not None and person.is_staff:
        return
    is_off = found.state in (WebinarState.DRAFT, WebinarState.WITHDRAWN)
    if case is not None:
        is_off = is_hidden(case.webinar, decide(case.login, case.webinar, Action.HANDOUT, now))
    if is_off:
        raise NotFound


def is_for_holders(found: Announcement) -> bool:
    """Tell whether only who holds this webinar may see its page."""
    return found.state is WebinarState.WITHDRAWN


def panel_for(found: Announcement, case: Case | None, now: datetime) -> Panel:
    """Return the access panel of a webinar's page: about the live session until it is over."""
    if case is None:
        return _stranger(found, now)
    if now >= found.ends_at or found.state is WebinarState.PULLED:
        decision = decide(case.login, case.webinar, Action.RECORDING, now)
        panel = panel_of(decision, case.webinar, slug=found.slug)
        return _overrunning(panel, found) if is_still_open(found, case, now) else panel
    decision = decide(case.login, case.webinar, Action.LIVE, now)
    return _live(panel_of(decision, case.webinar, slug=found.slug), decision, found, now)


def with_seats(panel: Panel, lines: Sequence[AssignLine]) -> Panel:
    """Say in the access panel what seats of this webinar a manager has to assign (S12)."""
    if not lines:
        return panel
    line = lines[0]
    if panel.posts:
        return replace(panel, sentence=line.words, more=panel.sentence, second=line.second)
    return replace(panel, more=line.words, second=line.second)


def is_still_open(found: Announcement, case: Case, now: datetime) -> bool:
    """Tell whether somebody may still go into the room after the announced end, should it overrun."""
    decision = decide(case.login, case.webinar, Action.LIVE, now)
    return found.has_live_link and now >= found.ends_at and isinstance(decision, Admitted)


def phase_of(found: Announcement, now: datetime) -> tuple[str, str] | None:
    """Say in a badge (its words and kind) how near a live webinar is, or that its recording is to come."""
    if found.state is not WebinarState.ANNOUNCED or now < found.held_at - LIVE_OPENS_BEFORE:
        return None
    if now < found.held_at:
        return _("The door is open"), "open"
    if now < found.ends_at:
        return _("On air now"), "open"
    if found.recording is None and now < found.ends_at + RECORDING_AWAITED:
        return _("The recording is coming"), "none"
    return None


def holds(case: Case | None, now: datetime) -> bool:
    """Tell whether somebody holds a webinar by a grant, or gets it free."""
    # A handout is open to whoever holds a webinar, ready or not.
    return case is not None and isinstance(
        decide(case.login, case.webinar, Action.HANDOUT, now), Admitted
    )


def may_register(found: Announcement, case: Case | None, now: datetime) -> bool:
    """Tell whether somebody may register free: a webinar to come that they hold (A6)."""
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
            note=_("The link to the room will be here before it starts. Reload this page then."),
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
        note=_("Should it take longer, the room stays open for an hour after the announced end."),
    )


def _stranger(found: Announcement, now: datetime) -> Panel:
    is_over = now >= found.ends_at
    if found.state is WebinarState.PULLED:
        sentence = _("This webinar had to be taken down, for everyone.")
    elif found.state is WebinarState.CANCELED:
        sentence = _("Were you registered? Sign in to see what you get instead.")
    elif found.free and is_over:
        sentence = _("This webinar is free. Sign in to watch it.")
    elif found.free:
        sentence = _("This webinar is free. Sign in to join it.")
    elif is_over:
        sentence = _("Sign in to see whether you may watch this webinar.")
    else:
        sentence = _("Sign in to see whether you hold a place.")
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
