"""Recipients of mailings: which people of a webinar's audience, or which subscribers, get one."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, FromClause, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from lms.audience.audience import Person, audience, counted_audience
from lms.audience.events import ATTENDING, Role
from lms.core.errors import N_
from lms.core.list_queries import count_rows
from lms.models.catalog import Webinar, WebinarPresenter, WebinarSeries
from lms.models.mail import MailingPart, Subscription

PART_WORDS: Final[Mapping[MailingPart, str]] = {
    MailingPart.EVERYONE: N_("Everyone involved"),
    MailingPart.REGISTERED: N_("People who are registered"),
    MailingPart.UNCLAIMED: N_("People who haven't claimed their seat"),
    MailingPart.MISSED: N_("People who registered and didn't attend"),
    MailingPart.PLANS: N_("People whose pass or contract includes it"),
    MailingPart.ACCESS: N_("People with access"),
    MailingPart.SUBSCRIBERS: N_("Subscribers to new webinars"),
}


@dataclass(frozen=True, slots=True)
class _Members:
    """Who of an audience belongs to a part: people with one of these roles, and what else they need."""

    roles: frozenset[Role] = frozenset(Role)
    is_registered: bool = False
    is_absent: bool = False

    def has(self, one: Person) -> bool:
        return (
            bool(one.roles & self.roles)
            and (one.registered_at is not None or not self.is_registered)
            and not (self.is_absent and one.came)
        )

    def condition(self, people: FromClause) -> ColumnElement[bool]:
        """Return the same condition on the rows of `counted_audience`."""
        needs = [or_(*(people.c[role.value] == 1 for role in sorted(self.roles)))]
        if self.is_registered:
            needs.append(people.c.registered_at.is_not(None))
        if self.is_absent:
            needs.append(people.c.came == 0)
        return and_(*needs)


_PARTS: Final[Mapping[MailingPart, _Members]] = {
    MailingPart.EVERYONE: _Members(frozenset(Role) - {Role.TEAM}),
    MailingPart.REGISTERED: _Members(is_registered=True),
    MailingPart.UNCLAIMED: _Members(frozenset({Role.INVITED})),
    MailingPart.MISSED: _Members(is_registered=True, is_absent=True),
    MailingPart.PLANS: _Members(frozenset({Role.PASS, Role.CONTRACT})),
    MailingPart.ACCESS: _Members(ATTENDING),
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
    if part is MailingPart.MISSED and _can_come(webinar, now):
        return ()
    people = audience(session, webinar, now=now, is_registered=False)
    return _by_key(
        Recipient(one.key, one.email, one.name, one.login_id)
        for one in people
        if _PARTS[part].has(one)
    )


def count_parts(session: Session, webinar: Webinar, *, now: datetime) -> Mapping[MailingPart, int]:
    """Return how many people each part has now, without reading them."""
    people = counted_audience(webinar, now=now)
    counts = session.execute(
        select(*(func.count(case((part.condition(people), 1))) for part in _PARTS.values()))
    ).one()
    found = dict(zip(_PARTS, counts, strict=True))
    if _can_come(webinar, now):
        found[MailingPart.MISSED] = 0
    return {**found, MailingPart.SUBSCRIBERS: count_subscribers(session, webinar)}


def _can_come(webinar: Webinar, now: datetime) -> bool:
    return now < webinar.held_at + timedelta(minutes=webinar.minutes)


def count_subscribers(session: Session, webinar: Webinar) -> int:
    """Return how many addresses a mailing to subscribers goes to now."""
    subscribed = _subscribed(webinar).with_only_columns(Subscription.email_key).distinct()
    return count_rows(session, subscribed)


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
