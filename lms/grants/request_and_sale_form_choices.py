"""Request and sale form choices: webinars on sale, grant scopes, and organizations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from lms.access.merged_organizations import kept_organization
from lms.core.errors import NotFound, or_not_found
from lms.core.list_queries import has_name, has_words, told_apart
from lms.grants.grants import Target
from lms.models.catalog import (
    Presenter,
    Series,
    Webinar,
    WebinarPresenter,
    WebinarSeries,
    WebinarState,
)
from lms.models.grants import Grant, Scope
from lms.models.organizations import Membership, Organization

SUGGESTED: Final = 12
EVERYTHING: Final = "everything"
_COLUMNS: Final[Mapping[str, tuple[InstrumentedAttribute[int], InstrumentedAttribute[str]]]] = {
    Scope.WEBINAR: (Webinar.id, Webinar.slug),
    Scope.SERIES: (Series.id, Series.slug),
    Scope.PRESENTER: (Presenter.id, Presenter.slug),
}


@dataclass(frozen=True, slots=True)
class Named:
    """A choice: its row ID, slug and name."""

    id: int
    slug: str
    name: str


def webinars_on_sale(
    session: Session, query: str = "", *, limit: int | None = None
) -> tuple[Named, ...]:
    """Return the webinars that are for sale with each word of the query, the newest first.

    Titles that several of them share become `Title (slug)`.
    """
    rows = session.execute(
        select(Webinar.id, Webinar.slug, Webinar.title)
        .where(
            Webinar.state == WebinarState.ANNOUNCED,
            Webinar.free.is_(False),
            *has_words(query, Webinar.title),
        )
        .order_by(Webinar.held_at.desc(), Webinar.id)
        .limit(limit)
    )
    found = rows.all()
    names = told_apart((row.title, row.slug) for row in found)
    return tuple(Named(row.id, row.slug, name) for row, name in zip(found, names, strict=True))


def find_webinar(session: Session, words: str, *, slug: str = "") -> Named | None:
    """Return the announced webinar with this slug, or that these words name, or None."""
    named = or_(Webinar.slug == slug, has_name(words.strip(), Webinar.title, Webinar.slug))
    row = session.execute(
        select(Webinar.id, Webinar.slug, Webinar.title)
        .where(named, Webinar.state == WebinarState.ANNOUNCED)
        .order_by((Webinar.slug == slug).desc(), Webinar.held_at.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Named(*row)


def title_of_pulled(session: Session, slug: str) -> str | None:
    """Return the title of a webinar that was removed for everyone, or None."""
    return session.scalar(
        select(Webinar.title).where(Webinar.slug == slug, Webinar.state == WebinarState.PULLED)
    )


def scopes(
    session: Session, *kinds: Scope, only_announced: bool = False
) -> tuple[tuple[str, str], ...]:
    """Return what a pass or contract can cover besides everything: `series:<slug>` and its name.

    `kinds` limits them to series or presenters, `only_announced` to those of an announced webinar.
    """
    of_webinar = {
        Scope.SERIES: (WebinarSeries.webinar_id, WebinarSeries.series_id == Series.id),
        Scope.PRESENTER: (
            WebinarPresenter.webinar_id,
            WebinarPresenter.presenter_id == Presenter.id,
        ),
    }
    columns = (
        (Scope.SERIES, Series.slug, Series.title),
        (Scope.PRESENTER, Presenter.slug, Presenter.name),
    )
    found: list[tuple[str, str]] = []
    for kind, slugs, names in columns:
        if kinds and kind not in kinds:
            continue
        named = select(slugs, names).order_by(names)
        if only_announced:
            webinar_id, is_its = of_webinar[kind]
            named = named.where(
                exists().where(
                    is_its, webinar_id == Webinar.id, Webinar.state == WebinarState.ANNOUNCED
                )
            )
        rows = session.execute(named).all()
        apart = told_apart((name, slug) for slug, name in rows)
        found += [(f"{kind}:{slug}", name) for (slug, _), name in zip(rows, apart, strict=True)]
    return tuple(found)


def read_target(session: Session, covers: str) -> Target:
    """Return the target of `everything`, `webinar:<slug>`, `series:<slug>` or `presenter:<slug>`.

    Raises NotFound.
    """
    if covers == EVERYTHING:
        return Target(Scope.EVERYTHING)
    kind, _, slug = covers.partition(":")
    if kind not in _COLUMNS:
        raise NotFound
    row_id, column = _COLUMNS[kind]
    found = or_not_found(session.scalar(select(row_id).where(column == slug)))
    return Target(Scope(kind), found)


def covers_of(session: Session, grant: str) -> str:
    """Return what a pass or contract covers, by its grant's public id, as `read_target` takes it."""
    scope, series, presenter = session.execute(
        select(Grant.scope, Series.slug, Presenter.slug)
        .outerjoin(Series, Series.id == Grant.series_id)
        .outerjoin(Presenter, Presenter.id == Grant.presenter_id)
        .where(Grant.public_id == grant)
    ).one()
    return EVERYTHING if scope is Scope.EVERYTHING else f"{scope}:{series or presenter}"


def read_targets(session: Session, covers: Iterable[str]) -> Mapping[str, Target]:
    """Return the target of each, as `read_target` does; unknown ones are left out."""
    wanted = set(covers)
    slugs: dict[str, list[str]] = {kind: [] for kind in _COLUMNS}
    for each in wanted:
        kind, _, slug = each.partition(":")
        if kind in slugs:
            slugs[kind].append(slug)
    found = {EVERYTHING: Target(Scope.EVERYTHING)} if EVERYTHING in wanted else {}
    for kind, (row_id, column) in _COLUMNS.items():
        if not slugs[kind]:
            continue
        for row in session.execute(select(row_id, column).where(column.in_(slugs[kind]))):
            found[f"{kind}:{row[1]}"] = Target(Scope(kind), row[0])
    return found


def organizations_of(session: Session, login_id: int) -> tuple[Named, ...]:
    """Return the organizations that a login belongs to, by name."""
    rows = session.execute(
        select(Organization.id, Organization.slug, Organization.name)
        .join(Membership, kept_organization(Membership.organization_id) == Organization.id)
        .where(Membership.login_id == login_id)
        .distinct()
        .order_by(Organization.name, Organization.id)
    )
    return tuple(Named(*row) for row in rows)
