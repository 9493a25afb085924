"""Email transport: an SMTP server by SMTP_URL, or files under DATA_DIR/mail."""

import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from lms.core.settings import Settings

TIMEOUT_S = 20.0
FILES_TIMEOUT_S = 120.0  # 14 MB at 1 Mbit/s, or a server that scans for viruses
PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
TOO_LARGE = 552  # RFC 1870, 6.2: the message is refused, not its sender
PERMANENT = 500  # RFC 5321, 4.2.1: a 5yz reply is permanent, a 4yz reply temporary


class NotTaken(Exception):
    """An email was not taken; `reason` is for our team."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RefusedForGood(NotTaken):
    """The server refuses this email permanently."""


class NoSuchMailbox(RefusedForGood):
    """The server takes no email for this address: it bounced before it was sent."""


class RefusedForNow(NotTaken):
    """The server may take this email later."""


class BrokenOff(RefusedForNow):
    """The server broke off while receiving this email, which may be the cause."""


class ServerAway(NotTaken):
    """The server can't be reached or refuses to talk to us; no email is at fault."""


class MailTransport(Protocol):
    """Takes emails; it may keep a connection open between them."""

    def put(self, message: EmailMessage) -> None:
        """Hand one email over; raises NotTaken."""

    def close(self) -> None:
        """Close the connection, if there is one."""


def open_transport(settings: Settings) -> MailTransport:
    """Return the transport that the settings name; it connects when given an email."""
    if settings.smtp_url is None:
        return MailFiles(mail_folder(settings))
    return MailServer(settings.smtp_url, name=settings.mail_from.rpartition("@")[2])


def try_server(settings: Settings) -> None:
    """Connect to the mail server and sign in without sending anything; raises ServerAway."""
    postbox = open_transport(settings)
    try:
        if isinstance(postbox, MailServer):
            postbox.connect()
    finally:
        postbox.close()


def mail_folder(settings: Settings) -> Path:
    """Return the directory for emails as files, used when no server is set."""
    return settings.data_dir / "mail"


class MailFiles:
    """A directory in which each email becomes an .eml file, which any mail program opens."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def put(self, message: EmailMessage) -> None:
        """Write one email atomically, readable by this system account only."""
        name = message["Message-ID"].strip("<>").partition("@")[0]
        path = self._directory / f"{name}.eml"
        part = path.with_suffix(".part")
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.touch(mode=0o600)
            part.write_bytes(bytes(message))
            part.rename(path)
        except OSError as error:
            raise ServerAway(f"The email couldn't be written to {path}: {error}") from error

    def close(self) -> None:
        """Do nothing: files need no connection."""


class MailServer:
    """A server reached by smtp://, smtps:// or smtp+starttls://[user:password@]host[:port]."""

    def __init__(self, url: str, *, name: str) -> None:
        self._parts = urlsplit(url)
        self._name = name
        self._connection: smtplib.SMTP | None = None

    def put(self, message: EmailMessage) -> None:
        """Send one email over the open connection, or over a new one."""
        was_open = self._connection is not None
        try:
            self._put(message)
        except BrokenOff:
            if not was_open:
                raise
            # the server may have closed an idle connection; the email isn't at fault
            self._put(message)

    def _put(self, message: EmailMessage) -> None:
        connection = self.connect()
        _wait_longer_for_files(connection, message)
        try:
            connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            self._reset(connection)
            code, answer = next(iter(error.recipients.values()))
            if code >= PERMANENT:
                raise NoSuchMailbox(_reason(code, answer)) from error
            raise _refusal(code, answer) from error
        except smtplib.SMTPSenderRefused as error:
            self.close()
            # reported about the sender, whose command states the size
            if error.smtp_code == TOO_LARGE:
                raise _refusal(error.smtp_code, error.smtp_error) from error
            raise ServerAway(_reason(error.smtp_code, error.smtp_error)) from error
        except smtplib.SMTPDataError as error:
            self._reset(connection)
            raise _refusal(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:
            self._reset(connection)
            raise RefusedForGood(f"The mail server doesn't accept this address: {error}") from error
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise BrokenOff(f"The mail server closed the connection: {error}") from error

    def close(self) -> None:
        """Quit the connection, if the server still answers."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.quit()
        except (smtplib.SMTPException, OSError):
            connection.close()

    def connect(self) -> smtplib.SMTP:
        """Return the open connection, or a new one; raises ServerAway."""
        if self._connection is None:
            try:
                self._connection = self._connect()
            except (smtplib.SMTPException, OSError) as error:
                raise ServerAway(f"The mail server can't be reached: {error}") from error
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        scheme, host = self._parts.scheme, self._parts.hostname or ""
        port = self._parts.port or PORTS[scheme]
        if scheme == "smtps":
            made: smtplib.SMTP = smtplib.SMTP_SSL(
                host,
                port,
                local_hostname=self._name,
                timeout=TIMEOUT_S,
                context=ssl.create_default_context(),
            )
        else:
            made = smtplib.SMTP(host, port, local_hostname=self._name, timeout=TIMEOUT_S)
        try:
            if scheme == "smtp+starttls":
                made.starttls(context=ssl.create_default_context())
            if self._parts.username:
                made.login(unquote(self._parts.username), unquote(self._parts.password or ""))
        except BaseException:
            made.close()
            raise
        return made

    def _reset(self, connection: smtplib.SMTP) -> None:
        try:
            connection.rset()
        except (smtplib.SMTPException, OSError):
            self.close()


def _wait_longer_for_files(connection: smtplib.SMTP, message: EmailMessage) -> None:
    has_files = message.get_content_type() == "multipart/mixed"
    if connection.sock is not None:
        connection.sock.settimeout(FILES_TIMEOUT_S if has_files else TIMEOUT_S)


def _refusal(code: int, answer: bytes | str) -> NotTaken:
    kind = RefusedForGood if code >= PERMANENT else RefusedForNow
    return kind(_reason(code, answer))


def _reason(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"The mail server said: {code} {' '.join(text.split())}"[:500]
