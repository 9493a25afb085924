"""Roles: learner, instructor, or test user, by the platform's roles (LTI 1.3 Core, A.2)."""

from collections.abc import Iterable
from typing import Final

from lti.models.launches import FrameRole
from lti.protocol.spec_vocabulary import CONTEXT_ROLE, TEST_USER

TEACHING: Final = frozenset({"Instructor", "ContentDeveloper", "TeachingAssistant"})
LEARNING: Final = "Learner"
ASSISTING: Final = f"{CONTEXT_ROLE}/Instructor#TeachingAssistant"  # and its Section, Group, ...


def role_in(roles: Iterable[str]) -> FrameRole:
    """Return how a person with these roles sees a course: whoever doesn't teach in it is a learner.

    Roles in the institution or the system count for nothing here: a professor may be enrolled.
    """
    teaches = any(_teaches(role) for role in roles)
    return FrameRole.INSTRUCTOR if teaches else FrameRole.LEARNER


def is_learner_alone(roles: Iterable[str]) -> bool:
    """Tell whether a platform says that somebody learns in this course, and not that they teach in it."""
    named = tuple(roles)
    learns = any(_learns(role) for role in named)
    return learns and role_in(named) is FrameRole.LEARNER


def is_test_user(roles: Iterable[str]) -> bool:
    """Tell whether this is a platform's own test user, such as Canvas' student view."""
    return TEST_USER in roles


def _teaches(role: str) -> bool:
    name = role.removeprefix(f"{CONTEXT_ROLE}#")
    return name in TEACHING or role.startswith(ASSISTING)


def _learns(role: str) -> bool:
    sub_role = f"{CONTEXT_ROLE}/{LEARNING}#"
    return role.removeprefix(f"{CONTEXT_ROLE}#") == LEARNING or role.startswith(sub_role)
