"""Jobs of checkouts: process provider events, poll the provider, and refund unused money."""

from datetime import timedelta
from typing import Final

from lms.checkouts import rounds
from lms.checkouts.settling import settle_provider_object
from lms.core.clock import now
from lms.core.errors import Refused, Unavailable
from lms.core.runtime import Carrel
from lms.jobs.queue import GiveUp, JobKind, JobRun, Schedule, TryAgain
from lms.payments import provider_events
from lms.payments.open_provider import offers_cards, open_provider
from lms.payments.provider import UNREADABLE
from lms.payments.provider_events import FOLD

SWEEP: Final = "checkouts.sweep"
LISTEN: Final = "checkouts.listen"
RETURN: Final = "checkouts.return_unused"
SCHEDULES: Final = (
    Schedule(SWEEP, timedelta(minutes=10)),
    Schedule(LISTEN, timedelta(hours=1)),
    Schedule(RETURN, timedelta(hours=1)),
)


def fold(carrel: Carrel, run: JobRun) -> None:
    """Process one event; a failure is recorded on the event."""
    if not offers_cards(carrel.settings):
        return
    provider, event_id = open_provider(carrel.settings), str(run.payload["event"])
    with carrel.database.read_session() as session:
        object_id = provider_events.object_of(session, provider.name, event_id)
    if object_id is None:
        return
    if object_id == UNREADABLE:
        with carrel.database.transaction() as session:
            provider_events.mark_unreadable(session, provider.name, event_id, now=now())
        raise GiveUp(provider_events.NOT_READABLE, event_id)
    try:
        settle_provider_object(carrel, provider, object_id, now=now(), event_id=event_id)
    except Unavailable as away:
        raise TryAgain(away.message) from away
    except Exception as error:
        reason = error.message if isinstance(error, Refused) else type(error).__name__
        with carrel.database.transaction() as session:
            provider_events.mark_failed(session, provider.name, event_id, reason)
        if isinstance(error, Refused):
            raise GiveUp(provider_events.FAILS, reason) from error
        raise


def sweep(carrel: Carrel, _run: JobRun) -> None:
    """Poll the provider about every open checkout."""
    if offers_cards(carrel.settings):
        try:
            rounds.sweep(carrel, open_provider(carrel.settings), now=now())
        except Unavailable as away:
            raise TryAgain(away.message) from away


def listen(carrel: Carrel, _run: JobRun) -> None:
    """Poll the provider for events and balance transactions."""
    if offers_cards(carrel.settings):
        try:
            rounds.listen(carrel, open_provider(carrel.settings), now=now())
        except Unavailable as away:
            raise TryAgain(away.message) from away


def return_unused(carrel: Carrel, _run: JobRun) -> None:
    """Refund unused money after a week."""
    rounds.return_unused(carrel, now=now())


JOBS: Final = (
    JobKind(FOLD, fold),
    JobKind(SWEEP, sweep),
    JobKind(LISTEN, listen),
    JobKind(RETURN, return_unused),
)
