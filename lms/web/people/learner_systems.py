"""The LMS and organization of people without an address, to distinguish those with the same name."""

from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from lms.component import hooks_for
from lms.web.core.request_context import components


def learner_systems(session: Session, login_ids: Iterable[int]) -> Mapping[int, str]:
    """Return the LMS and organization of these logins (row ids); those from no LMS are left out."""
    wanted = tuple(login_ids)
    return {
        login_id: words
        for hook in hooks_for(components(), "systems_of")
        for login_id, words in hook(session, wanted).items()
    }
