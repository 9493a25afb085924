"""Jobs of payments: the nightly check that every balance adds up (M24), and card refunds (M11)."""

from datetime import timedelta
from typing import Final

from lms import audit
from lms.core.clock import now
from lms.core.errors import Unavailable
from lms.core.runtime import Carrel
from lms.jobs.queue import GiveUp, JobKind, JobRun, Schedule, TryAgain
from lms.mail.links import Links
from lms.payments import card_refunds, mails
from lms.payments.balance_check import CHECKED, differences
from lms.payments.open_provider import NO_CARDS, offers_cards, open_provider
from lms.payments.refunds import SEND

CHECK: Final = "payments.check"
SCHEDULES: Final = (Schedule(CHECK, timedelta(days=1)),)


def check(carrel: Carrel, _run: JobRun) -> None:
    """Recompute every open balance; record the number of differences, and notify our team of them."""
    at = now()
    with carrel.database.read_session() as session:
        found = differences(session)
    with carrel.database.transaction() as session:
        detail = {"differences": len(found)}
        audit.record(session, CHECKED, "", actor=None, now=at, detail=detail)
        if found:
            mails.tell_differences(session, found, links=Links(carrel.settings.base_url), now=at)


def send_refund(carrel: Carrel, run: JobRun) -> None:
    """Send a refund to its card; a repeated run has no effect."""
    if not offers_cards(carrel.settings):
        raise GiveUp(NO_CARDS)
    try:
        card_refunds.send(carrel, open_provider(carrel.settings), run.subject, now=now())
    except Unavailable as away:
        raise TryAgain(away.message) from away


JOBS: Final = (JobKind(CHECK, check), JobKind(SEND, send_refund))
