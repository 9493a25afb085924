"""Mail DNS: whether the domain of MAIL_FROM declares who may send its email (SPF, DKIM, DMARC).

Large mailbox providers refuse bulk email from a domain without all three.
"""

from collections.abc import Iterator
from typing import Final

import dns.exception
import dns.resolver

from lms.core.errors import N_
from lms.core.settings import Settings
from lms.operations.findings import Finding, State

LONGEST_S: Final = 5.0
DKIM: Final = "mail_dns.dkim"


def check_mail_dns(
    settings: Settings, resolver: dns.resolver.Resolver | None = None
) -> tuple[Finding, ...]:
    """Return findings about the sender's domain; none without a mail server or a domain.

    RFC 7208 (SPF), RFC 6376 (DKIM) and RFC 7489 (DMARC), whose record can be on a parent domain.
    """
    domain = settings.mail_from.rpartition("@")[2]
    if settings.smtp_url is None or "." not in domain.strip("."):
        return ()
    asked = resolver or dns.resolver.Resolver()
    asked.lifetime = LONGEST_S
    try:
        return (
            *_spf(asked, domain),
            *_dkim(asked, domain, settings.dkim_selector),
            *_dmarc(asked, domain),
        )
    except dns.exception.DNSException as error:
        sentence = N_("We couldn't look up the DNS records of %(domain)s: %(fault)s")
        values = {"domain": domain, "fault": type(error).__name__}
        return (
            Finding("mail_dns", State.ATTENTION, sentence, values, N_("Check your DNS resolver.")),
        )


def _spf(resolver: dns.resolver.Resolver, domain: str) -> Iterator[Finding]:
    found = [one for one in _texts(resolver, domain) if one.lower().split(" ")[0] == "v=spf1"]
    values: dict[str, str | int] = {"domain": domain, "count": len(found)}
    name = "mail_dns.spf"
    if len(found) > 1:
        sentence = N_("%(domain)s has %(count)s SPF records, so mail servers ignore all of them.")
        yield Finding(name, State.FAULT, sentence, values, N_("Merge them into one TXT record."))
    elif not found:
        sentence = N_("%(domain)s has no SPF record.")
        advice = N_(
            "Add the TXT record your mail provider gives you, such as v=spf1 include:... -all"
        )
        yield Finding(name, State.FAULT, sentence, values, advice)
    elif {"all", "+all"} & set(found[0].lower().split()):
        sentence = N_("The SPF record of %(domain)s lets anyone send its email.")
        yield Finding(name, State.FAULT, sentence, values, N_("End it with -all or ~all."))
    else:
        yield Finding(name, State.OK, N_("%(domain)s has an SPF record."), values)


def _dkim(resolver: dns.resolver.Resolver, domain: str, selector: str | None) -> Iterator[Finding]:
    if selector is None:
        sentence = N_("DKIM of %(domain)s isn't checked.")
        advice = N_("Set CARREL_DKIM_SELECTOR to the selector that your mail provider signs with.")
        yield Finding(DKIM, State.ATTENTION, sentence, {"domain": domain}, advice)
        return
    place = f"{selector}._domainkey.{domain}"
    keys = [one for one in _texts(resolver, place) if _tags(one).get("p")]
    values = {"place": place}
    if keys:
        yield Finding(DKIM, State.OK, N_("%(place)s has a DKIM key."), values)
        return
    sentence = N_("%(place)s has no DKIM key.")
    advice = N_("Add the record your mail provider gives you, or correct CARREL_DKIM_SELECTOR.")
    yield Finding(DKIM, State.FAULT, sentence, values, advice)


def _dmarc(resolver: dns.resolver.Resolver, domain: str) -> Iterator[Finding]:
    labels = domain.split(".")
    for first in range(len(labels) - 1):
        place = f"_dmarc.{'.'.join(labels[first:])}"
        records = [_tags(one) for one in _texts(resolver, place)]
        if any(one.get("v") == "DMARC1" and one.get("p") for one in records):
            sentence = N_("%(place)s has a DMARC policy.")
            yield Finding("mail_dns.dmarc", State.OK, sentence, {"place": place})
            return
    sentence = N_("%(domain)s has no DMARC policy.")
    advice = N_("Add a TXT record named _dmarc to that domain. To start: v=DMARC1; p=none")
    yield Finding("mail_dns.dmarc", State.FAULT, sentence, {"domain": domain}, advice)


def _texts(resolver: dns.resolver.Resolver, place: str) -> list[str]:
    """Return the TXT records of a name; none if the name doesn't exist."""
    try:
        answer = resolver.resolve(place, "TXT", search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    return [b"".join(one.strings).decode("utf-8", "replace") for one in answer]


def _tags(record: str) -> dict[str, str]:
    """Return the tags of a DKIM or DMARC record, such as {"v": "DMARC1", "p": "none"}."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}
