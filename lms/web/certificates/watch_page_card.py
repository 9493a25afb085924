"""The certificate card on the watch page: earned, or how much is missing."""

import math
from dataclasses import dataclass, field

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from lms.certificates.certificates import has_any
from lms.certificates.eligibility import read_standing
from lms.certificates.read_models import own_of_webinar
from lms.playback.watch_records import Place

MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class CertificateCard:
    """What the card says; `missing_s` are seconds of this recording, 0 where there is nothing to count.

    `url` answers it again once it is earned; in a frame its links open windows of their own.
    """

    url: str
    is_framed: bool
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
    url: str,
    is_framed: bool = False,
) -> CertificateCard | None:
    """Return the card for a person; None where the webinar offers no certificate.

    `place` is in the version that plays. Who had one revoked is offered none.
    """
    own = own_of_webinar(session, login_id, webinar_id)
    if own is not None:
        return CertificateCard(url, is_framed, public_id=own.public_id)
    standing = read_standing(session, login_id, webinar_id)
    if not standing.rule.is_offered or has_any(session, login_id, webinar_id):
        return None
    missing_s = max(0, math.ceil(standing.needed * place.seconds - place.watched_s))
    return CertificateCard(
        url, is_framed, sentence=_missing(missing_s), missing_s=missing_s, words=_words()
    )


def _missing(seconds: int) -> str:
    if seconds <= 0:
        return _("You have seen enough: your certificate is being made.")
    if seconds < MINUTE_S:
        return _("Less than a minute to go for your certificate.")
    return ngettext(
        "%(num)s more minute earns your certificate.",
        "%(num)s more minutes earn your certificate.",
        math.ceil(seconds / MINUTE_S),
    )


def _words() -> dict[str, str]:
    """Return what the page's script says while the film plays."""
    return {
        "many": _("{minutes} more minutes earn your certificate."),
        "little": _("Less than a minute to go for your certificate."),
        "enough": _missing(0),
    }
