"""Connecting to mail servers that require TLS, a password, or neither."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from lms.mail.transport import BrokenOff, MailServer, RefusedForGood, RefusedForNow, ServerAway
from tests.servers.process import free_port
from tests.servers.smtp import MailSink

CERTIFICATE = Path(__file__).resolve().parents[1] / "data/mail_server.pem"


class Doorman:
    """Accepts mail to all except nobody@ (unknown mailbox) and later@ (temporary failure)."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def handle_MAIL(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("stranger@"):
            return "550 5.7.1 not from you"
        envelope.mail_from = address
        return "250 fine"

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        for start, answer in (("nobody@", "550 5.1.1 unknown"), ("later@", "450 4.2.1 busy")):
            if address.startswith(start):
                return answer
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.taken.extend(envelope.rcpt_tos)
        return "250 kept"


def knows(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
) -> AuthResult:
    known = isinstance(data, LoginPassword) and data == LoginPassword(b"house", b"p@ss:word")
    return AuthResult(success=known, handled=known)  # unhandled: the server answers 535 itself


@contextmanager
def serving(doorman: Doorman, **options: Any) -> Iterator[int]:
    port = free_port()
    controller = Controller(doorman, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop(no_assert=True)


def server_side() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(CERTIFICATE)
    return made


def with_password() -> dict[str, Any]:
    return {"authenticator": knows, "auth_required": True, "tls_context": server_side()}


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the test's certificate trusted on this machine."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


def letter(to: str = "alice@example.org", sender: str = "post@inkoak.test") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, "Hello"
    message.set_content("Hello.")
    return message


def put(url: str, message: EmailMessage) -> None:
    postbox = MailServer(url, name="inkoak.test")
    try:
        postbox.put(message)
    finally:
        postbox.close()


def test_smtps_sends_through_tls(trusted: None) -> None:
    doorman = Doorman()
    with serving(doorman, ssl_context=server_side()) as port:
        put(f"smtps://127.0.0.1:{port}", letter())
    assert doorman.taken == ["alice@example.org"]


def test_starttls_sends_through_tls(trusted: None) -> None:
    doorman = Doorman()
    with serving(doorman, tls_context=server_side(), require_starttls=True) as port:
        put(f"smtp+starttls://127.0.0.1:{port}", letter())
    assert doorman.taken == ["alice@example.org"]


def test_nothing_is_sent_to_a_server_with_an_untrusted_certificate() -> None:
    doorman = Doorman()
    with serving(doorman, tls_context=server_side()) as port, pytest.raises(ServerAway):
        put(f"smtp+starttls://127.0.0.1:{port}", letter())
    assert doorman.taken == []


def test_nothing_is_sent_unencrypted_if_the_server_offers_no_starttls() -> None:
    doorman = Doorman()
    with serving(doorman) as port, pytest.raises(ServerAway):
        put(f"smtp+starttls://127.0.0.1:{port}", letter())
    assert doorman.taken == []


def test_user_and_password_of_the_url_are_percent_decoded(trusted: None) -> None:
    doorman = Doorman()
    with serving(doorman, **with_password()) as port:
        put(f"smtp+starttls://house:p%40ss%3Aword@127.0.0.1:{port}", letter())
    assert doorman.taken == ["alice@example.org"]


def test_wrong_password_counts_as_an_outage(trusted: None) -> None:
    with serving(Doorman(), **with_password()) as port, pytest.raises(ServerAway):
        put(f"smtp+starttls://house:wrong@127.0.0.1:{port}", letter())


def test_unknown_recipient_is_refused_permanently() -> None:
    with serving(Doorman()) as port, pytest.raises(RefusedForGood, match=r"550 5\.1\.1 unknown"):
        put(f"smtp://127.0.0.1:{port}", letter("nobody@example.org"))


def test_recipient_with_a_busy_mailbox_is_refused_temporarily() -> None:
    with serving(Doorman()) as port, pytest.raises(RefusedForNow, match=r"450 4\.2\.1 busy"):
        put(f"smtp://127.0.0.1:{port}", letter("later@example.org"))


def test_refused_sender_counts_as_an_outage() -> None:
    with serving(Doorman()) as port, pytest.raises(ServerAway):
        put(f"smtp://127.0.0.1:{port}", letter(sender="stranger@inkoak.test"))


def test_connection_is_used_again_after_a_refusal() -> None:
    doorman = Doorman()
    with serving(doorman) as port:
        postbox = MailServer(f"smtp://127.0.0.1:{port}", name="inkoak.test")
        with pytest.raises(RefusedForGood):
            postbox.put(letter("nobody@example.org"))
        postbox.put(letter())
        postbox.close()
    assert doorman.taken == ["alice@example.org"]


def test_broken_connection_is_reopened() -> None:
    doorman = Doorman()
    port = free_port()
    postbox = MailServer(f"smtp://127.0.0.1:{port}", name="inkoak.test")
    for expected in (1, 2):
        controller = Controller(doorman, hostname="127.0.0.1", port=port)
        controller.start()
        postbox.put(letter())
        controller.stop(no_assert=True)
        assert len(doorman.taken) == expected
    postbox.close()


def test_connection_lost_during_an_email_is_not_an_outage() -> None:
    class Leaving(Doorman):
        async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
            self, server: SMTP, session: Session, envelope: Envelope
        ) -> str:
            assert server.transport is not None
            server.transport.close()
            return "250 never read"

    with serving(Leaving()) as port, pytest.raises(BrokenOff):
        put(f"smtp://127.0.0.1:{port}", letter())


def test_email_too_large_for_the_server_is_refused_permanently() -> None:
    class Small(Doorman):
        async def handle_MAIL(  # noqa: N802  (aiosmtpd's name)
            self,
            server: SMTP,
            session: Session,
            envelope: Envelope,
            address: str,
            options: list[str],
        ) -> str:
            return "552 5.3.4 too large"

    with serving(Small()) as port, pytest.raises(RefusedForGood):
        put(f"smtp://127.0.0.1:{port}", letter())


def test_timeout_is_longer_for_an_email_with_files(
    mail_sink: MailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_sink.delay_s = 1.5
    monkeypatch.setattr("lms.mail.transport.TIMEOUT_S", 0.5)
    server = MailServer(mail_sink.url, name="inkoak.test")
    with_file = letter()
    with_file.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    server.put(with_file)
    assert len(mail_sink.delivered) == 1
    with pytest.raises(BrokenOff):
        server.put(letter())
    server.close()
