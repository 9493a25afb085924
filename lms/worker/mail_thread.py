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
from lms.mail.delivery import Letter
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
FILES_PAUSE = timedelta(minutes=5)  # asking an S3 server that hangs takes a minute and a half
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 60.0  # a sign-in code is good for ten minutes

log = structlog.get_logger()


class MailSender:
    """Sends the mail of one lane step by step; while the server is away it waits longer and longer."""

    def __init__(
        self,
        carrel: Carrel,
        lane: MailLane,
        worker: str,
        stopping: threading.Event,
        postbox: MailTransport | None = None,
    ) -> None:
        self._carrel = carrel
        self._lane = lane
        self._worker = worker
        self._stopping = stopping
        self._postbox = postbox or open_transport(carrel.settings)
        self._pause_s = FIRST_PAUSE_S
        self._has_broken = False
        self._held: Letter | None = None
        self._renew_at = self._files_away_until = now()

    def step(self) -> bool:
        """Send what is due; True when there was something, False when there was nothing to do."""
        with self._carrel.database.read_session() as session:
            if not mail_delivery.has_mail(session, self._lane, now=now()):
                return False
        try:
            while not self._stopping.is_set() and self._send_next():
                pass
        finally:
            self._postbox.close()
        return True

    def _send_next(self) -> bool:
        # What is taken and lost to a failure of power waits again: that need not be on the disk.
        with self._carrel.database.transaction(in_passing=True) as session:
            letter = mail_delivery.take(session, self._lane, worker=self._worker, now=now())
        if letter is None:
            return False
        self._held, self._renew_at = letter, now() + RENEW_EVERY
        try:
            with within_request(letter.request_id):
                return self._deliver(letter)
        finally:
            self._held = None

    def keep_lease(self) -> None:
        """Renew the lease of the mail that is being sent; another thread calls this each second."""
        held = self._held
        if held is None or now() < self._renew_at:
            return
        with self._carrel.database.transaction() as session:
            mail_delivery.renew(session, held, now=now())
        self._renew_at = now() + RENEW_EVERY

    def _deliver(self, letter: Letter) -> bool:
        """Send one mail and record the outcome; False where its server is to be waited for."""
        try:
            self._put(letter)
        except ServerAway as error:
            self._wait_for_server(letter, error)
            return False
        except BrokenOff as error:
            return self._broken_off(letter, error)
        except NotTaken as error:
            self._not_taken(letter, error)
        else:
            sent_at = now()
            with self._carrel.database.transaction() as session:
                mail_delivery.mark_sent(session, letter, now=sent_at)
            waited_s = round((sent_at - letter.created_at).total_seconds(), 1)
            log.info("mail_sent", mail=letter.public_id, kind=letter.kind, waited_s=waited_s)
        self._pause_s, self._has_broken = FIRST_PAUSE_S, False
        return True

    def _broken_off(self, letter: Letter, error: BrokenOff) -> bool:
        """Put the mail off and go on; where two in a row broke off, it is the server: wait."""
        if self._has_broken:
            self._has_broken = False
            self._wait_for_server(letter, error)
            return False
        self._has_broken = True
        self._not_taken(letter, error)
        return True

    def _put(self, letter: Letter) -> None:
        """Hand one mail over; raises NotTaken, whatever is wrong with it: the others go on."""
        message = self._composed(letter)
        try:
            self._postbox.put(message)
        except NotTaken:
            raise
        except Exception as error:
            log.exception("mail_broke", mail=letter.public_id, kind=type(error).__name__)
            raise RefusedForNow(f"Sending this failed: {type(error).__name__}") from error

    def _composed(self, letter: Letter) -> EmailMessage:
        try:
            files = self._files(letter)
            with self._carrel.database.read_session() as session:
                return mail_delivery.compose(session, letter, files, self._carrel.settings)
        except (SQLAlchemyError, NotTaken):
            raise
        except ValueError as error:  # headers and addresses
            raise RefusedForGood(f"No message can carry this: {error}") from error
        except Exception as error:  # our own fault: the next version may write it
            log.exception("mail_broke", mail=letter.public_id, kind=type(error).__name__)
            raise RefusedForNow(f"Writing this failed: {type(error).__name__}") from error

    def _files(self, letter: Letter) -> Sequence[bytes]:
        """Read what is attached; for a while after storage was away, say so without asking it."""
        attached = unpacked(letter.attachments)
        if attached and now() < self._files_away_until:
            raise FilesAway("The attached files can't be read now.")
        try:
            return read_files(self._carrel.storage, attached)
        except FilesAway:
            self._files_away_until = now() + FILES_PAUSE
            raise

    def _not_taken(self, letter: Letter, error: NotTaken) -> None:
        with self._carrel.database.transaction() as session:
            if isinstance(error, mail_delivery.Unwanted):
                mail_delivery.cancel(session, letter, error.reason)
            elif isinstance(error, NoSuchMailbox):
                mail_delivery.bounce(session, letter, error.reason, now=now())
            elif isinstance(error, RefusedForGood):
                mail_delivery.refuse(session, letter, error.reason)
            else:
                mail_delivery.put_off(session, letter, error.reason, now=now())
        log.warning("mail_refused", mail=letter.public_id, refusal=type(error).__name__)

    def _wait_for_server(self, letter: Letter, error: ServerAway | BrokenOff) -> None:
        with self._carrel.database.transaction() as session:
            mail_delivery.release(session, letter, error.reason)
        log.warning("mail_server_away", pause_s=self._pause_s)
        self._stopping.wait(self._pause_s)
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
