"""Presenters: add, edit, and remove them, and change their pictures."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core import slugs
from lms.core.errors import N_, Conflict, Invalid, or_not_found
from lms.models.catalog import Presenter, WebinarPresenter
from lms.models.grants import Grant
from lms.search import webinar_search
from media.images.uploaded_pictures import UnusablePicture, as_photograph, clean_picture
from media.storage.storage_protocol import Missing, Storage, StorageAway

PORTRAIT_PX = 328  # twice its width on a poster, which is at least as large as on a card
LONGEST_NAME = 200
LONGEST_BIOGRAPHY = 10_000


@dataclass(frozen=True, slots=True)
class PresenterWords:
    """The texts about a presenter; the biography is Markdown, an empty slug follows the name."""

    name: str
    biography: str = ""
    slug: str = ""


def add_presenter(
    session: Session, words: PresenterWords, *, actor: str | None, now: datetime
) -> Presenter:
    """Add a presenter; raises Invalid, naming every faulty field."""
    _check(words)
    row = Presenter(
        slug=slugs.choose(session, Presenter.slug, wanted=words.slug, name=words.name),
        name=words.name.strip(),
        biography=words.biography.strip(),
        created_at=now,
    )
    session.add(row)
    session.flush()
    audit.record(session, "presenter.added", row.public_id, actor=actor, now=now)
    return row


def presenters_named(
    session: Session, names: Sequence[str], *, actor: str | None, now: datetime
) -> list[str]:
    """Return the slugs of presenters by name, adding missing ones.

    Raises Invalid (field `new_presenters`) for a name that is too long.
    """
    slugs_found = []
    for name in names:
        known = func.lower(Presenter.name) == name.lower()
        slug = session.scalar(select(Presenter.slug).where(known).order_by(Presenter.id))
        if slug is None:
            try:
                slug = add_presenter(session, PresenterWords(name), actor=actor, now=now).slug
            except Invalid as refusal:
                raise Invalid(
                    refusal.message, fields={"new_presenters": refusal.fields["name"]}
                ) from refusal
        slugs_found.append(slug)
    return slugs_found


def names_of(session: Session, webinar_id: int) -> tuple[str, ...]:
    """Return the names of a webinar's presenters, in order."""
    return tuple(
        session.scalars(
            select(Presenter.name)
            .join(WebinarPresenter, WebinarPresenter.presenter_id == Presenter.id)
            .where(WebinarPresenter.webinar_id == webinar_id)
            .order_by(WebinarPresenter.position)
        )
    )


def edit_presenter(
    session: Session, public_id: str, words: PresenterWords, *, actor: str | None, now: datetime
) -> None:
    """Change the texts about a presenter; the slug stays. Raises NotFound or Invalid."""
    row = read_presenter(session, public_id)
    _check(words)
    row.name = words.name.strip()
    row.biography = words.biography.strip()
    webinar_search.keep(session, _webinars_of(session, row.id))
    audit.record(session, "presenter.edited", row.public_id, actor=actor, now=now)
    session.flush()


def change_picture(
    session: Session, public_id: str, key: str | None, *, actor: str | None, now: datetime
) -> str | None:
    """Set the storage key of a presenter's picture, or None; return the previous key."""
    row = read_presenter(session, public_id)
    before = row.picture_key
    row.picture_key = key
    audit.record(session, "presenter.picture_changed", row.public_id, actor=actor, now=now)
    session.flush()
    return before


def remove_presenter(session: Session, public_id: str, *, actor: str | None, now: datetime) -> None:
    """Remove a presenter without webinars or passes; raises NotFound or Conflict."""
    row = read_presenter(session, public_id)
    if _webinars_of(session, row.id):
        raise Conflict(N_("This presenter has webinars. Remove the presenter from them first."))
    if session.scalar(select(Grant.id).where(Grant.presenter_id == row.id).limit(1)):
        raise Conflict(
            N_("You can't remove this presenter because passes for their webinars were sold.")
        )
    session.delete(row)
    audit.record(session, "presenter.removed", row.public_id, actor=actor, now=now)
    session.flush()


def read_presenter(session: Session, public_id: str) -> Presenter:
    """Return a presenter by public ID; raises NotFound."""
    return or_not_found(session.scalar(select(Presenter).where(Presenter.public_id == public_id)))


def find_picture_key(session: Session, slug: str) -> str:
    """Return the storage key of a presenter's picture; raises NotFound if there is none."""
    return or_not_found(session.scalar(select(Presenter.picture_key).where(Presenter.slug == slug)))


def small_portraits(storage: Storage, keys: Iterable[str | None]) -> list[bytes]:
    """Return presenters' pictures as JPEGs for posters, without those that can't be read now."""
    found = []
    for key in filter(None, keys):
        with suppress(Missing, StorageAway, UnusablePicture):
            found.append(_small_portrait(storage, key))  # type: ignore[arg-type]  # a protocol isn't Hashable
    return found


@lru_cache(maxsize=128)  # scaling takes 30 ms, and a page of the catalog has 24 posters
def _small_portrait(storage: Storage, key: str) -> bytes:
    with storage.open(key) as file:
        return as_photograph(clean_picture(file.read(), PORTRAIT_PX))


def _webinars_of(session: Session, presenter_id: int) -> list[int]:
    named = select(WebinarPresenter.webinar_id).where(WebinarPresenter.presenter_id == presenter_id)
    return list(session.scalars(named))


def _check(words: PresenterWords) -> None:
    faults = {}
    if not 1 <= len(words.name.strip()) <= LONGEST_NAME:
        faults["name"] = N_("Enter a name of up to 200 characters.")
    if len(words.biography) > LONGEST_BIOGRAPHY:
        faults["biography"] = N_("Keep the biography under 10,000 characters.")
    if faults:
        raise Invalid(N_("Check the fields below."), fields=faults)
