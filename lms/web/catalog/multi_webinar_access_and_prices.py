"""Access and prices across several webinars: what a person has access to, the next step, the price."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.access.policy import Action, Admitted, Case, Code, Decision, Turned, decide
from lms.catalog.my_webinars import DONE_SHARE
from lms.catalog.webinar_summary import Entry
from lms.web.access.access_panel_and_reader_times import Panel, panel_of
from lms.web.catalog.webinar_cards import badge_words
from lms.web.core.current_user import viewer
from lms.web.core.recording_time_texts import minutes_of

NEAREST: Final = tuple(Code)


@dataclass(frozen=True, slots=True)
class Scope:
    """A page about several webinars: its URL, and the scope to preselect for passes."""

    here: str
    covers: str


@dataclass(frozen=True, slots=True)
class Numbered:
    """A webinar of a series with its number, from 1, and the facts about the signed-in person."""

    number: int
    entry: Entry
    case: Case | None

    def decided(self, action: Action, now: datetime) -> Decision | None:
        """Return the policy's decision for the signed-in person; None without one."""
        if self.case is None:
            return None
        return decide(self.case.login, self.case.webinar, action, now)

    @property
    def share(self) -> float:
        """Return the watched share of the recording, from 0 to 1."""
        recording, watched_s = self.entry.recording, self.entry.watched_s
        return min(1.0, watched_s / recording.seconds) if recording and watched_s else 0.0

    @property
    def is_done(self) -> bool:
        """Return whether it counts as watched (DONE_SHARE)."""
        return self.share >= DONE_SHARE


def numbered(
    entries: Iterable[Entry], cases: Mapping[int, Case], *, first: int = 1
) -> tuple[Numbered, ...]:
    """Return webinars numbered in order, with the facts about the signed-in person."""
    return tuple(
        Numbered(number, entry, cases.get(entry.id))
        for number, entry in enumerate(entries, start=first)
    )


def panel_over(parts: Sequence[Numbered], scope: Scope, now: datetime) -> Panel | None:
    """Return which of several webinars the person has access to and how, or the nearest step to access.

    None if there are no webinars, or the person has none of them yet: the price says the next step.
    """
    if not parts or viewer() is None:
        return None
    # a handout is open to everyone with access, live or recorded
    decided = [(part, part.decided(Action.HANDOUT, now)) for part in parts]
    held = [decision for _part, decision in decided if isinstance(decision, Admitted)]
    if not held:
        return _none_of_them(decided)
    words = {badge_words(decision) for decision in held}
    more = next(iter(words)) if len(words) == 1 and len(parts) > 1 else None
    if len(held) == len(parts):
        sentence = ngettext(
            "You have access to this webinar.",
            "You have access to all %(num)d of these webinars.",
            len(parts),
        )
        return replace(_plain(sentence), more=more)
    sentence = _(
        "You have access to %(held)s of these %(total)s webinars.", held=len(held), total=len(parts)
    )
    return replace(
        _plain(sentence, _("Get access to the rest"), _pass_url(scope)), more=more, action_kind=""
    )


def continued(
    panel: Panel | None, parts: Sequence[Numbered], now: datetime, *, total: int
) -> tuple[Panel | None, int | None]:
    """Link a series' panel to the first unwatched part that the person can watch; also return its number.

    `total` is the number of parts of the series; `parts` can be those on one page of it.
    """
    onward = next((part for part in parts if _goes_on(part, now)), None)
    if panel is None:
        return None, None
    if onward is None:
        recorded = [part for part in parts if part.entry.recording is not None]
        is_through = (
            len(parts) == total and bool(recorded) and all(part.is_done for part in recorded)
        )
        note = _("You've watched every available part.") if is_through else panel.note
        return replace(panel, note=note), None
    is_begun = any(part.entry.watched_s for part in parts)
    label = _("Continue with part %(number)s") if is_begun else _("Start with part %(number)s")
    led = replace(
        panel,
        action_label=label % {"number": onward.number},
        action_url=url_for("watch.watch", slug=onward.entry.slug),
        action_kind="primary",
        note=_next_words(onward),
    )
    return led, onward.number


def sells(parts: Sequence[Numbered], now: datetime) -> bool:
    """Return whether any of several webinars is neither free nor accessible to the person."""
    return any(
        not part.entry.free and not isinstance(part.decided(Action.HANDOUT, now), Admitted)
        for part in parts
    )


def _goes_on(part: Numbered, now: datetime) -> bool:
    may_watch = isinstance(part.decided(Action.RECORDING, now), Admitted)
    return may_watch and not part.is_done


def _next_words(part: Numbered) -> str:
    recording = part.entry.recording
    if recording is None or not part.entry.watched_s:
        return part.entry.title
    return _(
        "%(title)s: %(watched)s of %(whole)s minutes watched",
        title=part.entry.title,
        watched=minutes_of(part.entry.watched_s),
        whole=minutes_of(recording.seconds),
    )


def _none_of_them(decided: Sequence[tuple[Numbered, Decision | None]]) -> Panel | None:
    refused = [
        (not part.entry.is_over, NEAREST.index(decision.code), part.number, part, decision)
        for part, decision in decided
        if isinstance(decision, Turned)
    ]
    # Past access explains best why a person can't watch now; upcoming webinars count only if there
    # was none.
    *_ranks, part, decision = min(refused, key=lambda each: each[:3])
    if decision.code is Code.NO_GRANT and decision.grant is None:
        return None
    if part.case is None:
        raise ValueError(part.entry.slug)
    return panel_of(decision, part.case.webinar, slug=part.entry.slug)


def _pass_url(scope: Scope) -> str:
    return f"{scope.here}#buy"


def _plain(sentence: str, label: str | None = None, url: str | None = None) -> Panel:
    return Panel(
        sentence=sentence,
        since=None,
        until=None,
        action_label=label,
        action_url=url,
        weighed=(),
    )
