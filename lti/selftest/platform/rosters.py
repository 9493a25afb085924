"""Rosters (Names and Role Provisioning Services 2.0): pages, differences and roles."""

from typing import Any, Final

from lti.selftest.platform.line_items import page_limit
from lti.selftest.platform.platform import Platform
from lti.selftest.platform.records import Membership
from lti.selftest.platform.requests import Answer, Request, Unserved
from lti.selftest.platform.vocabulary import MEMBERS_TYPE, MEMBERSHIP, Scope

# upper and lower case count, so that a tool that changes URLs is noticed
FROM: Final = "From"
SINCE: Final = "Since"
KNOWN: Final = {"role", "limit", "rlid", FROM, SINCE}


def list_members(platform: Platform, request: Request, course_id: str) -> Answer:
    """Answer with a page of a course's roster, or of its changes; raises Unserved."""
    course = platform.asker(request, course_id, Scope.MEMBERS_READ).course
    request.must_accept(MEMBERS_TYPE)
    args = request.args
    if args.keys() - KNOWN:
        raise Unserved(404, f"unknown parameters: {', '.join(sorted(args.keys() - KNOWN))}")
    start, limit = request.count(FROM, 0), page_limit(platform, request)
    since = request.count(SINCE, 0)
    found = [member for member in course.members.values() if _is_listed(member, since, args)]
    body = {
        "id": platform.url + request.target,
        "context": {"id": course.id, "label": course.label, "title": course.title},
        "members": [as_json(member) for member in found[start : start + limit]],
    }
    if start + limit < len(found):
        rel, following = "next", {**args, FROM: str(start + limit)}
    else:
        rel, following = "differences", {**args, FROM: "0", SINCE: str(course.revision)}
    query = "&".join(f"{name}={value}" for name, value in following.items())
    link = f'<{platform.url}{request.path}?{query}>; rel="{rel}"'
    return Answer(200, body, MEMBERS_TYPE, {"Link": link})


def as_json(member: Membership) -> dict[str, Any]:
    """Return a member as the roster lists one; withheld names are omitted."""
    person = member.person
    return {
        "status": member.status,
        "user_id": person.id,
        "roles": [*member.roles, *person.system_roles],
        **person.claims,
    }


def _is_listed(member: Membership, since: int, args: dict[str, str]) -> bool:
    """Return whether a member is listed: those who left only among the differences."""
    role = args.get("role")
    if role is not None and not {role, MEMBERSHIP + role} & set(member.roles):
        return False
    return member.revision > since if since else member.status != "Deleted"
