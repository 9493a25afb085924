"""The mail threads of the worker: each sends the due email of its lane over its own connection."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from email.message import EmailMessage

import structlog
from sqlalchemy.exc import SQLAlchemyError

from lms.core.clock import now
from lms.core.logs import within_request
from lms.core.runtime import Carrel
from lms.mail import delivery as mail_delivery
from lms.mail.attachments import FilesAway, read_files, unpacked
from lms.mail.delivery import LeasedMail
from lms.mail.transport import (
    BrokenOff,
    MailTransport,
    NoSuchMailbox,
    NotTaken,
    RefusedForGood,
    RefusedForNow,
    ServerAway,
    open_transport,
)
from lms.models.mail import MailLane

RENEW_EVERY = timedelta(seconds=10)
FILES_PAUSE = timedelta(minutes=5)  # a read from an S3 server that hangs takes 90 seconds
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 60.0  # short, because a sign-in code is valid for ten minutes

log = structlog.get_logger()


class MailSender:
    """Sends the email of one lane step by step; backs off while the server can't be reached."""

    def __init__(
        self,
        carrel: Carrel,
        lane: MailLane,
        worker: str,
        stopping: threading.Event,
        postbox: MailTransport | None = None,
    ) -> None:
        self._carrel = carrel
        self._clock = carrel.database.clock
        self._lane = lane
        self._worker = worker
        self._stopping = stopping
        self._postbox = postbox or open_transport(carrel.settings)
        self._pause_s = FIRST_PAUSE_S
        self._has_broken = False
        self._held: LeasedMail | None = None
        self._renew_at = self._files_away_until = now()

    def step(self) -> bool:
        """Send what is due; return True if there was something."""
        with self._carrel.database.read_session() as session:
            if not mail_delivery.has_mail(session, self._lane, now=self._clock.now()):
                return False
        try:
            while not self._stopping.is_set() and self._send_next():
                pass
        finally:
            self._postbox.close()
        return True

    def _send_next(self) -> bool:
        # A claim lost in a power failure is made again, so it needn't be on the disk.
        with self._carrel.database.transaction(in_passing=True) as session:
            mail = mail_delivery.take(
                session, self._lane, worker=self._worker, now=self._clock.now()
            )
        if mail is None:
            return False
        self._held, self._renew_at = mail, now() + RENEW_EVERY
        try:
            with within_request(mail.request_id):
                return self._deliver(mail)
        finally:
            self._held = None

    def keep_lease(self) -> None:
        """Renew the lease of the email being sent; another thread calls this each second."""
        held = self._held
        if held is None or now() < self._renew_at:
            return
        with self._carrel.database.transaction() as session:
            mail_delivery.renew(session, held, now=self._clock.now())
        self._renew_at = now() + RENEW_EVERY

    def _deliver(self, mail: LeasedMail) -> bool:
        """Send one email and record the outcome; return False if the server must be waited for."""
        try:
            self._put(mail)
        except ServerAway as error:
            self._wait_for_server(mail, error)
            return False
        except BrokenOff as error:
            return self._broken_off(mail, error)
        except NotTaken as error:
            self._not_taken(mail, error)
        else:
            sent_at = now()
            with self._carrel.database.transaction() as session:
                mail_delivery.mark_sent(session, mail, now=sent_at)
            waited_s = round((sent_at - mail.created_at).total_seconds(), 1)
            log.info("mail_sent", mail=mail.public_id, kind=mail.kind, waited_s=waited_s)
        self._pause_s, self._has_broken = FIRST_PAUSE_S, False
        return True

    def _broken_off(self, mail: LeasedMail, error: BrokenOff) -> bool:
        """Postpone the email and continue; after two in a row, assume the server is down and wait."""
        if self._has_broken:
            self._has_broken = False
            self._wait_for_server(mail, error)
            return False
        self._has_broken = True
        self._not_taken(mail, error)
        return True

    def _put(self, mail: LeasedMail) -> None:
        """Submit one email; raises NotTaken for any fault of its own, so that the others can be sent."""
        message = self._composed(mail)
        try:
            self._postbox.put(message)
        except NotTaken:
            raise
        except Exception as error:
            log.exception("mail_broke", mail=mail.public_id, kind=type(error).__name__)
            raise RefusedForNow(f"We couldn't send this email: {type(error).__name__}") from error

    def _composed(self, mail: LeasedMail) -> EmailMessage:
        try:
            files = self._files(mail)
            with self._carrel.database.read_session() as session:
                return mail_delivery.compose(session, mail, files, self._carrel.settings)
        except (SQLAlchemyError, NotTaken):
            raise
        except ValueError as error:  # invalid headers or addresses
            raise RefusedForGood(f"This can't be sent as an email: {error}") from error
        except Exception as error:  # our own bug: a later version may send it
            log.exception("mail_broke", mail=mail.public_id, kind=type(error).__name__)
            raise RefusedForNow(f"We couldn't write this email: {type(error).__name__}") from error

    def _files(self, mail: LeasedMail) -> Sequence[bytes]:
        """Read the attachments; fails at once for a while after storage couldn't be reached."""
        attached = unpacked(mail.attachments)
        if attached and now() < self._files_away_until:
            raise FilesAway("We can't read the attachments right now.")
        try:
            return read_files(self._carrel.storage, attached)
        except FilesAway:
            self._files_away_until = now() + FILES_PAUSE
            raise

    def _not_taken(self, mail: LeasedMail, error: NotTaken) -> None:
        with self._carrel.database.transaction() as session:
            if isinstance(error, mail_delivery.Unwanted):
                mail_delivery.cancel(session, mail, error.reason)
            elif isinstance(error, NoSuchMailbox):
                mail_delivery.bounce(session, mail, error.reason, now=now())
            elif isinstance(error, RefusedForGood):
                mail_delivery.refuse(session, mail, error.reason)
            else:
                mail_delivery.put_off(session, mail, error.reason, now=now())
        log.warning("mail_refused", mail=mail.public_id, refusal=type(error).__name__)

    def _wait_for_server(self, mail: LeasedMail, error: ServerAway | BrokenOff) -> None:
        with self._carrel.database.transaction() as session:
            mail_delivery.release(session, mail, error.reason)
        log.warning("mail_server_away", pause_s=self._pause_s)
        self._stopping.wait(self._pause_s)
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
