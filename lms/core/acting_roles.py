"""The roles in which acts are done, as the audit trail names them."""

from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

_KEY: Final = "acting_as"


class ActingRole(StrEnum):
    """In which role an act was done; each audit entry has one."""

    PERSON = "person"  # for themselves, signed in or not
    OWNER = "owner"  # of an organization, as the next four
    MANAGER = "manager"
    SUPERVISOR = "supervisor"
    BILLING = "billing"
    LMS_ADMIN = "lms_admin"
    INSTRUCTOR = "instructor"  # in a course of an LMS
    LMS = "lms"  # an LMS itself
    SELLER_OWNER = "seller_owner"  # of the seller, as the next two
    STAFF = "staff"
    BOOKKEEPER = "bookkeeper"
    COMMAND_LINE = "command_line"
    JOB = "job"  # in the background; the actor, if any, is who began it


def session_acting_as(role: ActingRole) -> dict[str, ActingRole]:
    """Return what a session is told of the role in which its acts are done."""
    return {_KEY: role}


def acting_role(session: Session) -> ActingRole:
    """Return the role in which a session's acts are done."""
    role: ActingRole = session.info[_KEY]
    return role
