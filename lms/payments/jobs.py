"""Jobs of payments: the nightly check that every balance adds up (MONEY.md, M24)."""

from datetime import timedelta
from typing import Final

from lms.branding import read_branding
from lms.core.clock import now
from lms.core.errors import N_
from lms.core.runtime import Carrel
from lms.jobs.queue import JobKind, JobRun, Schedule
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.payments.balance_check import differences

CHECK: Final = "payments.check"
SCHEDULES: Final = (Schedule(CHECK, timedelta(days=1)),)
NAMED_AT_MOST: Final = 20


def check(carrel: Carrel, _run: JobRun) -> None:
    """Compute every open balance anew; tell our team once a day where one differs."""
    with carrel.database.read_session() as session:
        found = differences(session)
        team = read_branding(session, contact="").contact_email
    if not found or not team:
        return
    with carrel.database.transaction() as session:
        mail_outbox.post(
            session,
            kind="balances_differ",
            to=team,
            login_id=None,
            subject=N_("Balances that don't add up: %(number)s") % {"number": len(found)},
            values={
                "found": found[:NAMED_AT_MOST],
                "total": len(found),
                "action_url": Links(carrel.settings.base_url).page("/staff/balances"),
            },
            now=now(),
        )


JOBS: Final = (JobKind(CHECK, check),)
