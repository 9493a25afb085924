"""A mail server that stores what it receives, for tests that really send email."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers.process import free_port


@dataclass(frozen=True, slots=True)
class Delivered:
    """One delivered message: the addresses of its envelope, the message, and the time."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    arrived_at: float = field(default_factory=time.monotonic)

    @property
    def text(self) -> str:
        """Return the plain text that a person without HTML reads."""
        body = self.message.get_body(preferencelist=("plain",))
        return str(body.get_content()) if body else ""


@dataclass  # not slotted: aiosmtpd inspects each member of its handler
class MailSink:
    """The server's address and the messages it received.

    `refusal` is its answer to every message, `delay_s` delays each message, and `waiting` counts
    the messages that are delayed now.
    """

    port: int
    delivered: list[Delivered] = field(default_factory=list)
    refusal: str | None = None
    delay_s: float = 0.0
    waiting: int = 0

    @property
    def url(self) -> str:
        """Return the value for the SMTP_URL setting."""
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address: str) -> list[Delivered]:
        """Return what was sent to one address, oldest first."""
        return [mail for mail in self.delivered if address in mail.recipients]

    async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Store one message, or answer with the refusal."""
        self.waiting += 1
        try:
            await asyncio.sleep(self.delay_s)
        finally:
            self.waiting -= 1
        if self.refusal:
            return self.refusal
        content = cast(bytes, envelope.content)
        message = message_from_bytes(content, policy=policy.default)
        recipients = tuple(str(address) for address in envelope.rcpt_tos)
        self.delivered.append(Delivered(str(envelope.mail_from), recipients, message))
        return "250 kept"


@contextmanager
def mail_server() -> Iterator[MailSink]:
    """Run a mail server on loopback until the block ends."""
    sink = MailSink(free_port())
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop(no_assert=True)
