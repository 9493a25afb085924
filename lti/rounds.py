"""The rounds that the tool makes by itself."""

from datetime import timedelta
from typing import Final

from lms.clock import now
from lms.jobs import JobRun, Schedule
from lms.runtime import Carrel
from lti import embed_codes, frames, invites, launch_log, linking, logins, people_maps
from lti.keys import tend_keys
from lti.keysets import KeySets, places_to_refresh

TIDY: Final = "lti.tidy"
KEYS: Final = "lti.keys"
SCHEDULES: Final = (Schedule(TIDY, timedelta(hours=1)), Schedule(KEYS, timedelta(minutes=15)))
FORGETTING: Final = (
    embed_codes.forget_old,
    frames.forget_old,
    invites.forget_old,
    logins.forget_old_logins,
    launch_log.forget_old_launches,
    linking.forget_old,
    people_maps.forget_old,
)


def tidy(carrel: Carrel, run: JobRun) -> None:
    """Forget what is over and old."""
    for number, forget in enumerate(FORGETTING, start=1):
        with carrel.database.transaction() as session:
            forget(session, now=now())
        run.report(number / len(FORGETTING))


def keep_keys(carrel: Carrel, run: JobRun) -> None:
    """Rotate our keys when it is time, and fetch those of platforms anew so that no launch has to."""
    tend_keys(carrel.database, carrel.settings.secret_key, now=now())
    keysets = KeySets(carrel.database)
    places = places_to_refresh(carrel.database)
    for number, place in enumerate(places, start=1):
        keysets.refresh(place, now=now())
        run.report(number / len(places))
