"""LTI hook types: what the LTI tool reports about an organization's connections and a person."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ConnectionState(StrEnum):
    """Whether launches are accepted: yes, once our team has approved it, or no longer."""

    CONNECTED = "connected"
    WAITING = "waiting"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class LmsConnection:
    """An organization's LMS connection, or one deployment of it.

    `deployment_id` is "" before the first launch; `launched_at` is the latest launch in the last 90
    days.
    """

    name: str
    deployment_id: str
    state: ConnectionState
    launched_at: datetime | None


class Likeness(StrEnum):
    """Why two LMS users are alike, the most reliable first."""

    USER = "user"  # the same user of the same LMS
    SIS_ID = "sis_id"  # the institution's own ID
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class LikeLogins:
    """Two logins, by row ID, that may belong to one person."""

    login_id: int
    other_id: int
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class OwnListing:
    """A course whose roster includes the person, and how."""

    course: str
    name: str | None
    email: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class OwnScore:
    """What is stored for a course's gradebook: the share watched and the share reported, 0 to 1."""

    activity: str
    share: float
    reported: float
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnLink:
    """A link to a login, or a request for one; `email` is set while the confirmation is open."""

    asked_at: datetime
    email: str | None
    linked_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnTwin:
    """An LMS migration that made two users one person, or would have."""

    old_user_id: str
    new_user_id: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class OwnSystem:
    """A person's user in one LMS; `user_id` is the LMS's own ID."""

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
