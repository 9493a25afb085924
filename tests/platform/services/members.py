"""The roster (Names and Role Provisioning Services 2.0): pages, differences, roles, the silent."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, request

from tests.platform.platform import Platform
from tests.platform.product_quirks import Habits
from tests.platform.records import Course, Membership
from tests.platform.services.service_requests import Unserved, asker, gives, limit_of, said
from tests.platform.vocabulary import LTI, MEMBERS_TYPE, MEMBERSHIP, Message, Role, Scope


@dataclass(frozen=True, slots=True)
class Place:
    """Where a listing goes on: after how many of the members changed since a revision."""

    since: int
    start: int = 0
    role: str | None = None
    limit: int | None = None


@dataclass(slots=True)
class Cursors:
    """Words that stand for places; they tell upper from lower case."""

    _places: dict[str, Place] = field(default_factory=dict)

    def word(self, place: Place) -> str:
        """Return a word for a place."""
        word = f"Aa{secrets.token_urlsafe(9)}zZ"
        self._places[word] = place
        return word

    def place(self, word: str) -> Place:
        """Return what a word stands for. Raises Unserved."""
        if word not in self._places:
            raise Unserved(404, f"the cursor {word!r} was never given out (its case counts)")
        return self._places[word]


def members_blueprint(platform: Platform) -> Blueprint:
    """Return the roster of courses."""
    blueprint = Blueprint("members", __name__)
    cursors = Cursors()

    @blueprint.get("/nrps/<course_id>/members")
    def listing(course_id: str) -> Response:
        who = asker(platform, course_id, Scope.MEMBERS_READ)
        gives(MEMBERS_TYPE)
        with platform.lock:
            return _listing(platform, who.course, cursors)

    return blueprint


def _listing(platform: Platform, course: Course, cursors: Cursors) -> Response:
    word = request.args.get("cursor")
    begins = Place(0, 0, request.args.get("role"), limit_of(platform))
    place = cursors.place(word) if word else begins
    limit = min(place.limit or platform.page_size, platform.page_size)
    found = [member for member in course.members.values() if _wanted(member, place)]
    page = found[place.start : place.start + limit]
    told = {
        "id": f"{platform.url}{request.full_path.rstrip('?')}",
        "context": {"id": course.id, "label": course.label, "title": course.title},
        "members": [_told(platform, member) for member in page],
    }
    answer = said(told, MEMBERS_TYPE)
    if place.start + limit < len(found):
        goes_on = Place(place.since, place.start + limit, place.role, limit)
        _link(platform, answer, "next", cursors.word(goes_on))
    else:
        _link(platform, answer, "differences", cursors.word(Place(course.revision, 0, place.role)))
    return answer


def _link(platform: Platform, answer: Response, rel: str, word: str) -> None:
    kept = {name: request.args[name] for name in ("rlid",) if name in request.args}
    query = "&".join(f"{name}={value}" for name, value in {**kept, "cursor": word}.items())
    answer.headers.add("Link", f'<{platform.url}{request.path}?{query}>; rel="{rel}"')


def _wanted(member: Membership, place: Place) -> bool:
    """Tell whether a member belongs on a list: the gone are told only as a difference."""
    if place.role is not None and not _has_role(member, place.role):
        return False
    return member.revision > place.since if place.since else member.status != "Deleted"


def _has_role(member: Membership, role: str) -> bool:
    known = {one.value: one.uri for one in Role}
    return known.get(role, role) in member.roles


def _told(platform: Platform, member: Membership) -> dict[str, Any]:
    person, habits = member.person, platform.habits
    told: dict[str, Any] = {
        "status": member.status,
        "user_id": person.id,
        "roles": [*map(_role(habits), member.roles), *person.system_roles],
    }
    names = {
        "name": person.name,
        "given_name": person.given,
        "family_name": person.family,
        "email": person.email,
    }
    if habits.names_people:
        told |= {name: value for name, value in names.items() if value is not None}
    if "rlid" in request.args:
        told["message"] = [_message(platform, request.args["rlid"])]
    return told


def _role(habits: Habits) -> Any:
    def short(uri: str) -> str:
        return uri.removeprefix(MEMBERSHIP) if habits.short_roles_in_roster else uri

    return short


def _message(platform: Platform, link_id: str) -> dict[str, Any]:
    link = platform.records.links.get(link_id)
    if link is None:
        raise Unserved(404, f"there is no link {link_id!r}")
    return {
        LTI + "message_type": Message.RESOURCE_LINK.value,
        LTI + "resource_link": {"id": link.id, "title": link.title},
        LTI + "custom": dict(link.custom),
    }
