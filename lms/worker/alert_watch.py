"""The alert watch: a thread of the web server that alerts the owners when the worker stalls.

A dead worker can't report itself, and sends no email. So this thread then sends the urgent lane:
the alert, and the sign-in codes that people wait for.
"""

import threading
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from lms.core.acting_roles import ActingRole
from lms.core.clock import now
from lms.core.errors import Refused
from lms.core.runtime import Carrel
from lms.jobs.stalled_lanes import read_stalled
from lms.mail.links import Links
from lms.models.mail import MailLane
from lms.operations.stalled_lane_alerts import post_alerts
from lms.worker.mail_thread import MailSender
from lms.worker.worker import worker_name

EVERY_S: Final = 60.0

log = structlog.get_logger()


class AlertWatch:
    """Checks once a minute, in each web process; leases ensure that only one sends an email."""

    def __init__(self, carrel: Carrel) -> None:
        self._carrel = carrel.acting_as(ActingRole.JOB)
        self._stopping = threading.Event()

    def start(self) -> None:
        """Start checking, for as long as the process runs."""
        threading.Thread(target=self._run, name="alert-watch", daemon=True).start()

    def look(self) -> None:
        """Alert the owners of stalled lanes, if there are any."""
        database = self._carrel.database
        with database.read_session() as session:
            stalled = read_stalled(session, now=now())
        if not stalled:
            return
        log.error("lanes_stalled", lanes=[one.lane for one in stalled])
        links = Links(self._carrel.settings.base_url)
        with database.transaction() as session:
            post_alerts(session, stalled, links=links, now=now())
        MailSender(self._carrel, MailLane.URGENT, worker_name(), self._stopping).step()

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_S):
            try:
                self.look()
            except (SQLAlchemyError, Refused) as error:
                log.error("alert_watch_broke", kind=type(error).__name__)  # noqa: TRY400  (no values)
            except Exception as error:  # it keeps checking, whatever one check raises
                log.exception("alert_watch_broke", kind=type(error).__name__)
