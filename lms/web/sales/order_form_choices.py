"""Choices of the order form: finds the webinar that staff typed."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.errors import N_, Invalid
from lms.grants import grant_target_lookup
from lms.models.catalog import Webinar
from lms.models.grants import Scope

NO_WEBINAR: Final = N_("Enter the webinar's title and choose it from the list.")


def webinar_covered(session: Session, typed: str, about: str) -> str:
    """Return `webinar:<slug>` for what staff typed; `about` is the slug with which the form was filled.

    Raises Invalid (field `webinar`).
    """
    text = typed.strip()
    if not text:
        raise Invalid(NO_WEBINAR, fields={"webinar": NO_WEBINAR})
    known = select(Webinar.slug).where(Webinar.slug == about, Webinar.title == text)
    slug = session.scalar(known) or grant_target_lookup.find_webinar(session, text).slug
    return f"{Scope.WEBINAR}:{slug}"
