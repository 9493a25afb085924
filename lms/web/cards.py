"""A webinar's card, and the badge that tells a person's access in words."""

from dataclasses import dataclass
from typing import Final

from flask_babel import gettext as _

from lms.access import Admitted, Code, Decision
from lms.errors import N_
from lms.explain import last_day
from lms.web.panels import reading_zone

BADGE_KINDS: Final = {
    Code.OK_PERMANENT: "open",
    Code.OK_FREE: "free",
    Code.OK_TERM: "term",
    Code.LIVE_NOT_OPEN: "soon",
    Code.RECORDING_NOT_READY: "soon",
}

BADGE_WORDS: Final = {
    Code.OK_PERMANENT: N_("Yours for good"),
    Code.OK_FREE: N_("Free to watch"),
    Code.LIVE_NOT_OPEN: N_("You have a place"),
    Code.RECORDING_NOT_READY: N_("Yours, recording to come"),
    Code.WEBINAR_PULLED: N_("Taken down"),
}
NOT_YOURS: Final = N_("Not yours yet")


@dataclass(frozen=True, slots=True)
class Card:
    """What a webinar's card shows (templates/_parts/cards.html)."""

    slug: str
    title: str
    url: str
    poster_url: str | None
    minutes: int
    presenters: str
    when: str
    badge: str
    badge_kind: str
    share: float | None
    progress_text: str | None


def badge_kind(decision: Decision) -> str:
    """Return the colour of the badge; the words say the same."""
    return BADGE_KINDS.get(decision.code, "none")


def badge_words(decision: Decision) -> str:
    """Tell a person's access in a few words."""
    if decision.code is Code.OK_TERM and isinstance(decision, Admitted) and decision.ends_at:
        return _("On your pass until %(day)s", day=last_day(decision.ends_at, reading_zone()))
    return _(BADGE_WORDS.get(decision.code, NOT_YOURS))
