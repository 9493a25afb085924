"""Webinars, series and presenters that have their own prices or can get some."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.errors import or_not_found
from lms.grants.grants import Target
from lms.models.catalog import Presenter, Series, Webinar
from lms.models.grants import Offer, Scope

_NAMED = {
    Scope.WEBINAR: (
        select(Webinar.id, Webinar.public_id, Webinar.slug, Webinar.title.label("name")),
        Webinar.public_id,
        Webinar.id.in_(select(Offer.webinar_id).where(Offer.retired_at.is_(None))),
    ),
    Scope.SERIES: (
        select(Series.id, Series.public_id, Series.slug, Series.title.label("name")),
        Series.public_id,
        Series.id.in_(select(Offer.series_id).where(Offer.retired_at.is_(None))),
    ),
    Scope.PRESENTER: (
        select(Presenter.id, Presenter.public_id, Presenter.slug, Presenter.name),
        Presenter.public_id,
        Presenter.id.in_(select(Offer.presenter_id).where(Offer.retired_at.is_(None))),
    ),
}


@dataclass(frozen=True, slots=True)
class PriceOwner:
    """A webinar, series or presenter with its name."""

    target: Target
    public_id: str
    slug: str
    name: str


def find_owner(session: Session, scope: Scope, public_id: str) -> PriceOwner:
    """Return a webinar, series or presenter by its public ID; raises NotFound."""
    query, column, _has_own = _NAMED[scope]
    row = or_not_found(session.execute(query.where(column == public_id)).one_or_none())
    return PriceOwner(Target(scope, row.id), row.public_id, row.slug, row.name)


def owners(session: Session) -> tuple[PriceOwner, ...]:
    """Return all with their own current prices: webinars, series, then presenters, by name."""
    return tuple(
        PriceOwner(Target(scope, row.id), row.public_id, row.slug, row.name)
        for scope, (query, _column, has_own) in _NAMED.items()
        for row in session.execute(query.where(has_own).order_by("name"))
    )
