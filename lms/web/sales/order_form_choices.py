"""Choices of the order form: finds the organization and the webinar that staff typed."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from lms.core.errors import N_, Invalid
from lms.grants import grant_target_lookup
from lms.models.catalog import Webinar
from lms.models.grants import Scope
from lms.models.organizations import Organization

MISSING: Final = N_("Enter the organization's name and choose it from the list.")
UNKNOWN: Final = N_("No organization has this name. Check it, or choose “A new organization”.")
SEVERAL: Final = N_("Several organizations match. Choose one from the list: %(names)s.")
NO_WEBINAR: Final = N_("Enter the webinar's title and choose it from the list.")
NAMED_AT_MOST: Final = 8


def match_organization(session: Session, typed: str) -> Organization:
    """Return the organization with a name, a slug, or a part of a name that matches only one.

    For a merged organization, returns the one that remains. Raises Invalid (field `organization`).
    """
    text = " ".join(typed.split())
    if not text:
        raise Invalid(MISSING, fields={"organization": MISSING})
    is_it = or_(Organization.slug == text, func.lower(Organization.name) == func.lower(text))
    found = _kept(session, is_it, limit=2)
    if not found:
        found = _kept(
            session, Organization.name.icontains(text, autoescape=True), limit=NAMED_AT_MOST
        )
    if len(found) == 1:
        return found[0]
    sentence = UNKNOWN
    if found:
        names = (f"{one.name} ({one.slug})" for one in found)
        sentence = SEVERAL % {"names": ", ".join(names)}
    raise Invalid(sentence, fields={"organization": sentence})


def _kept(session: Session, is_it: ColumnElement[bool], *, limit: int) -> Sequence[Organization]:
    """Return organizations by name; merged ones are replaced by those that remain."""
    ids = select(func.coalesce(Organization.merged_into, Organization.id)).where(is_it)
    return session.scalars(
        select(Organization)
        .where(Organization.id.in_(ids))
        .order_by(Organization.name)
        .limit(limit)
    ).all()


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
