"""Organization matches: known organizations that a new one may be (PRODUCT.md, I6).

Names are compared without case, accents and punctuation, and with abbreviations expanded.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from lms.access.merged_organizations import kept_organization
from lms.core.email_addresses import read_address
from lms.core.errors import N_, Invalid
from lms.core.postal_addresses import Address, clean_address
from lms.models.accounts import Login, LoginAlias
from lms.models.organizations import (
    AccountsPayableAddress,
    Membership,
    Organization,
    Role,
)
from lms.models.seats import VerifiedDomain
from lms.organizations.email_domains import is_public

MOST: Final = 5
AT_ONCE: Final = 1_000
SAME_NAME = N_("Same name.")
FORMER_NAME = N_("Same name as %(name)s, which was merged into it.")
LEGAL_NAME = N_("Its legal name is %(name)s.")
SIMILAR_NAME = N_("Almost the same name.")
BELONGS = N_("%(email)s belongs to it.")
VERIFIED = N_("%(domain)s is its verified domain.")
SAME_DOMAIN = N_("Its people have email addresses at %(domain)s.")
SAME_ADDRESS = N_("Same address: %(address)s.")

_ABBREVIATIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "acad": "academy",
        "assn": "association",
        "ave": "avenue",
        "blvd": "boulevard",
        "bldg": "building",
        "centre": "center",
        "cnty": "county",
        "co": "county",
        "coll": "college",
        "comm": "community",
        "consort": "consortium",
        "coop": "cooperative",
        "ctr": "center",
        "dept": "department",
        "dist": "district",
        "dr": "drive",
        "e": "east",
        "ft": "fort",
        "hts": "heights",
        "hwy": "highway",
        "inst": "institute",
        "lib": "library",
        "libr": "library",
        "libraries": "library",
        "libs": "library",
        "ln": "lane",
        "mem": "memorial",
        "mt": "mount",
        "muni": "municipal",
        "n": "north",
        "pub": "public",
        "publ": "public",
        "rd": "road",
        "reg": "regional",
        "s": "south",
        "ste": "suite",
        "sys": "system",
        "systems": "system",
        "twp": "township",
        "univ": "university",
        "w": "west",
    }
)
_SAINT: Final = frozenset({"st", "saint"})  # in an address, "st" is a street
_DROPPED: Final = frozenset({"the", "of", "and", "for", "inc"})
# words in many institutions' names, which people often omit
_GENERIC: Final = frozenset(
    {"public", "library", "system", "district", "free", "memorial", "municipal", "regional"}
)


_row = Organization.__table__.c
_PLACES: Final = tuple(
    (_row[f"{prefix}_street"], _row[f"{prefix}_postal_code"]) for prefix in ("billing", "legal")
)


@dataclass(frozen=True, slots=True)
class NewOrganizationFacts:
    """The facts about a new organization; `email` is its contact's."""

    name: str
    email: str = ""
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A known organization that a new one may be, with the reasons as sentences."""

    id: int
    slug: str
    name: str
    reasons: tuple[str, ...]


@dataclass(slots=True)
class _Found:
    """The reasons for one organization; the lowest rank comes first."""

    rank: int
    reasons: list[str]


class _Known:
    """The names, domains and members of all organizations, mapped to the kept organization."""

    def __init__(self, session: Session, emails: Collection[str]) -> None:
        self.exact: dict[str, list[tuple[int, str, str]]] = {}
        self.similar: dict[str, list[int]] = {}
        rows = session.execute(
            select(
                Organization.id,
                Organization.name,
                Organization.legal_name,
                Organization.merged_into,
            ).order_by(Organization.id)
        )
        for row in rows:
            kept = row.merged_into or row.id
            own = SAME_NAME if row.merged_into is None else FORMER_NAME
            for name, reason in ((row.name, own), (row.legal_name, LEGAL_NAME)):
                if name:
                    self.exact.setdefault(name_key(name), []).append((kept, reason, name))
                    self.similar.setdefault(similar_key(name), []).append(kept)
        verified = session.execute(
            select(VerifiedDomain.domain, kept_organization(VerifiedDomain.organization_id))
            .select_from(VerifiedDomain)
            .order_by(VerifiedDomain.id)
        )
        self.verified: dict[str, int] = {row[0]: row[1] for row in verified}
        self.domains: dict[str, set[int]] = {}
        for key, kept in _contact_addresses(session) if emails else ():
            self.domains.setdefault(key.rpartition("@")[2], set()).add(kept)
        self.members: dict[str, set[int]] = {}
        for key, kept in _members(session, emails):
            self.members.setdefault(key, set()).add(kept)


def find_matches(session: Session, new: NewOrganizationFacts) -> tuple[Match, ...]:
    """Return the organizations that a new one may be, likeliest first, at most five."""
    return find_matches_of_many(session, [new])[0]


def find_matches_of_many(
    session: Session, news: Sequence[NewOrganizationFacts]
) -> list[tuple[Match, ...]]:
    """Return the likely matches of each of several new organizations."""
    addresses = {new.email: _key_of(new.email) for new in news}
    known_facts = _Known(session, set(filter(None, addresses.values())))
    found = [
        dict(_ranked(_reasons(session, known_facts, new, addresses[new.email]))) for new in news
    ]
    rows = session.execute(
        select(Organization.id, Organization.slug, Organization.name).where(
            Organization.id.in_({one for each in found for one in each})
        )
    )
    known = {row.id: row for row in rows}
    return [
        tuple(
            Match(one, known[one].slug, known[one].name, tuple(each[one].reasons))
            for one in sorted(each, key=lambda one: (each[one].rank, known[one].name))[:MOST]
        )
        for each in found
    ]


def name_key(name: str) -> str:
    """Return a normalized name: `The Elm Co. Pub. Lib.` becomes `elm county public library`."""
    return " ".join(_words(name))


def similar_key(name: str) -> str:
    """Return the distinctive part of a name, without words such as public, library and system."""
    words = _words(name)
    return " ".join([word for word in words if word not in _GENERIC] or words)


def _words(text: str, *, is_address: bool = False) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = re.sub("['\u2019.]", "", plain.replace("&", " and "))
    found = []
    for word in re.findall(r"\w+", plain):
        if word in _SAINT:
            found.append("street" if is_address and word == "st" else "saint")
        elif word not in _DROPPED:
            found.append(_ABBREVIATIONS.get(word, word))
    return found


def _ranked(reasons: Iterable[tuple[int, int, str]]) -> Iterator[tuple[int, _Found]]:
    found: dict[int, _Found] = {}
    for organization_id, rank, reason in reasons:
        each = found.setdefault(organization_id, _Found(rank, []))
        each.rank = min(each.rank, rank)
        if reason not in each.reasons:
            each.reasons.append(reason)
    yield from found.items()


def _reasons(
    session: Session, known: _Known, new: NewOrganizationFacts, key: str
) -> Iterator[tuple[int, int, str]]:
    """Yield likely organizations, each with a rank and a sentence."""
    exact = known.exact.get(name_key(new.name), [])
    for kept, reason, name in exact:
        yield kept, 0, reason % {"name": name}
    if new.address is not None:
        for kept in _at_address(session, new.address):
            yield kept, 1, SAME_ADDRESS % {"address": ", ".join(new.address.lines)}
    if key:
        yield from _by_email(known, new.email.strip(), key)
    same = {kept for kept, _reason, _name in exact}
    for kept in known.similar.get(similar_key(new.name), []):
        if kept not in same:
            yield kept, 4, SIMILAR_NAME


def _by_email(known: _Known, email: str, key: str) -> Iterator[tuple[int, int, str]]:
    for kept in sorted(known.members.get(key, ())):
        yield kept, 2, BELONGS % {"email": email}
    domain = key.rpartition("@")[2]
    if is_public(domain):
        return
    for each in _domain_and_above(domain):
        if each in known.verified:
            yield known.verified[each], 2, VERIFIED % {"domain": each}
    for kept in sorted(known.domains.get(domain, ())):
        yield kept, 3, SAME_DOMAIN % {"domain": domain}


def _key_of(email: str) -> str:
    try:
        return read_address(email).key
    except Invalid:
        return ""


def _contact_addresses(session: Session) -> Iterator[tuple[str, int]]:
    """Yield the address keys of people with a role and of accounts payable, with organization ids."""
    rows = session.execute(
        select(Login.email_key, kept_organization(Membership.organization_id))
        .select_from(Membership)
        .join(Login, Login.id == Membership.login_id)
        .where(Login.email_key.is_not(None), Membership.role != Role.MEMBER)
        .union(
            select(
                AccountsPayableAddress.email_key,
                kept_organization(AccountsPayableAddress.organization_id),
            ).select_from(AccountsPayableAddress)
        )
    )
    for key, kept in rows:
        yield key or "", kept


def _members(session: Session, keys: Collection[str]) -> Iterator[tuple[str, int]]:
    """Yield which of these address keys belong to members, with organization ids."""
    asked, person = sorted(keys), func.coalesce(Login.merged_into, Login.id)
    for first in range(0, len(asked), AT_ONCE):
        some = asked[first : first + AT_ONCE]
        own = select(Login.email_key.label("key"), person.label("id")).where(
            Login.email_key.in_(some)
        )
        further = (
            select(LoginAlias.email_key, person)
            .join_from(LoginAlias, Login)
            .where(LoginAlias.email_key.in_(some))
        )
        known = own.union(further).subquery()
        rows = session.execute(
            select(known.c.key, kept_organization(Membership.organization_id))
            .select_from(known)
            .join(Login, person == known.c.id)
            .join(Membership, Membership.login_id == Login.id)
            .distinct()
        )
        yield from ((key or "", kept) for key, kept in rows)


def _domain_and_above(domain: str) -> list[str]:
    """Return a domain and its parent domains, without the top level: staff.elm.org, elm.org."""
    parts = domain.split(".")
    return [".".join(parts[at:]) for at in range(len(parts) - 1)]


def _at_address(session: Session, typed: Address) -> set[int]:
    address = clean_address(typed)
    code, street = address.postal_code[:5], _words(address.street, is_address=True)
    if not code or not street:
        return set()
    rows = session.execute(
        select(
            func.coalesce(_row.merged_into, _row.id).label("kept"),
            *(column for pair in _PLACES for column in pair),
        ).where(or_(*(known.startswith(code, autoescape=True) for _street, known in _PLACES)))
    )
    return {
        row.kept
        for row in rows
        for known_street, known_code in (row[1:3], row[3:5])
        if (known_code or "").startswith(code)
        and _words(known_street or "", is_address=True) == street
    }
