"""Verified email domains of organizations, whose people can claim seats (PRODUCT.md, S7)."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_organizations import family_of, kept_organization
from lms.core.bulk_insert import add_once
from lms.core.email_addresses import Address, read_address
from lms.core.errors import N_, Conflict, Invalid, or_not_found
from lms.models.organizations import Organization
from lms.models.seats import VerifiedDomain

NOT_A_DOMAIN = N_(
    "Enter the part of your email addresses after the @, such as library.example.org."
)
IS_PUBLIC = N_("This is a public email domain. Enter the organization's own domain.")
TAKEN = N_("This domain is already verified for an organization.")

# Public email providers: an address there does not identify an organization's staff.
PUBLIC: Final = frozenset(
    [
        "10minutemail.com",
        "126.com",
        "139.com",
        "163.com",
        "aim.com",
        "alice.it",
        "aliyun.com",
        "aol.com",
        "arcor.de",
        "att.net",
        "bellsouth.net",
        "bigpond.com",
        "bk.ru",
        "bluewin.ch",
        "bol.com.br",
        "btinternet.com",
        "centurylink.net",
        "charter.net",
        "comcast.net",
        "cox.net",
        "cs.com",
        "daum.net",
        "duck.com",
        "earthlink.net",
        "email.com",
        "excite.com",
        "fastmail.com",
        "fastmail.fm",
        "foxmail.com",
        "free.fr",
        "freenet.de",
        "frontier.com",
        "frontiernet.net",
        "gmail.com",
        "gmx.at",
        "gmx.ch",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "guerrillamail.com",
        "hanmail.net",
        "hey.com",
        "hotmail.ca",
        "hotmail.co.uk",
        "hotmail.com",
        "hotmail.de",
        "hotmail.es",
        "hotmail.fr",
        "hotmail.it",
        "hushmail.com",
        "icloud.com",
        "inbox.com",
        "inbox.ru",
        "interia.pl",
        "internet.ru",
        "juno.com",
        "laposte.net",
        "libero.it",
        "list.ru",
        "live.ca",
        "live.co.uk",
        "live.com",
        "live.fr",
        "live.nl",
        "mac.com",
        "mail.com",
        "mail.de",
        "mail.ru",
        "mailbox.org",
        "mailfence.com",
        "mailinator.com",
        "me.com",
        "mozmail.com",
        "msn.com",
        "mycloud.com",
        "nate.com",
        "naver.com",
        "netscape.net",
        "netzero.com",
        "netzero.net",
        "ntlworld.com",
        "o2.pl",
        "onet.pl",
        "optonline.net",
        "optimum.net",
        "orange.fr",
        "outlook.com",
        "outlook.de",
        "outlook.fr",
        "passport.com",
        "pm.me",
        "posteo.de",
        "privaterelay.appleid.com",
        "proton.me",
        "protonmail.ch",
        "protonmail.com",
        "qq.com",
        "rambler.ru",
        "rediffmail.com",
        "roadrunner.com",
        "rocketmail.com",
        "rogers.com",
        "rr.com",
        "sbcglobal.net",
        "seznam.cz",
        "sfr.fr",
        "shaw.ca",
        "sina.cn",
        "sina.com",
        "skynet.be",
        "sky.com",
        "sohu.com",
        "suddenlink.net",
        "sympatico.ca",
        "t-online.de",
        "talktalk.net",
        "telenet.be",
        "telus.net",
        "terra.com.br",
        "tuta.com",
        "tuta.io",
        "tutanota.com",
        "ukr.net",
        "uol.com.br",
        "verizon.net",
        "videotron.ca",
        "virgilio.it",
        "virginmedia.com",
        "vip.qq.com",
        "wanadoo.fr",
        "web.de",
        "windowslive.com",
        "windstream.net",
        "wp.pl",
        "ya.ru",
        "yahoo.ca",
        "yahoo.co.in",
        "yahoo.co.jp",
        "yahoo.co.uk",
        "yahoo.com",
        "yahoo.com.au",
        "yahoo.com.br",
        "yahoo.de",
        "yahoo.es",
        "yahoo.fr",
        "yahoo.it",
        "yandex.com",
        "yandex.ru",
        "yeah.net",
        "ymail.com",
        "yopmail.com",
        "zoho.com",
        "zohomail.com",
    ]
)

# Providers with domains in many countries: outlook.com.au, yahoo.es, hotmail.co.uk.
_FAMILIES: Final = re.compile(
    r"(aol|gmail|gmx|googlemail|hotmail|icloud|live|msn|outlook|protonmail|rocketmail|windowslive"
    r"|yahoo|yandex|ymail)\.([a-z]{2,}|(com?|net|org)\.[a-z]{2})"
)


def read_domain(text: str) -> str:
    """Return a domain as it is stored: lowercase IDNA, without a leading @.

    Raises Invalid (field `domain`) for an invalid domain or a public email provider.
    """
    try:
        domain = read_address(f"somebody@{text.strip().removeprefix('@')}").key.rpartition("@")[2]
    except Invalid as error:
        raise Invalid(NOT_A_DOMAIN, field="domain") from error
    if is_public(domain):
        raise Invalid(IS_PUBLIC, field="domain")
    return domain


def is_public(domain: str) -> bool:
    """Return whether a domain is a public email provider's."""
    return domain in PUBLIC or _FAMILIES.fullmatch(domain) is not None


def verify(
    session: Session, organization_id: int, text: str, *, actor: str | None, now: datetime
) -> str:
    """Add a verified domain to an organization, and return it as stored.

    Each pool's claim policy decides whether it gives seats. Raises NotFound for an unknown
    organization, Invalid for an invalid or public domain, Conflict for a domain that is already
    verified.
    """
    domain = read_domain(text)
    public_id = _public_id(session, organization_id)
    row = VerifiedDomain(organization_id=organization_id, domain=domain, verified_at=now)
    if not add_once(session, row):
        raise Conflict(TAKEN)
    detail = {"domain": row.public_id}
    audit.record(session, "domain.verified", public_id, actor=actor, now=now, detail=detail)
    return domain


def forget(
    session: Session, organization_id: int, domain_id: str, *, actor: str | None, now: datetime
) -> None:
    """Remove a domain from an organization; seats claimed with it stay. Raises NotFound."""
    public_id = _public_id(session, organization_id)
    query = (
        delete(VerifiedDomain)
        .where(
            VerifiedDomain.organization_id.in_(family_of(organization_id)),
            VerifiedDomain.public_id == domain_id,
        )
        .returning(VerifiedDomain.id)
    )
    or_not_found(session.scalar(query))
    detail = {"domain": domain_id}
    audit.record(session, "domain.forgotten", public_id, actor=actor, now=now, detail=detail)


def domains_of(session: Session, organization_id: int) -> Sequence[tuple[str, str]]:
    """Return an organization's domains by name, each as (public ID, domain)."""
    rows = session.execute(
        select(VerifiedDomain.public_id, VerifiedDomain.domain)
        .where(VerifiedDomain.organization_id.in_(family_of(organization_id)))
        .order_by(VerifiedDomain.domain)
    )
    return [(public_id, domain) for public_id, domain in rows]


def organization_at(session: Session, address: Address) -> int | None:
    """Return the row id of the organization whose verified domain an address has, or None."""
    domain = address.key.rpartition("@")[2]
    return session.scalar(
        select(kept_organization(VerifiedDomain.organization_id)).where(
            VerifiedDomain.domain == domain
        )
    )


def _public_id(session: Session, organization_id: int) -> str:
    public_id = session.scalar(
        select(Organization.public_id).where(Organization.id == organization_id)
    )
    return or_not_found(public_id)
