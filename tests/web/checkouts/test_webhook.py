"""The webhook: only events signed by the provider are stored, and only once."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from lms.checkouts import rounds
from lms.core.runtime import Carrel
from lms.jobs.queue import retry
from lms.models.jobs import Job, JobState
from lms.models.payments import Payment, ProviderEvent
from lms.payments.provider_events import FOLD, NOT_READABLE
from tests.checkouts.card_stories import Shop
from tests.servers.stripe import Delivery
from tests.visitor import Visitor

OK, BAD_REQUEST = 200, 400


def event_of(shop: Shop, **values: Any) -> bytes:
    """Pay by card, and return the body of the payment's event."""
    opened = shop.open(shop.draft())
    shop.pay(opened)
    return json.dumps({**shop.fake.books.events[-1], **values}).encode()


def send(client: Visitor, body: bytes, signature: str) -> int:
    headers = {"Stripe-Signature": signature, "X-CSRFToken": ""}
    return client.post("/webhooks/stripe", data=body, headers=headers).status_code


def stored(carrel: Carrel) -> list[str]:
    with carrel.database.read_session() as session:
        return list(session.scalars(select(ProviderEvent.kind)))


STRANGE_TIMES = ["t=" + "9" * length for length in (12, 20, 5_000)]


@pytest.mark.parametrize("signature", ["", "t=1,v1=00", "v1=00", "t=x,v1=é", *STRANGE_TIMES])
def test_event_without_a_valid_signature_is_refused(
    shop: Shop, client: Visitor, signature: str
) -> None:
    assert send(client, event_of(shop), signature) == BAD_REQUEST
    assert stored(shop.carrel) == []


def test_old_signature_or_signature_of_another_body_is_refused(shop: Shop, client: Visitor) -> None:
    body = event_of(shop)
    assert send(client, body + b" ", shop.fake.sign(body)) == BAD_REQUEST
    signature = shop.fake.sign(body)
    shop.clock.advance(timedelta(minutes=6))
    assert send(client, body, signature) == BAD_REQUEST
    assert stored(shop.carrel) == []


@pytest.mark.parametrize("other", [{"livemode": True}, {"account": "acct_other"}])
def test_event_of_another_mode_or_account_is_refused(
    shop: Shop, client: Visitor, other: dict[str, Any]
) -> None:
    body = event_of(shop, **other)
    assert send(client, body, shop.fake.sign(body)) == BAD_REQUEST
    assert stored(shop.carrel) == []


def test_event_is_stored_once_and_processed_by_a_job(shop: Shop, client: Visitor) -> None:
    body = event_of(shop)
    for _ in range(3):
        assert send(client, body, shop.fake.sign(body)) == OK
    assert stored(shop.carrel) == ["checkout.session.completed"]
    with shop.carrel.database.read_session() as session:
        assert len(session.scalars(select(Job.id).where(Job.kind == FOLD)).all()) == 1
        assert session.scalars(select(Payment.id)).all() == []
    shop.work()
    with shop.carrel.database.read_session() as session:
        assert session.scalars(select(Payment.amount_minor)).all() == [9900]


def test_signature_with_the_previous_secret_is_accepted(shop: Shop, client: Visitor) -> None:
    shop.fake.delivery = Delivery.OLD_SECRET
    body = event_of(shop)
    assert send(client, body, shop.fake.sign(body)) == OK


def unreadable(shop: Shop) -> list[bytes]:
    event = json.loads(event_of(shop))
    faults: list[dict[str, Any]] = [
        {"id": None},
        {"id": "evt_" + "9" * 200},
        {"id": "evt_\x00"},
        {"type": 7},
        {"created": "yesterday"},
        {"created": 10**30},
        {"data": None},
        {"data": {"object": []}},
        {"data": {"object": {"id": {"id": "cs_1"}}}},
    ]
    bodies = [json.dumps({**event, **fault}).encode() for fault in faults]
    lacking = [json.dumps({key: event[key] for key in event if key != one}) for one in event]
    needed = [body.encode() for one, body in zip(event, lacking, strict=True) if one in NEEDED]
    return [*bodies, *needed, b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000, b"1" * 5_000]


NEEDED = {"id", "type", "created", "data", "livemode"}


def test_unreadable_signed_event_is_stored_with_a_failed_job(shop: Shop, client: Visitor) -> None:
    bodies = unreadable(shop)
    for body in bodies:
        for _ in range(2):
            assert send(client, body, shop.fake.sign(body)) == OK, body[:80]
    shop.work()
    with shop.carrel.database.read_session() as session:
        events = session.scalars(select(ProviderEvent)).all()
        jobs = session.scalars(select(Job).where(Job.kind == FOLD)).all()
    assert len(events) == len(jobs) == len(bodies) == 21
    assert {(one.error, one.processed_at) for one in events} == {(NOT_READABLE, shop.clock.moment)}
    assert {one.state for one in jobs} == {JobState.FAILED}


def test_unreadable_listed_event_does_not_block_other_events(shop: Shop) -> None:
    event_of(shop)
    shop.fake.books.events.insert(
        0, {**shop.fake.books.events[-1], "id": "evt_odd", "data": {"object": {"id": 7}}}
    )
    rounds.listen(shop.carrel, shop.provider, now=shop.clock.moment)
    shop.work()
    assert sorted(stored(shop.carrel)) == ["checkout.session.completed", "unreadable"]
    with shop.carrel.database.read_session() as session:
        assert session.scalars(select(Payment.amount_minor)).all() == [9900]


def test_failing_event_is_retried_for_three_days_by_one_job(shop: Shop, client: Visitor) -> None:
    body = event_of(shop)
    assert send(client, body, shop.fake.sign(body)) == OK
    books = dict(shop.fake.books.objects)
    shop.fake.books.objects.clear()
    shop.work()
    tries = 0
    for _ in range(100):
        shop.clock.advance(timedelta(hours=1))
        rounds.listen(shop.carrel, shop.provider, now=shop.clock.moment)
        with shop.carrel.database.read_session() as session:
            [job] = session.scalars(select(Job).where(Job.kind == FOLD)).all()
        tries += job.state is JobState.QUEUED
        shop.work()
    assert 70 <= tries <= 72
    assert job.state is JobState.FAILED
    shop.fake.books.objects.update(books)
    with shop.carrel.database.transaction() as session:
        retry(session, job.public_id, actor=None, now=shop.clock.moment)
    shop.work()
    with shop.carrel.database.read_session() as session:
        assert session.scalars(select(Payment.amount_minor)).all() == [9900]
