"""The records of a platform: tools, courses, people, links, line items and scores, all in memory."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from lti.selftest.platform.vocabulary import Role

Record = TypeVar("Record")


class NotHere(LookupError):
    """There is no record with this ID; the message names it."""


def new_id(prefix: str = "") -> str:
    """Return a new ID, in which upper and lower case differ."""
    return prefix + secrets.token_urlsafe(12)


@dataclass(slots=True, kw_only=True)
class Tool:
    """A tool as a platform knows it; `jwks` is its key set if it has no `jwks_url`."""

    client_id: str
    deployment_ids: list[str]
    name: str
    login_url: str
    redirect_uris: tuple[str, ...]
    launch_url: str
    deep_link_url: str | None = None
    scopes: Collection[str] = ()
    jwks_url: str | None = None
    jwks: Mapping[str, Any] = field(default_factory=dict)
    custom: Mapping[str, str] = field(default_factory=dict)

    @property
    def deployment_id(self) -> str:
        """Return the first deployment."""
        return self.deployment_ids[0]


@dataclass(frozen=True, slots=True)
class Person:
    """A person with an account; `system_roles` apply in all courses."""

    id: str
    given: str | None = None
    family: str | None = None
    email: str | None = None
    system_roles: tuple[str, ...] = ()

    @property
    def name(self) -> str | None:
        """Return the full name, None if it is withheld."""
        return " ".join(filter(None, (self.given, self.family))) or None

    @property
    def claims(self) -> dict[str, str]:
        """Return the claims with the names and email address that are not withheld."""
        claims = {
            "name": self.name,
            "given_name": self.given,
            "family_name": self.family,
            "email": self.email,
        }
        return {name: value for name, value in claims.items() if value is not None}


@dataclass(slots=True)
class Membership:
    """A person in a course; `revision` is the course's at the last change."""

    person: Person
    roles: tuple[str, ...]
    status: str = "Active"
    revision: int = 0


@dataclass(slots=True)
class Course:
    """A course and its roster; `history` are the IDs of those it was copied from, nearest first."""

    id: str
    label: str
    title: str
    members: dict[str, Membership] = field(default_factory=dict)
    history: tuple[str, ...] = ()
    revision: int = 0

    def enroll(self, person: Person, *roles: Role | str) -> Person:
        """Add a person, or replace the roles; return the person."""
        uris = tuple(role.uri if isinstance(role, Role) else role for role in roles)
        self.revision += 1
        self.members[person.id] = Membership(person, uris, revision=self.revision)
        return person

    def withdraw(self, person: Person, *, status: str = "Deleted") -> None:
        """Change a person's status, which appears among the differences of the roster."""
        member = self.members[person.id]
        self.revision += 1
        member.status, member.revision = status, self.revision

    def with_role(self, role: Role) -> list[Person]:
        """Return the active people with a role, in order of enrollment."""
        return [
            member.person
            for member in self.members.values()
            if role.uri in member.roles and member.status == "Active"
        ]

    @property
    def instructors(self) -> list[Person]:
        """Return the active instructors."""
        return self.with_role(Role.INSTRUCTOR)

    @property
    def learners(self) -> list[Person]:
        """Return the active learners."""
        return self.with_role(Role.LEARNER)


@dataclass(slots=True)
class Link:
    """A link to a tool in a course; `item` is the content item that it was made of, if any.

    `history` are the IDs of the links it was copied from, nearest first.
    """

    id: str
    client_id: str
    deployment_id: str
    course_id: str
    title: str
    url: str
    custom: dict[str, str] = field(default_factory=dict)
    text: str = ""
    line_item_id: str | None = None
    history: tuple[str, ...] = ()
    item: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Score:
    """An accepted score."""

    person_id: str
    at: datetime
    given: float | None
    maximum: float | None
    activity: str
    grading: str
    comment: str | None = None


@dataclass(slots=True)
class LineItem:
    """A column of the gradebook, its scores, oldest first, and the grade of each person."""

    id: str
    course_id: str
    client_id: str
    label: str
    maximum: float
    resource_id: str | None = None
    resource_link_id: str | None = None
    tag: str | None = None
    scores: list[Score] = field(default_factory=list)
    grades: dict[str, float] = field(default_factory=dict)

    def last(self, person_id: str) -> Score | None:
        """Return a person's last score, None before the first."""
        return next((one for one in reversed(self.scores) if one.person_id == person_id), None)


@dataclass(slots=True)
class Records:
    """All records by ID."""

    tools: dict[str, Tool] = field(default_factory=dict)
    courses: dict[str, Course] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    line_items: dict[str, LineItem] = field(default_factory=dict)

    def tool(self, client_id: str) -> Tool:
        """Return a tool; raises NotHere."""
        return _found(self.tools, client_id, "tool with the client ID")

    def course(self, course_id: str) -> Course:
        """Return a course; raises NotHere."""
        return _found(self.courses, course_id, "course")

    def link(self, link_id: str) -> Link:
        """Return a link; raises NotHere."""
        return _found(self.links, link_id, "link")

    def links_of(self, course: Course) -> list[Link]:
        """Return the links of a course, oldest first."""
        return [link for link in self.links.values() if link.course_id == course.id]

    def columns_of(self, course: Course) -> list[LineItem]:
        """Return the columns of a course's gradebook."""
        return [item for item in self.line_items.values() if item.course_id == course.id]


def _found(records: Mapping[str, Record], key: str, kind: str) -> Record:
    try:
        return records[key]
    except KeyError:
        raise NotHere(f"there is no {kind} {key!r}") from None
