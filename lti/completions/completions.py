"""Completions: seen here through embed links, or reported from elsewhere."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lms.core.errors import or_not_found
from lms.lti_facade.content_names import webinar_ids_of, webinar_titles, webinars_in_series
from lms.lti_facade.learner_logins import names_of
from lms.lti_facade.login_merges import kept_of
from lms.lti_facade.organizations import family_of
from lms.lti_facade.progress import Seen, seen_in_frames
from lti.embed_links.embed_links import EmbedFacts
from lti.models.embed_links import EmbedViewer, OutsideCompletion

NOTHING: Final = Seen(0.0, None)


@dataclass(frozen=True, slots=True)
class Completion:
    """A person's progress in a webinar: `share` watched here, 0 to 1; `reported_at` elsewhere.

    `reported` is the public ID of a reported completion, "" for none.
    """

    name: str
    email: str
    webinar: str
    share: float | None
    completed_at: datetime | None
    reported: str = ""
    reported_at: datetime | None = None
    source: str = ""


def read_completions(
    session: Session,
    organization_id: int,
    links: Iterable[EmbedFacts],
    *,
    whole: bool,
) -> tuple[Completion, ...]:
    """Return the people who watched through these links and their progress, sorted by name and title.

    Only people who gave their name are included. `whole` adds reported completions.
    """
    shown = {link.id: _shown(session, link) for link in links}
    viewers = session.execute(
        select(EmbedViewer)
        .where(EmbedViewer.embed_link_id.in_(list(shown)))
        .order_by(EmbedViewer.id)
    ).scalars()
    found = _seen_here(session, organization_id, list(viewers), shown)
    if whole:
        _add_reported(session, organization_id, found)
    return tuple(
        sorted(found.values(), key=lambda one: (one.name.casefold(), one.email, one.webinar))
    )


def forget_reported(session: Session, organization_id: int, public_id: str) -> None:
    """Delete a reported completion; raises NotFound for another organization's."""
    query = (
        delete(OutsideCompletion)
        .where(
            OutsideCompletion.organization_id.in_(family_of(organization_id)),
            OutsideCompletion.public_id == public_id,
        )
        .returning(OutsideCompletion.id)
    )
    or_not_found(session.execute(query).one_or_none())


def _shown(session: Session, link: EmbedFacts) -> tuple[int, ...]:
    """Return the webinars (row ids) of a link, even if the organization no longer has access to them."""
    if link.target.webinar is not None:
        return webinar_ids_of(session, link.target.webinar)
    return webinars_in_series(session, link.target.series or "")


def _seen_here(
    session: Session,
    organization_id: int,
    viewers: list[EmbedViewer],
    shown: Mapping[int, tuple[int, ...]],
) -> dict[tuple[str, int], Completion]:
    kept = kept_of(session, {each.login_id for each in viewers})
    names = names_of(session, set(kept))
    webinars = {one for each in shown.values() for one in each}
    seen = seen_in_frames(session, organization_id, set(kept.values()), webinars)
    titles = webinar_titles(session, webinars)
    found: dict[tuple[str, int], Completion] = {}
    for each in viewers:
        person = kept[each.login_id]
        is_one = len(shown[each.embed_link_id]) == 1
        for webinar_id in shown[each.embed_link_id]:
            so_far = seen.get((person, webinar_id))
            if so_far is None and not is_one:
                continue  # of a series, only the webinars that were started
            at = so_far or NOTHING
            found[each.email_key, webinar_id] = Completion(
                name=names.get(each.login_id, ""),
                email=each.email,
                webinar=titles.get(webinar_id, ""),
                share=at.share,
                completed_at=at.completed_at,
            )
    return found


def _add_reported(
    session: Session, organization_id: int, found: dict[tuple[str, int], Completion]
) -> None:
    rows = session.scalars(
        select(OutsideCompletion).where(
            OutsideCompletion.organization_id.in_(family_of(organization_id))
        )
    ).all()
    titles = webinar_titles(session, {row.webinar_id for row in rows})
    for row in rows:
        known = found.get((row.email_key, row.webinar_id))
        if known is None:
            known = Completion(
                name=row.name,
                email=row.email,
                webinar=titles.get(row.webinar_id, ""),
                share=None,
                completed_at=None,
            )
        found[row.email_key, row.webinar_id] = replace(
            known, reported=row.public_id, reported_at=row.completed_at, source=row.source
        )
