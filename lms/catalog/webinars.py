"""Webinars: draft, edit, announce, postpone, cancel, withdraw, pull, and restore them.

draft -> announced -> canceled | withdrawn | pulled -> announced again
                      withdrawn -> pulled

lms/catalog/drafts.py deletes drafts, and makes announced webinars drafts again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lms import audit
from lms.catalog.presenters import presenters_named
from lms.catalog.replacement_webinars import NewInstead, forget, offer
from lms.catalog.webinar_details_validation import WebinarWords, checked, has_ended
from lms.core import slugs
from lms.core.errors import N_, Conflict, Invalid, or_not_found
from lms.live import change_notices
from lms.live.change_notices import NOT_LATER, NewDate
from lms.live.registrants import TO_COME
from lms.models.catalog import (
    OFF,
    Presenter,
    Series,
    Webinar,
    WebinarPresenter,
    WebinarSeries,
    WebinarState,
)
from lms.models.playback import PlaybackEnd
from lms.playback.sessions import end_for_webinar
from lms.search import webinar_search
from lms.seats import invitations
from lms.seats.waitlist_offers import close_offers

LONGEST_REASON: Final = 2000
ALREADY_HELD: Final = N_("This webinar was already held. Withdraw it instead.")


def add_webinar(
    session: Session, words: WebinarWords, *, actor: str | None, now: datetime
) -> Webinar:
    """Add a draft; raises Invalid, naming every faulty field."""
    clean = checked(words)
    row = Webinar(
        slug=slugs.choose(session, Webinar.slug, wanted=clean.slug, name=clean.title),
        title=clean.title,
        subtitle=clean.subtitle,
        hosted_by=clean.hosted_by,
        summary=clean.summary,
        overview=clean.overview,
        agenda=clean.agenda,
        held_at=clean.held_at,
        zone=clean.zone,
        minutes=clean.minutes,
        live_link=clean.live_link or None,
        survey_link=clean.survey_link or None,
        free=clean.free,
        is_in_passes=clean.is_in_passes,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    named = presenters_named(session, clean.new_presenters, actor=actor, now=now)
    _name_presenters(session, row, (*clean.presenters, *named))
    _put_in_series(session, row, clean.series)
    webinar_search.keep(session, (row.id,))
    audit.record(session, "webinar.added", row.public_id, actor=actor, now=now)
    return row


def edit_webinar(
    session: Session,
    slug: str,
    words: WebinarWords,
    *,
    seen: datetime | None = None,
    actor: str | None,
    now: datetime,
) -> Webinar:
    """Change a webinar; raises NotFound, Invalid, or Conflict if it was changed since `seen`.

    Its slug can change only while it is a draft, so that links keep working.
    """
    row = find_in_state(session, slug)
    if seen is not None and row.updated_at != seen:
        raise Conflict(
            N_(
                "Someone else changed this webinar while you were editing. Your text is still here. "
                "Check the current page, then save again."
            ),
            code="changed_meanwhile",
        )
    clean = checked(words)
    _move(session, row, clean.slug)
    row.overview, row.agenda = clean.overview, clean.agenda
    row.subtitle, row.hosted_by = clean.subtitle, clean.hosted_by
    shown_in_calendars = (row.title, row.held_at, row.zone, row.minutes)
    if shown_in_calendars != (clean.title, clean.held_at, clean.zone, clean.minutes):
        row.sequence += 1
    if row.state in TO_COME and row.held_at != clean.held_at > now:
        change_notices.move_date(session, row, NewDate(clean.held_at), now=now)
    row.title, row.summary = clean.title, clean.summary
    row.held_at, row.zone, row.minutes = clean.held_at, clean.zone, clean.minutes
    row.live_link, row.free = clean.live_link or None, clean.free
    row.survey_link = clean.survey_link or None
    if row.is_in_passes != clean.is_in_passes:
        row.is_in_passes = clean.is_in_passes
        act = "webinar.put_into_passes" if clean.is_in_passes else "webinar.taken_out_of_passes"
        audit.record(session, act, row.public_id, actor=actor, now=now)
    row.updated_at = now
    named = presenters_named(session, clean.new_presenters, actor=actor, now=now)
    _name_presenters(session, row, (*clean.presenters, *named))
    _put_in_series(session, row, clean.series)
    webinar_search.keep(session, (row.id,))
    audit.record(session, "webinar.edited", row.public_id, actor=actor, now=now)
    return row


def publish_webinar(session: Session, slug: str, *, actor: str | None, now: datetime) -> Webinar:
    """Announce a draft; raises NotFound, or Conflict if it isn't a draft."""
    row = find_in_state(session, slug, WebinarState.DRAFT)
    row.announced_at = now
    return change_state(session, row, WebinarState.ANNOUNCED, "published", actor=actor, now=now)


def withdraw_webinar(session: Session, slug: str, *, actor: str | None, now: datetime) -> Webinar:
    """Take a webinar off sale and out of the catalog; people with access keep it (W1)."""
    row = find_in_state(session, slug, WebinarState.ANNOUNCED)
    return change_state(session, row, WebinarState.WITHDRAWN, "withdrawn", actor=actor, now=now)


def cancel_webinar(
    session: Session, slug: str, *, said: str = "", actor: str | None, now: datetime
) -> Webinar:
    """Cancel a webinar, and notify everyone who would have come, with the text `said`.

    Raises NotFound, Conflict once it is over, and Invalid (field `said`).
    """
    row = find_in_state(session, slug, WebinarState.ANNOUNCED)
    _check_to_come(row, now)
    change_notices.tell_all(
        session, row, "live_canceled", change_notices.checked_said(said), now=now
    )
    change_state(session, row, WebinarState.CANCELED, "canceled", actor=actor, now=now)
    close_offers(session, row.id, now=now)
    return row


def postpone_webinar(
    session: Session, slug: str, new: NewDate, *, actor: str | None, now: datetime
) -> Webinar:
    """Move a webinar to another date, and notify everyone who will come, with the text `said`.

    Raises NotFound, Conflict once it is over or if it isn't announced, and Invalid (fields
    `held_at`, `said`) for a date that is past or the same.
    """
    row = find_in_state(session, slug, WebinarState.ANNOUNCED)
    _check_to_come(row, now)
    if new.held_at <= now or new.held_at == row.held_at:
        raise Invalid(NOT_LATER, field="held_at")
    change_notices.move_date(session, row, new, now=now)
    row.sequence, row.updated_at = row.sequence + 1, now
    audit.record(session, "webinar.postponed", row.public_id, actor=actor, now=now)
    session.flush()
    return row


def pull_webinar(
    session: Session,
    slug: str,
    *,
    reason: str,
    instead: NewInstead,
    actor: str | None,
    now: datetime,
) -> Webinar:
    """Remove a webinar for everyone, stop its playback, and notify its audience (W2).

    Raises Invalid (field `reason`) without a reason, and as `offer` does; NotFound and Conflict.
    """
    clean = reason.strip()
    if not 1 <= len(clean) <= LONGEST_REASON:
        sentence = N_("Enter a reason of up to 2,000 characters. People with access will ask.")
        raise Invalid(sentence, field="reason")
    row = find_in_state(session, slug, WebinarState.ANNOUNCED, WebinarState.WITHDRAWN)
    offer(session, row, instead, actor=actor, now=now)
    row.pulled_reason = clean
    kept = change_state(session, row, WebinarState.PULLED, "pulled", actor=actor, now=now)
    change_notices.tell_all(session, row, "live_removed", "", now=now)
    close_offers(session, row.id, now=now)
    end_for_webinar(session, row.id, ended_as=PlaybackEnd.PULLED, now=now)
    return kept


def restore_webinar(session: Session, slug: str, *, actor: str | None, now: datetime) -> Webinar:
    """Put a canceled, withdrawn or removed webinar back into the catalog."""
    row = find_in_state(
        session, slug, WebinarState.CANCELED, WebinarState.WITHDRAWN, WebinarState.PULLED
    )
    forget(session, row.id)
    if row.state in OFF:
        invitations.open_again(session, row.id, now=now)
    was, row.pulled_reason = row.state, None
    kept = change_state(session, row, WebinarState.ANNOUNCED, "restored", actor=actor, now=now)
    if was is WebinarState.PULLED:
        change_notices.tell_all(session, row, "live_available", "", now=now)
    elif was is WebinarState.CANCELED and not has_ended(row.held_at, row.minutes, now):
        change_notices.tell_all(session, row, "live_reinstated", "", now=now)
    return kept


def _check_to_come(row: Webinar, now: datetime) -> None:
    if has_ended(row.held_at, row.minutes, now):
        raise Conflict(ALREADY_HELD, code="held")


def find_in_state(session: Session, slug: str, *states: WebinarState) -> Webinar:
    """Return a webinar, locked; raises NotFound, and Conflict in other states than these."""
    query = select(Webinar).where(Webinar.slug == slug).with_for_update()
    row = or_not_found(session.scalar(query))
    if states and row.state not in states:
        raise Conflict(_STANDING[row.state], code=f"is_{row.state.value}")
    return row


_STANDING: Final = {
    WebinarState.DRAFT: N_("This webinar is a draft. Announce it first."),
    WebinarState.ANNOUNCED: N_("This webinar is already in the catalog."),
    WebinarState.CANCELED: N_("This webinar was canceled."),
    WebinarState.WITHDRAWN: N_("This webinar was withdrawn."),
    WebinarState.PULLED: N_("This webinar was removed."),
}


def change_state(
    session: Session,
    row: Webinar,
    state: WebinarState,
    act: str,
    *,
    actor: str | None,
    now: datetime,
) -> Webinar:
    """Change the state of a webinar, its calendar entries' sequence, and the audit log."""
    row.state = state
    row.sequence += 1
    row.updated_at = now
    audit.record(session, f"webinar.{act}", row.public_id, actor=actor, now=now)
    session.flush()
    return row


def _move(session: Session, row: Webinar, wanted: str) -> None:
    if wanted in ("", row.slug):
        return
    if row.state is not WebinarState.DRAFT:
        sentence = N_(
            "You can't change the web address of an announced webinar. Links to it would stop "
            "working."
        )
        raise Invalid(sentence, field="slug")
    row.slug = slugs.choose(session, Webinar.slug, wanted=wanted, name=row.title)


def _name_presenters(session: Session, row: Webinar, wanted: Sequence[str]) -> None:
    found = {
        slug: presenter_id
        for presenter_id, slug in session.execute(
            select(Presenter.id, Presenter.slug).where(Presenter.slug.in_(wanted))
        )
    }
    _check_known("presenters", wanted, found, N_("This presenter no longer exists."))
    session.execute(
        delete(WebinarPresenter)
        .where(WebinarPresenter.webinar_id == row.id)
        .execution_options(synchronize_session="auto")
    )
    session.add_all(
        WebinarPresenter(webinar_id=row.id, presenter_id=found[slug], position=place)
        for place, slug in enumerate(dict.fromkeys(wanted), start=1)
    )
    session.flush()


def _put_in_series(session: Session, row: Webinar, wanted: Sequence[str]) -> None:
    found = {
        slug: series_id
        for series_id, slug in session.execute(
            select(Series.id, Series.slug).where(Series.slug.in_(wanted))
        )
    }
    _check_known("series", wanted, found, N_("This series no longer exists."))
    mine = WebinarSeries.webinar_id == row.id
    wished = {found[slug] for slug in wanted}
    session.execute(
        delete(WebinarSeries)
        .where(mine, WebinarSeries.series_id.not_in(wished))
        .execution_options(synchronize_session="auto")
    )
    # a webinar already in a series keeps its position
    kept = set(session.scalars(select(WebinarSeries.series_id).where(mine)))
    session.add_all(
        WebinarSeries(webinar_id=row.id, series_id=series_id) for series_id in sorted(wished - kept)
    )
    session.flush()


def _check_known(field: str, wanted: Sequence[str], found: dict[str, int], sentence: str) -> None:
    if not set(wanted) <= set(found):
        raise Invalid(sentence, field=field)
