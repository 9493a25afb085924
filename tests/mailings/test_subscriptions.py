"""Subscriptions: requested, confirmed by email, ended, exported, and erased."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from lms.catalog.feeds import Part
from lms.core.database import Database
from lms.core.errors import Gone, NotFound
from lms.core.runtime import Carrel
from lms.mail import delivery
from lms.mail.delivery import LeasedMail, Unwanted
from lms.mail.opt_outs import opt_out, subscription_links
from lms.mailings import subscriptions
from lms.mailings.mails import CONFIRM
from lms.mailings.subscriptions import CONFIRM_WITHIN, confirm_links
from lms.models.mail import Mail, Subscription
from lms.people.data_export import read_personal_data
from lms.people.erasure import erase
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.live.upcoming_webinar import LINKS, as_sent
from tests.mailbox import letters, newest
from tests.mailings.mailing_fixtures import PRESENTER, SERIES, add, start, subscribe, work, written
from tests.mailings.test_mailings import SUBSCRIBERS

SAM = "sam@example.org"
LATE = NOW + CONFIRM_WITHIN + timedelta(minutes=1)


def topics(database: Database, key: str = SAM) -> list[str]:
    with database.read_session() as session:
        return [one.topic for one in subscriptions.subscriptions_of(session, key)]


@pytest.mark.usefixtures("topical")
def test_only_a_confirmed_address_is_subscribed(carrel: Carrel, database: Database) -> None:
    made = subscribe(carrel, SAM, PRESENTER, is_confirmed=False)
    assert topics(database) == []
    mail = newest(database, SAM, CONFIRM)
    path = urlsplit(confirm_links(carrel.settings).page(made)).path
    assert path in mail.text
    assert "new webinars from Pat Doe" in mail.text
    with database.transaction() as session:
        for _twice in range(2):
            subscriptions.confirm(session, made, now=NOW)
    assert topics(database) == ["Pat Doe"]


@pytest.mark.usefixtures("topical")
def test_second_request_keeps_one_subscription_and_is_answered_by_email(
    carrel: Carrel, database: Database
) -> None:
    first = subscribe(carrel, SAM, SERIES, is_confirmed=False)
    assert subscribe(carrel, "Sam@Example.org", SERIES) == first
    assert subscribe(carrel, SAM, SERIES) == first
    assert topics(database) == ["Calm desks"]
    with database.read_session() as session:
        texts = session.scalars(
            select(Mail.text).where(Mail.kind == CONFIRM).order_by(Mail.id)
        ).all()
    assert ["already subscribed" in text for text in texts] == [False, False, True]


@pytest.mark.usefixtures("topical")
def test_each_topic_is_a_separate_subscription(carrel: Carrel, database: Database) -> None:
    for part in (Part(), PRESENTER, SERIES, Part()):
        subscribe(carrel, SAM, part)
    assert topics(database) == ["", "Pat Doe", "Calm desks"]
    for part in (Part(presenter="nobody"), Part(series="nothing")):
        with pytest.raises(NotFound):
            subscribe(carrel, SAM, part)
    with database.read_session() as session:
        counted = dict(subscriptions.count_topics(session))
    assert counted == {"": 1, "Pat Doe": 1, "Calm desks": 1}


def test_link_expires_after_a_week_and_unconfirmed_addresses_are_deleted(
    carrel: Carrel, database: Database
) -> None:
    made = subscribe(carrel, SAM, is_confirmed=False)
    kept = subscribe(carrel, "kept@example.org")
    with database.transaction() as session:
        with pytest.raises(Gone):
            subscriptions.confirm(session, made, now=LATE)
        subscriptions.forget_unconfirmed(session, now=NOW + timedelta(days=1))
        assert subscriptions.subscription(session, made, now=NOW).email == SAM
        subscriptions.forget_unconfirmed(session, now=LATE)
        with pytest.raises(NotFound):
            subscriptions.subscription(session, made, now=NOW)
        assert subscriptions.subscription(session, kept, now=LATE).is_confirmed


@pytest.mark.usefixtures("topical")
def test_staff_find_addresses_by_part_of_them(carrel: Carrel, database: Database) -> None:
    subscribe(carrel, SAM, PRESENTER)
    subscribe(carrel, "under_score@example.org", is_confirmed=False)
    with database.read_session() as session:
        for query, found in (("SAM", [SAM]), ("r_s", ["under_score@example.org"]), ("m_e", [])):
            rows, total = subscriptions.find_subscriptions(session, query, offset=0, limit=5)
            assert [one.email for one in rows] == found
            assert total == len(found)


def mailed(carrel: Carrel, database: Database, cast: Cast) -> Mail:
    """Subscribe Sam to all webinars and to a presenter, and send a mailing; returns the email."""
    for part in (Part(), PRESENTER):
        subscribe(carrel, SAM, part)
    mailing_id = add(database, cast, SUBSCRIBERS)
    start(database, mailing_id)
    work(carrel, mailing_id)
    return newest(database, SAM, "new_webinar")


def test_email_to_subscribers_links_to_their_subscriptions(
    carrel: Carrel, database: Database, topical: Cast, clock: Clock
) -> None:
    assert clock.moment == NOW
    with database.transaction() as session:  # unsubscribing from reminders leaves the news on
        opt_out(session, SAM, now=NOW)
    mail = mailed(carrel, database, topical)
    assert written(database, "new_webinar") == [SAM]
    assert "Hello," in mail.text
    link = subscription_links(carrel.settings).page(mail.public_id)
    sent = as_sent(carrel, mail)
    assert sent["List-Unsubscribe"] == f"<{link}>"
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    body = sent.get_body(("plain",))
    assert body is not None
    assert f"Change or end your subscriptions: {link}" in " ".join(body.get_content().split())


def test_link_in_an_email_ends_one_subscription_or_all(
    carrel: Carrel, database: Database, topical: Cast, clock: Clock
) -> None:
    assert clock.moment == NOW
    mail = mailed(carrel, database, topical)
    with database.transaction() as session:
        row = session.get_one(Mail, mail.id)
        [first, _second] = subscriptions.subscriptions_of(session, SAM)
        subscriptions.end_by_email(session, row, only="unknown", now=NOW)
        assert row.unsubscribed_at is None
        subscriptions.end_by_email(session, row, only=first.public_id, now=NOW)
        assert row.unsubscribed_at == NOW
    assert topics(database) == ["Pat Doe"]
    with database.transaction() as session:
        subscriptions.end_by_email(session, session.get_one(Mail, mail.id), only="", now=NOW)
    assert topics(database) == []
    letter = LeasedMail(**{name: getattr(mail, name) for name in LeasedMail.__dataclass_fields__})
    with database.read_session() as session, pytest.raises(Unwanted, match="ended their"):
        delivery.compose(session, letter, (), carrel.settings)


def test_removed_subscription_is_deleted(carrel: Carrel, database: Database, cast: Cast) -> None:
    made = subscribe(carrel, SAM)
    with database.transaction() as session:
        subscriptions.end(session, made, actor=cast.ada.public_id, now=NOW)
        with pytest.raises(NotFound):
            subscriptions.end(session, made, actor=cast.ada.public_id, now=NOW)
    assert letters(database, SAM)


def test_subscriptions_are_exported_and_erased(
    carrel: Carrel, database: Database, topical: Cast
) -> None:
    subscribe(carrel, "dan@example.org", PRESENTER)
    subscribe(carrel, "dan@example.org")
    subscribe(carrel, SAM)
    with database.transaction() as session:
        found = read_personal_data(session, topical.dan.id, hooks=(), now=NOW).subscriptions
        assert [(one["email"], one["topic"], one["confirmed_at"]) for one in found] == [
            ("dan@example.org", "Pat Doe", NOW),
            ("dan@example.org", "", NOW),
        ]
        erase(session, topical.dan.id, hooks=(), links=LINKS, actor=None, now=NOW)
        assert session.scalars(select(Subscription.email)).all() == [SAM]
