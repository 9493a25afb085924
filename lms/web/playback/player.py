"""The player on a page: a recording or a part of it, with the person's progress."""

import math
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import request
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.playback.progress_bitmap import BUCKET_S, Span, gaps, parts
from lms.playback.watch_records import Place
from lms.web.core.recording_time_texts import COUNTED_IN_SECONDS, LONGEST_S, clock_of, minutes_of

MOST_NAMED: Final = 12


@dataclass(frozen=True, slots=True)
class PlayerAccess:
    """How the player of a page gets in: where it asks, with which token of a form, and when.

    Where playing takes something (a seat), it `waits_for_press`; else it asks ahead of it. What
    leads away from a page that `is_framed` opens in a window of its own. Without scripts it is
    played by a form to `plain_url`, or to the page itself.
    """

    open_url: str
    form_token: str = ""
    is_preview: bool = False
    waits_for_press: bool = False
    is_framed: bool = False
    plain_url: str = ""


@dataclass(frozen=True, slots=True)
class Screening:
    """What templates/playback/_player.html shows; times in seconds of the recording."""

    player_access: PlayerAccess
    poster_url: str | None
    note: str | None
    seconds: float
    starts_s: float
    ends_s: float
    resume_s: float
    resume_clock: str
    watched: str
    watched_words: str
    parts: tuple[Span, ...]
    holes: tuple[Span, ...]
    gaps_words: str
    words: dict[str, str]


def screening_of(
    place: Place,
    player_access: PlayerAccess,
    *,
    poster_url: str | None,
    note: str | None = None,
    clip: Span | None = None,
    at_s: float | None = None,
) -> Screening:
    """Return how a person finds a recording, or the stretch of it that a link shows."""
    whole = Span(0.0, place.seconds)
    shown = whole if clip is None else _inside(clip, whole)
    resume_s = place.resume_s if shown.starts_s < place.resume_s < shown.ends_s else shown.starts_s
    if at_s is not None and shown.starts_s <= at_s < shown.ends_s:
        resume_s = at_s  # a link to this moment goes before the place that was kept
    seen = parts(place.buckets, place.seconds)
    unseen = _unseen(place, shown) if seen else ()
    return Screening(
        player_access=player_access,
        poster_url=poster_url,
        note=note,
        seconds=place.seconds,
        starts_s=shown.starts_s,
        ends_s=shown.ends_s,
        resume_s=resume_s,
        resume_clock=clock_of(resume_s) if resume_s > shown.starts_s else "",
        watched=b64encode(place.buckets).decode("ascii"),
        watched_words=watched_words(place, shown),
        parts=seen,
        holes=tuple(gap for gap in unseen if gap.starts_s < seen[-1].ends_s),
        gaps_words=gaps_words(unseen),
        words=_player_words(shown.ends_s - shown.starts_s),
    )


def watched_words(place: Place, shown: Span | None = None) -> str:
    """Say how much was watched: "Watched 12 of 60 minutes", "Watched 0:35 of 1:03"."""
    if shown is None:
        seconds, done = place.seconds, place.watched_s
    else:
        seconds = shown.ends_s - shown.starts_s
        seen = parts(place.buckets, place.seconds)
        done = sum(max(0.0, _overlap(span, shown)) for span in seen)
    if seconds < COUNTED_IN_SECONDS:
        return _watched(clock_of(done), seconds)
    return _watched(minutes_of(done), seconds)


def gaps_words(unseen: Sequence[Span]) -> str:
    """Say which parts are not seen yet, for who can't see the line; "" where there are none."""
    if not unseen:
        return ""
    named = [
        _("%(from)s to %(to)s", **{"from": clock_of(gap.starts_s), "to": clock_of(gap.ends_s)})
        for gap in unseen[:MOST_NAMED]
    ]
    if len(unseen) > MOST_NAMED:
        named.append(_("and %(count)s more", count=len(unseen) - MOST_NAMED))
    return _("Not seen yet: %(parts)s.", parts=", ".join(named))


def _unseen(place: Place, shown: Span) -> tuple[Span, ...]:
    """Return what is not seen of a stretch; a bucket of which it has only a part is left out."""
    spans = (
        Span(
            max(gap.starts_s, math.ceil(shown.starts_s / BUCKET_S) * BUCKET_S),
            gap.ends_s if gap.ends_s <= shown.ends_s else shown.ends_s // BUCKET_S * BUCKET_S,
        )
        for gap in gaps(place.buckets, place.seconds)
    )
    return tuple(span for span in spans if span.starts_s < span.ends_s)


def _inside(clip: Span, whole: Span) -> Span:
    """Return what there is of a stretch; one that lies behind the end shows the whole."""
    ends_s = min(clip.ends_s, whole.ends_s)
    return Span(clip.starts_s, ends_s) if clip.starts_s < ends_s else whole


def _overlap(one: Span, other: Span) -> float:
    return min(one.ends_s, other.ends_s) - max(one.starts_s, other.starts_s)


def _watched(done: int | str, seconds: float) -> str:
    if seconds < COUNTED_IN_SECONDS:
        return _("Watched %(done)s of %(total)s", done=done, total=clock_of(seconds))
    return ngettext(
        "Watched %(done)s of %(num)s minute",
        "Watched %(done)s of %(num)s minutes",
        minutes_of(seconds),
        done=done,
    )


def _player_words(seconds: float) -> dict[str, str]:
    """Return what the player's script says, in the reader's language."""
    return {
        "watched": _watched("{done}", seconds),
        "lost": _("The connection was lost. Playing goes on as soon as it is back."),
        "slow": _("The connection is slow. Playing goes on as soon as enough has arrived."),
        "back": _("10 seconds back"),
        "on": _("10 seconds on"),
        "gap": _("%(from)s to %(to)s", **{"from": "{from}", "to": "{to}"}),
        "gaps": _("Not seen yet: %(parts)s.", parts="{parts}"),
        "more_gaps": _("and %(count)s more", count="{n}"),
        "all_seen": _("You have seen all of it."),
        "unreachable": _("The library can't be reached. Check your connection, then try again."),
        "broken": _("This browser can't play the recording. Try again, or use another browser."),
        "sign_in": _("Sign in"),
        "ends_soon": _("Your access ends at {time}. Your place is kept."),
        "kept": _("Your place, {place}, is kept."),
    }


def asked_position() -> float | None:
    """Return the second that the address names by `?t=`; None for none, and for what is no second."""
    seconds = request.args.get("t", type=float)
    return seconds if seconds is not None and 0 <= seconds < LONGEST_S else None
