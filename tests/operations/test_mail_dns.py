"""Checks of SPF, DKIM and DMARC of the sender's domain, against a local DNS server."""

import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from lms.core.settings import Settings
from lms.operations.findings import State
from lms.operations.mail_dns import check_mail_dns

GOOD = {
    "mail.example.org": ["v=spf1 include:_spf.example.net -all", "something else"],
    "m1._domainkey.mail.example.org": ["v=DKIM1; k=rsa; p=MIIBIjANBg"],
    "_dmarc.mail.example.org": ["v=DMARC1; p=quarantine; rua=mailto:d@example.org"],
}


class NameServer:
    """Answers TXT queries over UDP from a table, and NXDOMAIN for other names."""

    def __init__(self) -> None:
        self.texts: Mapping[str, list[str]] = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))

    def serve(self) -> None:
        while True:
            raw, sender = self.socket.recvfrom(4096)
            if not raw:
                return
            self.socket.sendto(self._answer(dns.message.from_wire(raw)), sender)

    def stop(self) -> None:
        self.socket.sendto(b"", self.socket.getsockname())

    def _answer(self, asked: dns.message.Message) -> bytes:
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.RA
        name = asked.question[0].name
        texts = self.texts.get(name.to_text(omit_final_dot=True))
        if texts is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        else:
            lines = [
                f'"{text[:20]}" "{text[20:]}"' for text in texts
            ]  # long ones are split this way
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *lines))
        return answer.to_wire()


@pytest.fixture
def server() -> Iterator[NameServer]:
    made = NameServer()
    thread = threading.Thread(target=made.serve)
    thread.start()
    yield made
    made.stop()
    thread.join()
    made.socket.close()


@pytest.fixture
def resolver(server: NameServer) -> dns.resolver.Resolver:
    made = dns.resolver.Resolver(configure=False)
    made.nameservers, made.port = ["127.0.0.1"], server.socket.getsockname()[1]
    return made


@pytest.fixture
def sender(settings: Settings) -> Settings:
    return replace(
        settings,
        smtp_url="smtp://127.0.0.1:25",
        mail_from="news@mail.example.org",
        dkim_selector="m1",
    )


def states(settings: Settings, resolver: dns.resolver.Resolver) -> dict[str, State]:
    found = check_mail_dns(settings, resolver)
    assert all(one.text and (one.advice or one.state is State.OK) for one in found)
    assert not [one.advice for one in found if "%" in one.advice]  # this text has no placeholders
    return {one.name.rpartition(".")[2]: one.state for one in found}


def test_domain_with_spf_dkim_and_dmarc_is_ok(
    server: NameServer, resolver: dns.resolver.Resolver, sender: Settings
) -> None:
    server.texts = GOOD
    assert states(sender, resolver) == dict.fromkeys(("spf", "dkim", "dmarc"), State.OK)


def test_dmarc_policy_of_the_parent_domain_counts(
    server: NameServer, resolver: dns.resolver.Resolver, sender: Settings
) -> None:
    server.texts = (
        GOOD
        | {"_dmarc.mail.example.org": ["v=spf1 -all"]}
        | {"_dmarc.example.org": ["v=DMARC1;p=none"]}
    )
    assert states(sender, resolver)["dmarc"] is State.OK


@pytest.mark.parametrize(
    ("texts", "wrong"),
    [
        ({}, {"spf", "dkim", "dmarc"}),
        ({"mail.example.org": ["v=spf1 -all", "v=spf1 mx ~all"]}, {"spf"}),
        ({"mail.example.org": ["v=spf1 +all"]}, {"spf"}),
        ({"mail.example.org": ["v=spf10 -all"]}, {"spf"}),
        ({"m1._domainkey.mail.example.org": ["v=DKIM1; p="]}, {"dkim"}),  # a revoked key
        ({"_dmarc.mail.example.org": ["v=DMARC1"]}, {"dmarc"}),
    ],
)
def test_missing_or_wrong_record_is_a_fault(
    server: NameServer,
    resolver: dns.resolver.Resolver,
    sender: Settings,
    texts: dict[str, list[str]],
    wrong: set[str],
) -> None:
    server.texts = GOOD | texts if texts else {}
    found = states(sender, resolver)
    assert {name for name, state in found.items() if state is State.FAULT} == wrong


def test_dkim_without_a_selector_is_reported_as_unchecked(
    server: NameServer, resolver: dns.resolver.Resolver, sender: Settings
) -> None:
    server.texts = GOOD
    assert states(replace(sender, dkim_selector=None), resolver)["dkim"] is State.ATTENTION


def test_unreachable_dns_server_is_not_a_fault_of_the_domain(sender: Settings) -> None:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], 9
    found = check_mail_dns(sender, resolver)
    assert [one.state for one in found] == [State.ATTENTION]


@pytest.mark.parametrize("change", [{"smtp_url": None}, {"mail_from": "library@localhost"}])
def test_library_that_sends_no_email_is_not_checked(
    sender: Settings, resolver: dns.resolver.Resolver, change: dict[str, str | None]
) -> None:
    assert check_mail_dns(replace(sender, **change), resolver) == ()  # type: ignore[arg-type]  # two of its fields
