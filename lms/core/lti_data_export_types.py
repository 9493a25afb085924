"""LTI data export types: what learning systems know about a person, for their data export."""

from dataclasses import dataclass
from datetime import datetime


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
