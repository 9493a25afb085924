"""Opt-outs: which addresses get no invitations and reminders, and the links that unsubscribe."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from lms.core.bulk_insert import add_once
from lms.core.email_addresses import Address
from lms.core.errors import NotFound
from lms.core.settings import Settings
from lms.mail.links import SignedLinks, signed_links
from lms.models.mail import Mail, MailOptOut, Subscription

PATH: Final = "/unsubscribe"
SUBSCRIPTIONS: Final = "/subscriptions"


def opt_out_links(settings: Settings) -> SignedLinks:
    """Return the signer of the unsubscribe links in emails."""
    return signed_links(settings, PATH, purpose="unsubscribe")


def subscription_links(settings: Settings) -> SignedLinks:
    """Return the signer of the links in emails to subscribers, to the page of their subscriptions."""
    return signed_links(settings, SUBSCRIPTIONS, purpose="subscriptions")


def is_subscribed(session: Session, key: str) -> bool:
    """Return whether an address, by its key, has a confirmed subscription."""
    confirmed = (Subscription.email_key == key) & Subscription.confirmed_at.is_not(None)
    return bool(session.scalar(select(exists().where(confirmed))))


def recipient_of(session: Session, mail_id: str) -> Mail:
    """Return the email that an unsubscribe link is in; raises NotFound if it was deleted."""
    mail = session.scalar(select(Mail).where(Mail.public_id == mail_id))
    if mail is None or mail.recipient_key is None:
        raise NotFound
    return mail


def opt_out(session: Session, key: str, *, now: datetime) -> None:
    """Stop sending invitations and reminders to an address, given by its key."""
    add_once(session, MailOptOut(recipient_key=key, created_at=now))


def unsubscribe(session: Session, mail: Mail, *, now: datetime) -> None:
    """Opt the recipient of an email out by its link, and note it with the email."""
    mail.unsubscribed_at = mail.unsubscribed_at or now
    opt_out(session, mail.recipient_key or "", now=now)


def opt_in(session: Session, key: str) -> None:
    """Resume sending invitations and reminders to an address."""
    session.execute(delete(MailOptOut).where(MailOptOut.recipient_key == key))


def follow(session: Session, before: str, address: Address, *, now: datetime) -> None:
    """Apply the choice and move the subscriptions of an address, by its key, to the one that replaces it.

    The former one stays opted out, because it can still be invited. Of the same subscriptions, one is kept.
    """
    if opted_out(session, [before]):
        opt_out(session, address.key, now=now)
    confirmed = Subscription.confirmed_at.is_not(None)
    theirs = select(Subscription).where(Subscription.email_key == before, confirmed)
    for one in session.scalars(theirs).all():
        session.execute(
            delete(Subscription).where(
                Subscription.email_key == address.key,
                Subscription.series_id.is_not_distinct_from(one.series_id),
                Subscription.presenter_id.is_not_distinct_from(one.presenter_id),
            )
        )
        one.email, one.email_key = address.shown, address.key
    session.flush()


def opted_out(session: Session, keys: Collection[str]) -> frozenset[str]:
    """Return which of these addresses, by their keys, get no invitations and reminders."""
    found = select(MailOptOut.recipient_key).where(MailOptOut.recipient_key.in_(keys))
    return frozenset(session.scalars(found))
