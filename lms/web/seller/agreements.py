"""The policies that a customer agrees to with a checkbox: their links, and whether it is checked."""

from flask_babel import gettext as _

from lms.core import clock
from lms.core.errors import N_, Invalid
from lms.documents.policies_in_print import current_policies
from lms.seller.policies import TITLES
from lms.web.core.request_context import read_session

NOT_AGREED = N_("Agree to the terms to continue.")


def agreements() -> list[tuple[str, str]]:
    """Return the names of the policies that a customer agrees to, each with its path."""
    with read_session() as session:
        found = current_policies(session, now=clock.now())
    return [(_(TITLES[one.kind]), one.path) for one in found]


def check_agreed(*, has_agreed: bool) -> None:
    """Raise Invalid (field `has_agreed`) if there are policies to agree to and the box isn't checked."""
    if not has_agreed and agreements():
        raise Invalid(NOT_AGREED, field="has_agreed")
