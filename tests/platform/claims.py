"""What an id_token says: the claims of LTI 1.3 Core (section 5.3 and 5.4) and of the services."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from tests.platform.product_quirks import Habits
from tests.platform.records import Course, LineItem, Link, Person, Tool, new_id
from tests.platform.vocabulary import (
    AGS_CLAIM,
    DEEP_LINKING,
    INSTITUTION,
    LTI,
    NRPS_CLAIM,
    Message,
    Scope,
)

AGS_SCOPES: Final = (Scope.LINE_ITEM, Scope.LINE_ITEM_READ, Scope.RESULT_READ, Scope.SCORE)


@dataclass(frozen=True, slots=True)
class Launch:
    """Somebody is about to be sent to a tool; `id` is the login hint's companion.

    `claims` replaces what the token would say and `without` leaves claims out, each by its full
    name. `about` is whose submission is reviewed. `sent_data` is the `data` of a deep-linking request.
    """

    message: Message
    tool: Tool
    deployment_id: str
    person: Person
    course: Course
    made_at: datetime
    link: Link | None = None
    column: LineItem | None = None
    about: Person | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    deep_linking: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=new_id)

    @property
    def url(self) -> str:
        """The target_link_uri."""
        if self.message is Message.DEEP_LINKING:
            return self.tool.deep_link_url or self.tool.launch_url
        return self.link.url if self.link and self.link.url else self.tool.launch_url

    @property
    def hint(self) -> str:
        """The lti_message_hint, with the letters that careless encoding breaks."""
        return f'{{"launch": "{self.id}", "a+b": "50% &amp; ünder/%2F"}}'


@dataclass(frozen=True, slots=True)
class Places:
    """The platform's addresses that its claims name."""

    url: str
    issuer: str
    name: str
    guid: str

    def course_url(self, course: Course) -> str:
        """Where the tool sends people back to."""
        return f"{self.url}/courses/{course.id}/back"

    def line_items_url(self, course: Course, habits: Habits) -> str:
        """The container of a course's columns; on Moodle each address has the type of the tool."""
        return f"{self.url}/ags/{course.id}/line_items" + ("?type_id=7" * habits.line_item_query)

    def line_item_url(self, item: LineItem, habits: Habits) -> str:
        """One column."""
        address = f"{self.url}/ags/{item.course_id}/line_items/{item.id}/lineitem"
        return address + ("?type_id=7" * habits.line_item_query)

    def members_url(self, course: Course) -> str:
        """The roster of a course."""
        return f"{self.url}/nrps/{course.id}/members"

    def deep_link_return_url(self, launch: Launch) -> str:
        """Where the answer of one deep-linking request is posted."""
        return f"{self.url}/deep_linking/{launch.id}"


def claims_of(launch: Launch, nonce: str, places: Places, habits: Habits) -> dict[str, Any]:
    """Return all that the token of a launch says, before `exp` and `iat` are put to it."""
    said = {
        "iss": places.issuer,
        "aud": launch.tool.client_id,
        "sub": launch.person.id,
        "nonce": nonce,
        LTI + "message_type": launch.message.value,
        LTI + "version": "1.3.0",
        LTI + "deployment_id": launch.deployment_id,
        LTI + "target_link_uri": launch.url,
        LTI + "roles": _roles(launch),
        LTI + "tool_platform": {
            "guid": places.guid,
            "name": places.name,
            "version": "1",
            "product_family_code": habits.family,
        },
        LTI + "launch_presentation": {
            "locale": "en",
            "document_target": "iframe",
            "return_url": places.course_url(launch.course),
        },
        "locale": "en",
    }
    if habits.has_azp:
        said["azp"] = launch.tool.client_id
    if launch.message is not Message.DATA_PRIVACY:
        said[LTI + "context"] = _context(launch.course, habits)
        said |= _services(launch, places, habits)
    said |= _names(launch.person, habits)
    said |= _about_the_message(launch, places, habits)
    said |= launch.claims
    return {name: value for name, value in said.items() if name not in launch.without}


def _roles(launch: Launch) -> list[str]:
    member = launch.course.members.get(launch.person.id)
    roles = member.roles if member else ()
    kind = "Faculty" if any("Instructor" in role for role in roles) else "Student"
    everywhere = (INSTITUTION + kind,) if roles else ()
    return [*everywhere, *roles, *launch.person.system_roles]


def _context(course: Course, habits: Habits) -> dict[str, Any]:
    return {
        "id": course.id,
        "label": course.label,
        "title": course.title,
        "type": [habits.context_type],
    }


def _names(person: Person, habits: Habits) -> dict[str, str]:
    if not habits.names_people:
        return {}
    names = {
        "name": person.name,
        "given_name": person.given,
        "family_name": person.family,
        "email": person.email,
    }
    return {name: value for name, value in names.items() if value is not None}


def _about_the_message(launch: Launch, places: Places, habits: Habits) -> dict[str, Any]:
    if launch.message is Message.DEEP_LINKING:
        return _deep_linking(launch, places, habits)
    if launch.link is None or launch.message is Message.DATA_PRIVACY:
        return {LTI + "custom": dict(launch.tool.custom)} if launch.tool.custom else {}
    link = launch.link
    resource = {"id": link.id, "title": link.title, "description": link.text}
    said: dict[str, Any] = {
        LTI + "resource_link": {name: value for name, value in resource.items() if value},
    }
    custom = _custom(launch, habits)
    if custom:
        said[LTI + "custom"] = custom
    if launch.about is not None:
        said[LTI + "for_user"] = {"user_id": launch.about.id, **_names(launch.about, habits)}
    return said


def _deep_linking(launch: Launch, places: Places, habits: Habits) -> dict[str, Any]:
    settings = {
        "deep_link_return_url": places.deep_link_return_url(launch),
        "accept_types": list(habits.accept_types),
        "accept_presentation_document_targets": ["iframe", "window", "embed"],
        "accept_multiple": True,
        "accept_lineitem": habits.takes_columns,
        "auto_create": False,
        "title": "Choose a recording",
        "text": "",
    }
    if habits.sends_data:
        settings["data"] = f"csrf:{launch.id}; ünder +%2F&="
    settings |= launch.deep_linking
    settings = {name: value for name, value in settings.items() if value is not None}
    said: dict[str, Any] = {DEEP_LINKING + "deep_linking_settings": settings}
    if launch.tool.custom:
        said[LTI + "custom"] = dict(launch.tool.custom)
    return said


def _services(launch: Launch, places: Places, habits: Habits) -> dict[str, Any]:
    allowed = set(launch.tool.scopes)
    said: dict[str, Any] = {}
    grading = [scope.value for scope in AGS_SCOPES if scope in allowed]
    if grading:
        endpoint: dict[str, Any] = {
            "scope": grading,
            "lineitems": places.line_items_url(launch.course, habits),
        }
        if launch.column is not None:
            endpoint["lineitem"] = places.line_item_url(launch.column, habits)
        said[AGS_CLAIM] = endpoint
    if Scope.MEMBERS_READ in allowed:
        said[NRPS_CLAIM] = {
            "context_memberships_url": places.members_url(launch.course),
            "service_versions": ["2.0"],
        }
    return said


def _custom(launch: Launch, habits: Habits) -> dict[str, str | None]:
    link = launch.link
    given = {**launch.tool.custom, **(link.custom if link else {})}
    known = {
        "$ResourceLink.id": link.id if link else "",
        "$ResourceLink.title": link.title if link else "",
        "$ResourceLink.id.history": _history(link.history) if link else "",
        "$Context.id": launch.course.id,
        "$Context.title": launch.course.title,
        "$Context.id.history": _history(launch.course.history),
        "$User.id": launch.person.id,
    }
    if not habits.resolves_variables:
        known = {"$User.id": launch.person.id, "$Context.id": launch.course.id}
    return {name: known.get(value, value) for name, value in given.items()}


def _history(ids: Iterable[str]) -> str:
    """Return ids as a list in a variable (LTI 1.3 Core, appendices B.3 and B.4)."""
    return ",".join(quote(one, safe="") for one in ids)
