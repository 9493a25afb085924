"""Names and Role Provisioning Services 2.0: reads a course's roster page by page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from lti.http.access_tokens import Platform
from lti.http.authorized_platform_calls import Services
from lti.http.link_header import next_page, related
from lti.http.platform_calls_and_outcomes import (
    NOT_UNDERSTOOD,
    Answered,
    Call,
    Denied,
    Later,
    read_json,
)
from lti.models.launches import FrameRole
from lti.protocol.platform_urls import web_address
from lti.protocol.roles import role_in
from lti.protocol.spec_vocabulary import MEMBERS_SCOPE
from lti.protocol.token_parts import is_storable

MEMBERS_TYPE: Final = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
LARGEST_PAGE: Final = 8_000_000
MOST_PAGES: Final = 500
LONGEST: Final = {"user_id": 255, "name": 200, "email": 320, "lis_person_sourcedid": 255}


@dataclass(frozen=True, slots=True)
class Member:
    """A person on the roster; name and email are None if the platform withholds them."""

    sub: str
    name: str | None
    email: str | None
    is_instructor: bool
    status: str
    sis_id: str | None = None

    @property
    def has_left(self) -> bool:
        """Return whether the platform says that they left the course."""
        return self.status == "deleted"


@dataclass(frozen=True, slots=True)
class Roster:
    """All pages of a roster; `differences_url` is where to request changes since the first page."""

    members: tuple[Member, ...]
    differences_url: str | None


def read_roster(
    services: Services, platform: Platform, url: str, *, now: datetime
) -> Roster | Later | Denied:
    """Return the roster at a URL, or the changes if it is a differences URL."""
    found: dict[str, Member] = {}
    page, differences = url, None
    for _ in range(MOST_PAGES):
        call = Call("GET", page, {"Accept": MEMBERS_TYPE}, largest=LARGEST_PAGE)
        outcome = services.call(platform, (MEMBERS_SCOPE,), call, now=now)
        if not isinstance(outcome, Answered):
            return outcome
        members = _members(outcome)
        if members is None:
            return Later(NOT_UNDERSTOOD, status=outcome.status, is_away=False)
        found |= {member.sub: member for member in members}
        # a differences URL from a later page would miss changes to the pages before it
        differences = differences or web_address(related(outcome, "differences"))
        following = next_page(outcome)
        if following is None:
            return Roster(tuple(found.values()), differences)
        page = following
    return Later(NOT_UNDERSTOOD, is_away=False)  # an endless list


def _members(answer: Answered) -> list[Member] | None:
    try:
        listed = read_json(answer)["members"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(listed, list):
        return None
    read = [_member(one) for one in listed if isinstance(one, Mapping)]
    return [one for one in read if one is not None]


def _member(one: Mapping[str, Any]) -> Member | None:
    sub = _text(one, "user_id")
    if sub is None:
        return None
    roles = one.get("roles")
    named = [role for role in roles if isinstance(role, str)] if isinstance(roles, list) else []
    given = " ".join(filter(None, (_text(one, "given_name"), _text(one, "family_name"))))
    return Member(
        sub=sub,
        name=_text(one, "name") or given[: LONGEST["name"]] or None,
        email=_text(one, "email"),
        is_instructor=role_in(named) is FrameRole.INSTRUCTOR,
        sis_id=_text(one, "lis_person_sourcedid"),
        status=str(one.get("status", "Active")).rsplit("#", 1)[-1].casefold(),
    )


def _text(one: Mapping[str, Any], name: str) -> str | None:
    value = one.get(name)
    longest = LONGEST.get(name, LONGEST["name"])
    if not isinstance(value, str) or not value.strip() or not is_storable(value):
        return None
    return value if len(value) <= longest else (None if name != "name" else value[:longest])
