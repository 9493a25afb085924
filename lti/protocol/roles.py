"""Roles: learner, instructor, or test user, by the platform's roles (LTI 1.3 Core, A.2)."""

from collections.abc import Iterable
from typing import Final

from lti.models.launches import FrameRole
from lti.protocol.spec_vocabulary import CONTEXT_ROLE, TEST_USER

TEACHING: Final = frozenset({"Instructor", "ContentDeveloper", "TeachingAssistant"})
LEARNING: Final = "Learner"
# also .../Instructor#TeachingAssistantSection, ...Group, etc.
ASSISTING: Final = f"{CONTEXT_ROLE}/Instructor#TeachingAssistant"


def role_in(roles: Iterable[str]) -> FrameRole:
    """Return the role of a person in a course: LEARNER unless they teach in it.

    Institution and system roles don't count: a professor can be enrolled as a student.
    """
    teaches = any(_teaches(role) for role in roles)
    return FrameRole.INSTRUCTOR if teaches else FrameRole.LEARNER


def is_learner_alone(roles: Iterable[str]) -> bool:
    """Return whether the roles include Learner and no teaching role in this course."""
    named = tuple(roles)
    learns = any(_learns(role) for role in named)
    return learns and role_in(named) is FrameRole.LEARNER


def is_test_user(roles: Iterable[str]) -> bool:
    """Return whether this is a platform's test user, such as Canvas's student view."""
    return TEST_USER in roles


def _teaches(role: str) -> bool:
    name = role.removeprefix(f"{CONTEXT_ROLE}#")
    return name in TEACHING or role.startswith(ASSISTING)


def _learns(role: str) -> bool:
    sub_role = f"{CONTEXT_ROLE}/{LEARNING}#"
    return role.removeprefix(f"{CONTEXT_ROLE}#") == LEARNING or role.startswith(sub_role)
