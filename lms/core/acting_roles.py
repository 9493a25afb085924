"""Acting roles: the role in which an action is done, as the audit log records it."""

from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

ACTING: Final = "acting_as"  # the role of a database session, in its `info`


class ActingRole(StrEnum):
    """The role in which an action was done; each audit entry has one."""

    PERSON = "person"  # for themselves, signed in or not
    OWNER = "owner"  # of an organization, as are the next four
    MANAGER = "manager"
    SUPERVISOR = "supervisor"
    BILLING = "billing"
    LMS_ADMIN = "lms_admin"
    INSTRUCTOR = "instructor"  # in a course of an LMS
    LMS = "lms"  # an LMS itself
    SELLER_OWNER = "seller_owner"  # of the seller, as are the next two
    STAFF = "staff"
    BOOKKEEPER = "bookkeeper"
    COMMAND_LINE = "command_line"
    JOB = "job"  # in the background; the actor, if any, is the person who started it


def acting_role(session: Session) -> ActingRole:
    """Return the role in which a session's actions are done."""
    role: ActingRole = session.info[ACTING]
    return role
