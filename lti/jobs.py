"""Periodic jobs of the LTI tool: delete expired rows, and renew the signing keys."""

from datetime import timedelta
from typing import Final

from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.jobs.queue import JobKind, JobRun, Schedule
from lti.embed_links import email_codes
from lti.frames import sessions as frame_sessions
from lti.id_mappings import mappings
from lti.keys.platform_keys import KeySets, places_to_refresh
from lti.keys.tool_keys import tend_keys
from lti.launches import launch_log, login_state
from lti.people import account_linking
from lti.registrations import invites

TIDY: Final = "lti.tidy"
KEYS: Final = "lti.keys"
SCHEDULES: Final = (Schedule(TIDY, timedelta(hours=1)), Schedule(KEYS, timedelta(minutes=15)))
FORGETTING: Final = (
    email_codes.forget_old,
    frame_sessions.forget_old,
    invites.forget_old,
    login_state.forget_old_logins,
    launch_log.forget_old_launches,
    account_linking.forget_old,
    mappings.forget_old,
)


def tidy(carrel: Carrel, run: JobRun) -> None:
    """Delete expired rows."""
    for number, forget in enumerate(FORGETTING, start=1):
        with carrel.database.transaction() as session:
            forget(session, now=now())
        run.report(number / len(FORGETTING))


def keep_keys(carrel: Carrel, run: JobRun) -> None:
    """Rotate our keys when due, and refresh the platforms' keys so that no launch has to wait for them."""
    tend_keys(carrel.database, carrel.settings.secret_key, now=now())
    keysets = KeySets(carrel.database)
    places = places_to_refresh(carrel.database)
    for number, place in enumerate(places, start=1):
        keysets.refresh(place, now=now())
        run.report(number / len(places))


JOBS: Final = (
    JobKind(TIDY, tidy),
    JobKind(KEYS, keep_keys),
)
