"""The player on a page: a recording or a part of it, with the person's progress."""

import json
import math
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from flask import request
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.core.languages import Language, language
from lms.playback.progress_bitmap import BUCKET_S, Span, gaps, parts
from lms.playback.watch_records import Place
from lms.web.core.recording_time_texts import COUNTED_IN_SECONDS, LONGEST_S, clock_of, minutes_of

MOST_NAMED: Final = 12


@dataclass(frozen=True, slots=True)
class PlayerAccess:
    """How a page's player gets access: the URL that opens a session, the CSRF token, and when to ask.

    With `waits_for_press`, the session is opened on a click, because opening it uses something up (a
    seat); else it is opened in advance. In a page that `is_framed`, links open in a new window. Without
    scripts, a form plays at `plain_url`, or at the page itself.
    """

    open_url: str
    form_token: str = ""
    is_preview: bool = False
    waits_for_press: bool = False
    is_framed: bool = False
    plain_url: str = ""


@dataclass(frozen=True, slots=True)
class Screening:
    """What templates/playback/_player.html shows; times are in seconds of the recording.

    `words` are the texts of the player's script as JSON, and `control_texts` those of its controls.
    """

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
    words: str
    control_texts: str


def screening_of(
    place: Place,
    player_access: PlayerAccess,
    *,
    poster_url: str | None,
    note: str | None = None,
    clip: Span | None = None,
    at_s: float | None = None,
) -> Screening:
    """Return a person's view of a recording, or of the clip that a link shows."""
    whole = Span(0.0, place.seconds)
    shown = whole if clip is None else _inside(clip, whole)
    resume_s = place.resume_s if shown.starts_s < place.resume_s < shown.ends_s else shown.starts_s
    if at_s is not None and shown.starts_s <= at_s < shown.ends_s:
        resume_s = at_s  # a link to a position overrides the saved one
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
        words=_player_words(shown.ends_s - shown.starts_s, language()),
        control_texts=_control_texts(language()),
    )


def watched_words(place: Place, shown: Span | None = None) -> str:
    """Return how much was watched: "Watched 12 of 60 minutes", "Watched 0:35 of 1:03"."""
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
    """Return the unwatched parts in words, for people who can't see the progress bar; "" if none."""
    if not unseen:
        return ""
    named = [
        _("%(from)s to %(to)s", **{"from": clock_of(gap.starts_s), "to": clock_of(gap.ends_s)})
        for gap in unseen[:MOST_NAMED]
    ]
    if len(unseen) > MOST_NAMED:
        named.append(_("and %(count)s more", count=len(unseen) - MOST_NAMED))
    return _("Not watched yet: %(parts)s.", parts=", ".join(named))


def _unseen(place: Place, shown: Span) -> tuple[Span, ...]:
    """Return the unwatched spans of a clip, without buckets that are only partly inside it."""
    spans = (
        Span(
            max(gap.starts_s, math.ceil(shown.starts_s / BUCKET_S) * BUCKET_S),
            gap.ends_s if gap.ends_s <= shown.ends_s else shown.ends_s // BUCKET_S * BUCKET_S,
        )
        for gap in gaps(place.buckets, place.seconds)
    )
    return tuple(span for span in spans if span.starts_s < span.ends_s)


def _inside(clip: Span, whole: Span) -> Span:
    """Return the part of a clip inside the recording; the whole recording if it starts after the end."""
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


@lru_cache(maxsize=1024)
def _player_words(seconds: float, _language: Language) -> str:
    """Return the texts of the script for a recording of this length, as JSON."""
    words = {
        "watched": _watched("{done}", seconds),
        "lost": _("Connection lost. Playback resumes when you're back online."),
        "slow": _("The connection is slow. Playback resumes in a moment."),
        "back": _("Back 10 seconds"),
        "on": _("Forward 10 seconds"),
        "gap": _("%(from)s to %(to)s", **{"from": "{from}", "to": "{to}"}),
        "gaps": _("Not watched yet: %(parts)s.", parts="{parts}"),
        "more_gaps": _("and %(count)s more", count="{n}"),
        "all_seen": _("You've watched the whole recording."),
        "unreachable": _("We can't reach the server. Check your connection, then try again."),
        "broken": _("This browser can't play the recording. Try again, or use another browser."),
        "sign_in": _("Sign in"),
        "audio_only": _("Audio only"),
        "show_video": _("Show video"),
        "resume": _("Resume at %(place)s", place="{place}"),
        "copy_link": _("Copy link at %(place)s", place="{place}"),
        "link_copied": _("Link copied"),
        "ends_soon": _("Your access ends at {time}. Your place is saved."),
        "kept": _("Your place, {place}, is saved."),
    }
    return json.dumps(words)


@cache
def _control_texts(_language: Language) -> str:
    """Return the names of media-chrome's controls by its own texts, as JSON."""
    texts = {
        "play": _("Play"),
        "Play": _("Play"),
        "pause": _("Pause"),
        "Pause": _("Pause"),
        "mute": _("Mute"),
        "Mute": _("Mute"),
        "unmute": _("Unmute"),
        "Unmute": _("Unmute"),
        "volume": _("Volume"),
        "seek": _("Position"),
        "Seek backward": _("Back 10 seconds"),
        "Seek forward": _("Forward 10 seconds"),
        "seek back {seekOffset} seconds": _("Back 10 seconds"),
        "seek forward {seekOffset} seconds": _("Forward 10 seconds"),
        "playback time": _("Time"),
        "{currentTime} of {totalTime}": _(
            "%(time)s of %(total)s", time="{currentTime}", total="{totalTime}"
        ),
        "video not loaded, unknown time.": _("The recording isn't loaded yet."),
        **_time_units(),
        "closed captions": _("Captions"),
        "Enable captions": _("Show captions"),
        "Disable captions": _("Hide captions"),
        "Off": _("Off"),
        "Auto": _("Auto"),
        "Playback rate": _("Speed"),
        "Playback rate {playbackRate}": _("Speed %(rate)s", rate="{playbackRate}x"),
        "settings": _("Settings"),
        "Settings": _("Settings"),
        "enter picture in picture mode": _("Picture in picture"),
        "Enter picture in picture mode": _("Picture in picture"),
        "exit picture in picture mode": _("Exit picture in picture"),
        "Exit picture in picture mode": _("Exit picture in picture"),
        "enter fullscreen mode": _("Full screen"),
        "Enter fullscreen mode": _("Full screen"),
        "exit fullscreen mode": _("Exit full screen"),
        "Exit fullscreen mode": _("Exit full screen"),
        "media loading": _("Loading"),
        "chapter: {chapterName}": _("Chapter: %(title)s", title="{chapterName}"),
    }
    return json.dumps(texts)


def _time_units() -> dict[str, str]:
    return {
        "hour": _("hour"),
        "hours": _("hours"),
        "minute": _("minute"),
        "minutes": _("minutes"),
        "second": _("second"),
        "seconds": _("seconds"),
    }


def asked_position() -> float | None:
    """Return the position in the URL's `?t=`, in seconds; None without one or if it is invalid."""
    seconds = request.args.get("t", type=float)
    return seconds if seconds is not None and 0 <= seconds < LONGEST_S else None
