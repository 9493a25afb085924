"""Recipients of mailings: which people of a webinar's audience, or which subscribers, get one."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from lms.audience.audience import Person, audience
from lms.audience.events import ATTENDING, Role
from lms.core.errors import N_
from lms.models.catalog import Webinar, WebinarPresenter, WebinarSeries
from lms.models.mail import MailingPart, Subscription

PART_WORDS: Final[Mapping[MailingPart, str]] = {
    MailingPart.EVERYONE: N_("Everyone involved with the webinar"),
    MailingPart.REGISTERED: N_("People who are registered"),
    MailingPart.UNCLAIMED: N_("People who haven't claimed their seat"),
    MailingPart.MISSED: N_("People who registered and didn't attend"),
    MailingPart.PLANS: N_("People whose pass or contract includes it"),
    MailingPart.ACCESS: N_("People with access"),
    MailingPart.SUBSCRIBERS: N_("Subscribers to new webinars"),
}
_BELONGS: Final[Mapping[MailingPart, Callable[[Person], bool]]] = {
    MailingPart.EVERYONE: lambda one: one.roles != {Role.TEAM},
    MailingPart.REGISTERED: lambda one: one.registered_at is not None,
    MailingPart.UNCLAIMED: lambda one: Role.INVITED in one.roles,
    MailingPart.MISSED: lambda one: one.registered_at is not None and not one.came,
    MailingPart.PLANS: lambda one: bool(one.roles & {Role.PASS, Role.CONTRACT}),
    MailingPart.ACCESS: lambda one: bool(one.roles & ATTENDING),
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person who gets a mailing; `key` is unique among its recipients and hides the address."""

    key: str
    email: str
    name: str
    login_id: int | None


def recipients_of(
    session: Session, webinar: Webinar, part: MailingPart, *, now: datetime
) -> tuple[Recipient, ...]:
    """Return the people that a mailing to a part goes to, each once, by their keys."""
    if part is MailingPart.SUBSCRIBERS:
        return _subscribers(session, webinar)
    people = audience(session, webinar, now=now, is_registered=False)
    return _by_key(
        Recipient(one.key, one.email, one.name, one.login_id)
        for one in _members(people, webinar, part, now)
    )


def count_parts(session: Session, webinar: Webinar, *, now: datetime) -> Mapping[MailingPart, int]:
    """Return how many people each part has now."""
    people = audience(session, webinar, now=now, is_registered=False)
    counts = {part: len(_members(people, webinar, part, now)) for part in _BELONGS}
    return {**counts, MailingPart.SUBSCRIBERS: count_subscribers(session, webinar)}


def count_subscribers(session: Session, webinar: Webinar) -> int:
    """Return how many addresses a mailing to subscribers goes to now."""
    subscribed = _subscribed(webinar).with_only_columns(Subscription.email_key).distinct()
    return session.scalar(select(func.count()).select_from(subscribed.subquery())) or 0


def _members(
    people: Iterable[Person], webinar: Webinar, part: MailingPart, now: datetime
) -> list[Person]:
    if part is MailingPart.MISSED and now < webinar.held_at + timedelta(minutes=webinar.minutes):
        return []  # they can still come
    return [one for one in people if _BELONGS[part](one)]


def _subscribers(session: Session, webinar: Webinar) -> tuple[Recipient, ...]:
    rows = session.execute(_subscribed(webinar).order_by(Subscription.id))
    found = {key: Recipient(_hidden(key), email, "", None) for key, email in rows}
    return _by_key(found.values())


def _subscribed(webinar: Webinar) -> Select[str, str]:
    """Return the confirmed subscriptions to all webinars, or to this one's presenters and series."""
    presenters = select(WebinarPresenter.presenter_id).where(
        WebinarPresenter.webinar_id == webinar.id
    )
    series = select(WebinarSeries.series_id).where(WebinarSeries.webinar_id == webinar.id)
    whole = and_(Subscription.series_id.is_(None), Subscription.presenter_id.is_(None))
    return select(Subscription.email_key, Subscription.email).where(
        Subscription.confirmed_at.is_not(None),
        or_(
            whole,
            Subscription.presenter_id.in_(presenters),
            Subscription.series_id.in_(series),
        ),
    )


def _by_key(found: Iterable[Recipient]) -> tuple[Recipient, ...]:
    return tuple(sorted(found, key=lambda one: one.key))


def _hidden(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:26]
