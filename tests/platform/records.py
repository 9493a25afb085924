"""What the platform keeps: tools, courses, people, links, columns and grades; all in memory."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from lti.selftest.platform_tokens import Client
from tests.platform.vocabulary import TEST_USER, Role

Kept = TypeVar("Kept")


class NotHere(LookupError):
    """The platform has no such thing; the message names it."""


def new_id(prefix: str = "") -> str:
    """Return an id nobody can guess, in both cases of letters."""
    return prefix + secrets.token_urlsafe(12)


@dataclass(slots=True, kw_only=True)
class Tool(Client):
    """A tool with an address. `jwks` stands for what would be fetched at `jwks_url`."""

    name: str
    login_url: str
    redirect_uris: tuple[str, ...]
    launch_url: str
    jwks_url: str | None = None
    deep_link_url: str | None = None
    custom: Mapping[str, str] = field(default_factory=dict)
    messages: tuple[Mapping[str, Any], ...] = ()
    registration: Mapping[str, Any] | None = None

    @property
    def deployment_id(self) -> str:
        """The first deployment."""
        return self.deployment_ids[0]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account; the names may be withheld by a person who wants no name told."""

    id: str
    given: str | None = None
    family: str | None = None
    email: str | None = None
    is_test_user: bool = False

    @property
    def name(self) -> str | None:
        """The full name."""
        return " ".join(filter(None, (self.given, self.family))) or None

    @property
    def system_roles(self) -> tuple[str, ...]:
        """Roles that somebody has in all courses."""
        return (TEST_USER,) if self.is_test_user else ()


@dataclass(slots=True)
class Membership:
    """A person's place in a course; `revision` grows with every change of the course's roster."""

    person: Person
    roles: tuple[str, ...]
    status: str = "Active"
    revision: int = 0


@dataclass(slots=True)
class Course:
    """A course and its roster. `history` are the ids of those it was copied from, nearest first."""

    id: str
    label: str
    title: str
    members: dict[str, Membership] = field(default_factory=dict)
    history: tuple[str, ...] = ()
    revision: int = 0

    def enroll(self, person: Person, *roles: Role | str) -> Person:
        """Take somebody in, or change what they are; without a role they have none."""
        uris = tuple(role.uri if isinstance(role, Role) else role for role in roles)
        self.revision += 1
        self.members[person.id] = Membership(person, uris, revision=self.revision)
        return person

    def withdraw(self, person: Person, *, status: str = "Deleted") -> None:
        """Take somebody out (or make them Inactive); the differences of the roster tell it."""
        member = self.members[person.id]
        self.revision += 1
        member.status, member.revision = status, self.revision

    def with_role(self, role: Role) -> list[Person]:
        """Return who has a role here, in order of enrollment."""
        return [
            member.person
            for member in self.members.values()
            if role.uri in member.roles and member.status == "Active"
        ]

    @property
    def instructors(self) -> list[Person]:
        """Who teaches here."""
        return self.with_role(Role.INSTRUCTOR)

    @property
    def learners(self) -> list[Person]:
        """Who learns here."""
        return self.with_role(Role.LEARNER)


@dataclass(slots=True)
class Link:
    """A placement of a tool in a course."""

    id: str
    client_id: str
    deployment_id: str
    course_id: str
    title: str
    url: str
    text: str = ""
    custom: dict[str, str] = field(default_factory=dict)
    line_item_id: str | None = None
    history: tuple[str, ...] = ()
    item: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Score:
    """A score as it was posted and accepted."""

    person_id: str
    at: datetime
    given: float | None
    maximum: float | None
    activity: str
    grading: str
    comment: str | None
    received_at: datetime


@dataclass(slots=True)
class LineItem:
    """A column of the gradebook and what was posted to it, oldest first."""

    id: str
    course_id: str
    client_id: str
    label: str
    maximum: float
    resource_id: str | None = None
    resource_link_id: str | None = None
    tag: str | None = None
    more: dict[str, Any] = field(default_factory=dict)
    scores: list[Score] = field(default_factory=list)
    grades: dict[str, float] = field(default_factory=dict)

    def last(self, person_id: str) -> Score | None:
        """Return a person's newest score."""
        return next((one for one in reversed(self.scores) if one.person_id == person_id), None)


@dataclass(slots=True)
class Records:
    """All that is kept, by id."""

    tools: dict[str, Tool] = field(default_factory=dict)
    courses: dict[str, Course] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    line_items: dict[str, LineItem] = field(default_factory=dict)

    def tool(self, client_id: str) -> Tool:
        """Return a tool. Raises NotHere."""
        return _found(self.tools, client_id, "tool with the client id")

    def course(self, course_id: str) -> Course:
        """Return a course. Raises NotHere."""
        return _found(self.courses, course_id, "course")

    def link(self, link_id: str) -> Link:
        """Return a link. Raises NotHere."""
        return _found(self.links, link_id, "link")

    def links_of(self, course: Course) -> list[Link]:
        """Return the links of a course, in the order in which they were made."""
        return [link for link in self.links.values() if link.course_id == course.id]

    def columns_of(self, course: Course) -> list[LineItem]:
        """Return the columns of a course's gradebook."""
        return [item for item in self.line_items.values() if item.course_id == course.id]

    def people(self) -> Iterable[Person]:
        """Return everybody who is in a course, each once."""
        found = {
            member.person.id: member.person
            for course in self.courses.values()
            for member in course.members.values()
        }
        return found.values()


def _found(kept: Mapping[str, Kept], key: str, kind: str) -> Kept:
    try:
        return kept[key]
    except KeyError:
        raise NotHere(f"there is no {kind} {key!r}") from None
