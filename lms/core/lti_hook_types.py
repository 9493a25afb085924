"""LTI hook types: what the LTI tool tells of an organization's connections and of a person."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ConnectionState(StrEnum):
    """Whether launches are taken: yes, once our team has approved it, or no longer."""

    CONNECTED = "connected"
    WAITING = "waiting"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class LmsConnection:
    """A learning management system of an organization, or one installation of it.

    `deployment_id` is "" where nothing was launched yet; `launched_at` is the latest launch of the
    last 90 days.
    """

    name: str
    deployment_id: str
    state: ConnectionState
    launched_at: datetime | None


class Likeness(StrEnum):
    """How two people of learning systems are alike: the surest first."""

    USER = "user"  # the same user of the same system
    SIS_ID = "sis_id"  # the institution's own id
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class LikeLogins:
    """Two logins, by row ids, that may be one person's."""

    login_id: int
    other_id: int
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class OwnListing:
    """A course whose list named the person, and how."""

    course: str
    name: str | None
    email: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class OwnScore:
    """What is kept for a course's gradebook: the share watched, and what was reported, 0 to 1."""

    activity: str
    share: float
    reported: float
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnLink:
    """That the person was linked to a log-in, or asked to be; `email` while the letter is open."""

    asked_at: datetime
    email: str | None
    linked_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnTwin:
    """That the institution's change of system made two of its users one person, or was to."""

    old_user_id: str
    new_user_id: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class OwnSystem:
    """A person of one learning system; `user_id` is what that system calls them."""

    system: str
    organization: str
    user_id: str
    name: str
    email: str | None
    since: datetime
    seen_at: datetime
    links: tuple[OwnLink, ...]
    twins: tuple[OwnTwin, ...]
    courses: tuple[OwnListing, ...]
    scores: tuple[OwnScore, ...]
