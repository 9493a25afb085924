"""The alert watch: a thread of the web server that emails the owners what needs to be fixed.

A dead worker can't report itself, and sends no email. So this thread then sends the urgent lane:
the alert, and the sign-in codes that people wait for.
"""

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from lms.core.acting_roles import ActingRole
from lms.core.clock import now
from lms.core.errors import Refused
from lms.core.runtime import Carrel
from lms.jobs.stalled_lanes import PATIENCE, read_stalled
from lms.mail.links import Links
from lms.models.mail import MailLane
from lms.operations.findings import Finding
from lms.operations.health_checks import read_health
from lms.operations.owner_alerts import WORKER, faults_to_tell, post_faults, post_stalled
from lms.worker.mail_thread import MailSender
from lms.worker.worker import worker_name

EVERY_S: Final = 60.0

log = structlog.get_logger()


class AlertWatch:
    """Checks once a minute, in each web process; leases ensure that only one sends an email."""

    def __init__(self, carrel: Carrel) -> None:
        self._carrel = carrel.acting_as(ActingRole.JOB)
        self._links = Links(carrel.settings.base_url)
        self._stopping = threading.Event()
        self._seen: dict[str, datetime] = {}

    def start(self) -> None:
        """Start checking, for as long as the process runs."""
        threading.Thread(target=self._run, name="alert-watch", daemon=True).start()

    def look(self) -> None:
        """Alert the owners of stalled lanes and of lasting faults, if there are any."""
        database, at = self._carrel.database, now()
        with database.read_session() as session:
            stalled = read_stalled(session, now=at)
        faults = self._lasting(faults_to_tell(read_health(self._carrel, now=at)), at)
        if stalled:
            log.error("lanes_stalled", lanes=[one.lane for one in stalled])
            with database.transaction() as session:
                post_stalled(session, stalled, links=self._links, now=at)
            faults = [one for one in faults if one.name != WORKER]  # that email says so already
        if faults:
            log.error("health_faults", checks=[one.name for one in faults])
            with database.transaction() as session:
                post_faults(session, faults, links=self._links, now=at)
        if stalled or any(one.name == WORKER for one in faults):
            MailSender(self._carrel, MailLane.URGENT, worker_name(), self._stopping).step()

    def _lasting(self, faults: Sequence[Finding], at: datetime) -> list[Finding]:
        """Return the faults that have lasted ten minutes, longer than a restart or an upgrade."""
        self._seen = {one.name: self._seen.get(one.name, at) for one in faults}
        return [one for one in faults if at - self._seen[one.name] >= PATIENCE]

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_S):
            try:
                self.look()
            except (SQLAlchemyError, Refused) as error:
                log.error("alert_watch_broke", kind=type(error).__name__)  # noqa: TRY400  (no values)
            except Exception as error:  # it keeps checking, whatever one check raises
                log.exception("alert_watch_broke", kind=type(error).__name__)
