"""The claims of an id_token (LTI 1.3 Core, sections 5.3 and 5.4, and the services)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from lti.selftest.platform.records import Course, LineItem, Link, Person, Tool, new_id
from lti.selftest.platform.vocabulary import (
    AGS_CLAIM,
    COURSE_TYPE,
    DEEP_LINKING,
    INSTITUTION,
    LTI,
    NRPS_CLAIM,
    Message,
    Scope,
)

SETTINGS: Final = DEEP_LINKING + "deep_linking_settings"
AGS_SCOPES: Final = (Scope.LINE_ITEM, Scope.LINE_ITEM_READ, Scope.RESULT_READ, Scope.SCORE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A launch of a tool; `about` is whose submission is reviewed.

    `claims` replaces claims, and `without` omits some, by their full names. `deep_linking` replaces
    settings; a setting that is None is omitted.
    """

    tool: Tool
    deployment_id: str
    person: Person
    course: Course
    begun_at: datetime
    message: Message = Message.RESOURCE_LINK
    link: Link | None = None
    column: LineItem | None = None
    about: Person | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    deep_linking: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=new_id)

    @property
    def url(self) -> str:
        """Return the target_link_uri."""
        if self.message is Message.DEEP_LINKING:
            return self.tool.deep_link_url or self.tool.launch_url
        return self.link.url if self.link and self.link.url else self.tool.launch_url

    @property
    def hint(self) -> str:
        """Return the lti_message_hint, with characters that careless encoding changes."""
        return f'{{"launch": "{self.id}", "a+b": "50% &amp; ünder/%2F"}}'


@dataclass(frozen=True, slots=True)
class Addresses:
    """The URLs of a platform; those of line items end with `line_item_query` if there is one."""

    url: str
    issuer: str
    name: str
    line_item_query: str = ""

    @property
    def auth(self) -> str:
        """Return where tools send browsers to authenticate."""
        return f"{self.url}/auth"

    @property
    def token(self) -> str:
        """Return where tools get access tokens."""
        return f"{self.url}/token"

    @property
    def jwks(self) -> str:
        """Return the URL of the platform's public keys."""
        return f"{self.url}/jwks"

    def course(self, course: Course) -> str:
        """Return where the tool sends people back to."""
        return f"{self.url}/courses/{course.id}/back"

    def line_items(self, course: Course) -> str:
        """Return the URL of a course's line items."""
        return self._with_query(f"{self.url}/ags/{course.id}/line_items")

    def line_item(self, item: LineItem, part: str = "") -> str:
        """Return the URL of a line item, or of its /scores or /results."""
        url = f"{self.url}/ags/{item.course_id}/line_items/{item.id}/lineitem"
        return self._with_query(url + part)

    def members(self, course: Course) -> str:
        """Return the URL of a course's roster."""
        return f"{self.url}/nrps/{course.id}/members"

    def deep_link_return(self, launch: Launch) -> str:
        """Return where the response to a deep linking request is posted."""
        return f"{self.url}/deep_linking/{launch.id}"

    def _with_query(self, url: str) -> str:
        return f"{url}?{self.line_item_query}" if self.line_item_query else url


def claims_of(launch: Launch, nonce: str, addresses: Addresses) -> dict[str, Any]:
    """Return the claims of a launch, without `iat` and `exp`."""
    claims = {
        "iss": addresses.issuer,
        "aud": launch.tool.client_id,
        "sub": launch.person.id,
        "nonce": nonce,
        "locale": "en",
        LTI + "message_type": launch.message.value,
        LTI + "version": "1.3.0",
        LTI + "deployment_id": launch.deployment_id,
        LTI + "target_link_uri": launch.url,
        LTI + "roles": _roles(launch),
        LTI + "tool_platform": {"guid": addresses.url, "name": addresses.name, "version": "1"},
        LTI + "launch_presentation": {
            "locale": "en",
            "document_target": "iframe",
            "return_url": addresses.course(launch.course),
        },
        **launch.person.claims,
    }
    if launch.message is Message.DATA_PRIVACY:
        return claims | _custom(launch.tool.custom)
    claims |= _course(launch.course) | _services(launch, addresses)
    if launch.message is Message.DEEP_LINKING:
        claims[SETTINGS] = deep_linking_settings(launch, addresses)
        return claims | _custom(launch.tool.custom)
    return claims | _link(launch)


def deep_linking_settings(launch: Launch, addresses: Addresses) -> dict[str, Any]:
    """Return the settings of a deep linking request."""
    settings = {
        "deep_link_return_url": addresses.deep_link_return(launch),
        "accept_types": ["link", "file", "html", "ltiResourceLink", "image"],
        "accept_presentation_document_targets": ["iframe", "window", "embed"],
        "accept_multiple": True,
        "auto_create": False,
        "title": "Choose a recording",
        "text": "",
        "data": f"csrf:{launch.id}; ünder +%2F&=",
        **launch.deep_linking,
    }
    return {name: value for name, value in settings.items() if value is not None}


def _roles(launch: Launch) -> list[str]:
    member = launch.course.members.get(launch.person.id)
    roles = member.roles if member else ()
    kind = "Faculty" if any("Instructor" in role for role in roles) else "Student"
    everywhere = (INSTITUTION + kind,) if roles else ()
    return [*everywhere, *roles, *launch.person.system_roles]


def _course(course: Course) -> dict[str, Any]:
    context = {"id": course.id, "label": course.label, "title": course.title, "type": [COURSE_TYPE]}
    return {LTI + "context": context}


def _services(launch: Launch, addresses: Addresses) -> dict[str, Any]:
    claims: dict[str, Any] = {}
    grading = [scope.value for scope in AGS_SCOPES if scope in launch.tool.scopes]
    if grading:
        endpoint = {"scope": grading, "lineitems": addresses.line_items(launch.course)}
        column = {"lineitem": addresses.line_item(launch.column)} if launch.column else {}
        claims[AGS_CLAIM] = endpoint | column
    if Scope.MEMBERS_READ in launch.tool.scopes:
        claims[NRPS_CLAIM] = {
            "context_memberships_url": addresses.members(launch.course),
            "service_versions": ["2.0"],
        }
    return claims


def _link(launch: Launch) -> dict[str, Any]:
    link, course = launch.link, launch.course
    if link is None:
        return _custom(launch.tool.custom)
    resource = {"id": link.id, "title": link.title, "description": link.text}
    variables = {
        "$ResourceLink.id": link.id,
        "$ResourceLink.title": link.title,
        "$ResourceLink.id.history": _history(link.history),
        "$Context.id": course.id,
        "$Context.title": course.title,
        "$Context.id.history": _history(course.history),
        "$User.id": launch.person.id,
    }
    given = {**launch.tool.custom, **link.custom}
    claims: dict[str, Any] = {
        LTI + "resource_link": {name: value for name, value in resource.items() if value},
        **_custom({name: variables.get(value, value) for name, value in given.items()}),
    }
    if launch.about is not None:
        claims[LTI + "for_user"] = {"user_id": launch.about.id, **launch.about.claims}
    return claims


def _custom(custom: Mapping[str, str]) -> dict[str, Any]:
    return {LTI + "custom": dict(custom)} if custom else {}


def _history(ids: Iterable[str]) -> str:
    """Return IDs as a list in a variable (LTI 1.3 Core, appendices B.3 and B.4)."""
    return ",".join(quote(one, safe="") for one in ids)
