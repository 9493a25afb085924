"""Subscriptions: an address asks for news of new webinars, confirms it by email, and ends it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, delete, func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.catalog.feeds import WHOLE, Part
from lms.core.bulk_insert import add_or_find
from lms.core.email_addresses import Address
from lms.core.errors import N_, Gone, NotFound, or_not_found
from lms.core.settings import Settings
from lms.mail.links import SignedLinks, signed_links
from lms.mailings import mails
from lms.models.catalog import Presenter, Series
from lms.models.mail import Mail, Subscription

PATH: Final = "/subscribe"
CONFIRM_WITHIN: Final = timedelta(days=7)
_TOPIC: Final = func.coalesce(Presenter.name, Series.title, "")
EXPIRED: Final = N_("This link has expired. Subscribe again to get a new one.")


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    """A subscription as pages show it; `topic` is a presenter or series, "" for all webinars."""

    public_id: str
    email: str
    topic: str
    is_confirmed: bool


def confirm_links(settings: Settings) -> SignedLinks:
    """Return the signer of the links that confirm a subscription."""
    return signed_links(settings, PATH, purpose="subscribe")


def ask(
    session: Session, address: Address, part: Part, *, confirming: SignedLinks, now: datetime
) -> None:
    """Email an address the link that confirms a subscription; raises NotFound for an unknown topic.

    A confirmed subscriber gets an email, too, so that the page can answer everyone alike.
    """
    presenter_id, series_id = _topic_ids(session, part)
    row = _kept(session, address, presenter_id, series_id, now)
    if row.confirmed_at is None:
        row.asked_at, row.email = now, address.shown
    mails.post_confirmation(
        session,
        to=address.shown,
        topic=_topic_name(session, row),
        url=confirming.page(row.public_id),
        is_confirmed=row.confirmed_at is not None,
        now=now,
    )


def confirm(session: Session, subscription_id: str, *, now: datetime) -> None:
    """Confirm a subscription; raises NotFound, and Gone a week after it was requested."""
    row = _find(session, subscription_id, now=now)
    if row.confirmed_at is None:
        row.confirmed_at = now
        audit.record(session, "subscription.confirmed", row.public_id, actor=None, now=now)


def subscription(session: Session, subscription_id: str, *, now: datetime) -> SubscriptionFacts:
    """Return a subscription; raises NotFound, and Gone if it wasn't confirmed within a week."""
    _find(session, subscription_id, now=now)
    [found] = _read(session, Subscription.public_id == subscription_id)
    return found


def subscriptions_of(session: Session, key: str) -> Sequence[SubscriptionFacts]:
    """Return the confirmed subscriptions of an address, by its key."""
    return _read(session, Subscription.email_key == key, Subscription.confirmed_at.is_not(None))


def end(session: Session, subscription_id: str, *, actor: str | None, now: datetime) -> None:
    """End a subscription and delete its address; raises NotFound."""
    query = select(Subscription).where(Subscription.public_id == subscription_id)
    row = or_not_found(session.scalar(query))
    session.delete(row)
    audit.record(session, "subscription.ended", subscription_id, actor=actor, now=now)


def end_by_email(session: Session, mail: Mail, *, only: str, now: datetime) -> None:
    """End subscriptions of the recipient of an email by its link: one by ID, or all if `only` is "".

    The email keeps when that was, for the results of its mailing.
    """
    for one in subscriptions_of(session, mail.recipient_key or ""):
        if only in ("", one.public_id):
            end(session, one.public_id, actor=None, now=now)
            mail.unsubscribed_at = mail.unsubscribed_at or now


def forget_unconfirmed(session: Session, *, now: datetime) -> None:
    """Delete the addresses that didn't confirm their subscription within a week."""
    session.execute(
        delete(Subscription).where(
            Subscription.confirmed_at.is_(None), Subscription.asked_at < now - CONFIRM_WITHIN
        )
    )


def find_subscriptions(
    session: Session, query: str, *, offset: int, limit: int
) -> tuple[Sequence[SubscriptionFacts], int]:
    """Return a page of subscriptions whose address has these words, newest first, and the total."""
    matches = [
        Subscription.email_key.contains(word, autoescape=True) for word in query.lower().split()
    ]
    total = session.scalar(select(func.count(Subscription.id)).where(*matches)) or 0
    page = _selected().where(*matches).order_by(Subscription.id.desc())
    return _facts(session, page.offset(offset).limit(limit)), total


def count_topics(session: Session) -> Sequence[tuple[str, int]]:
    """Return each topic with its number of confirmed subscribers, the largest first; "" is all webinars."""
    number = func.count(Subscription.id)
    rows = session.execute(
        select(Presenter.name, Series.title, number)
        .select_from(Subscription)
        .outerjoin(Presenter, Presenter.id == Subscription.presenter_id)
        .outerjoin(Series, Series.id == Subscription.series_id)
        .where(Subscription.confirmed_at.is_not(None))
        .group_by(Subscription.presenter_id, Subscription.series_id, Presenter.name, Series.title)
        .order_by(number.desc(), Subscription.presenter_id, Subscription.series_id)
    )
    return tuple((presenter or series or "", count) for presenter, series, count in rows)


def _selected() -> Select[str, str, str, bool]:
    return (
        select(
            Subscription.public_id,
            Subscription.email,
            _TOPIC,
            Subscription.confirmed_at.is_not(None),
        )
        .select_from(Subscription)
        .outerjoin(Presenter, Presenter.id == Subscription.presenter_id)
        .outerjoin(Series, Series.id == Subscription.series_id)
    )


def _read(session: Session, *which: ColumnElement[bool]) -> Sequence[SubscriptionFacts]:
    return _facts(session, _selected().where(*which).order_by(Subscription.id))


def _facts(session: Session, found: Select[str, str, str, bool]) -> Sequence[SubscriptionFacts]:
    return tuple(SubscriptionFacts(*row) for row in session.execute(found))


def _find(session: Session, subscription_id: str, *, now: datetime) -> Subscription:
    query = select(Subscription).where(Subscription.public_id == subscription_id)
    row = or_not_found(session.scalar(query))
    if row.confirmed_at is None and row.asked_at < now - CONFIRM_WITHIN:
        raise Gone(EXPIRED)
    return row


def _topic_ids(session: Session, part: Part) -> tuple[int | None, int | None]:
    """Return the row IDs of the presenter and the series, at most one of them."""
    if part == WHOLE:
        return None, None
    presenter_id = series_id = None
    if part.presenter:
        presenter_id = session.scalar(select(Presenter.id).where(Presenter.slug == part.presenter))
    else:
        series_id = session.scalar(select(Series.id).where(Series.slug == part.series))
    if presenter_id is None and series_id is None:
        raise NotFound
    return presenter_id, series_id


def _kept(
    session: Session,
    address: Address,
    presenter_id: int | None,
    series_id: int | None,
    now: datetime,
) -> Subscription:
    """Return the subscription of an address to a topic, adding it if there is none."""
    which = select(Subscription).where(
        Subscription.email_key == address.key,
        Subscription.presenter_id.is_(None)
        if presenter_id is None
        else Subscription.presenter_id == presenter_id,
        Subscription.series_id.is_(None)
        if series_id is None
        else Subscription.series_id == series_id,
    )
    if (known := session.scalar(which)) is not None:
        return known
    row = Subscription(
        email=address.shown,
        email_key=address.key,
        presenter_id=presenter_id,
        series_id=series_id,
        asked_at=now,
    )
    return add_or_find(session, row, which)


def _topic_name(session: Session, row: Subscription) -> str:
    [found] = _read(session, Subscription.id == row.id)
    return found.topic
