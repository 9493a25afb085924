"""What a grant may cover, found by its slug."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.errors import N_, NotFound
from lms.models.catalogue import Presenter, Series, Webinar
from lms.models.holdings import Scope

NO_SUCH_WEBINAR = N_("There is no webinar with that name.")
NO_SUCH_PRESENTER = N_("There is no presenter with that name.")
NO_SUCH_SERIES = N_("There is no series with that name.")


def find_target(session: Session, scope: Scope, slug: str) -> int | None:
    """Return the row that a scope and a slug name, None for everything; raises NotFound."""
    match scope:
        case Scope.EVERYTHING:
            return None
        case Scope.WEBINAR:
            found, sentence = select(Webinar.id).where(Webinar.slug == slug), NO_SUCH_WEBINAR
        case Scope.PRESENTER:
            found, sentence = select(Presenter.id).where(Presenter.slug == slug), NO_SUCH_PRESENTER
        case Scope.SERIES:
            found, sentence = select(Series.id).where(Series.slug == slug), NO_SUCH_SERIES
    target_id = session.scalar(found)
    if target_id is None:
        raise NotFound(sentence)
    return target_id
