"""The certificate card on the watch page: earned, or how much is missing."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.certificates.eligibility import read_standing
from lms.playback.progress_bitmap import BUCKET_S
from lms.playback.watch_records import Place
from lms.web.core.recording_time_texts import COUNTED_IN_SECONDS, MINUTE_S, clock_of


@dataclass(frozen=True, slots=True)
class CertificateCard:
    """What the card says; `missing_s` are seconds of this recording, 0 if there is nothing to count.

    `url` returns the card again once the certificate is earned. If `is_framed`, its links open in new
    windows.
    """

    url: str
    is_framed: bool = False
    public_id: str = ""
    sentence: str = ""
    missing_s: int = 0
    words: dict[str, str] = field(default_factory=dict)


def read_card(
    session: Session,
    login_id: int,
    webinar_id: int,
    *,
    place: Place,
    places: Mapping[int, Place] | None = None,
    url: str,
) -> CertificateCard | None:
    """Return the card for a person; None if the webinar offers no certificate.

    `place` is in the current version, `places` in all of them, if they were read
    already. A person whose certificate was revoked is offered none.
    """
    standing, issued = read_standing(session, login_id, webinar_id, places)
    if issued.valid is not None:
        return CertificateCard(url, public_id=issued.valid)
    if not standing.rule.is_offered or issued.by_account:
        return None
    needed_s = standing.needed * place.seconds
    missing_s = max(0, math.ceil(needed_s - place.watched_s))
    if needed_s > place.seconds - BUCKET_S:
        words = _words_to_the_end()
    elif place.seconds < COUNTED_IN_SECONDS:
        words = _words_by_the_clock()
    else:
        words = _words_in_minutes()
    return CertificateCard(
        url, sentence=_missing(missing_s, words), missing_s=missing_s, words=words
    )


def _missing(seconds: int, words: dict[str, str]) -> str:
    """Return what is missing, in the words that the page's script uses."""
    minutes = math.ceil(seconds / MINUTE_S)
    said = words["enough"] if seconds <= 0 else words["little" if minutes < 2 else "many"]
    return said.replace("{minutes}", str(minutes)).replace("{time}", clock_of(seconds))


def _words_in_minutes() -> dict[str, str]:
    """Return the texts for a recording whose minutes are counted, for the page and its script."""
    return {
        "many": _("Watch {minutes} more minutes to earn your certificate."),
        "little": _("Watch less than a minute more to earn your certificate."),
        "enough": _enough(),
    }


def _words_by_the_clock() -> dict[str, str]:
    """Return the texts for a short recording, where whole minutes would be too coarse."""
    said = _("Watch {time} more to earn your certificate.")
    return {"many": said, "little": said, "enough": _enough()}


def _words_to_the_end() -> dict[str, str]:
    """Return the texts for a recording that must be watched to the end."""
    said = _("Watch to the end to earn your certificate.")
    return {"many": said, "little": said, "enough": _enough()}


def _enough() -> str:
    return _("You've watched enough. We're preparing your certificate.")
