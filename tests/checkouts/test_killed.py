"""A worker is killed while settling, refunding, or recording: the next one finishes it once."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.documents import Document
from lms.models.payments import Payment, Refund, RefundState
from tests.checkouts.card_stories import Shop
from tests.checkouts.test_money_stories import EXPECTED, dispute_of, paid_by_check_too, week_over
from tests.sales.order_fixtures import balanced
from tests.servers.stripe_objects import DISPUTES
from tests.wait_until import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parents[2]
SETTLE = "settle_provider_object(carrel, provider, subject, now=NOW)"
REFUND = "card_refunds.send(carrel, provider, subject, now=NOW)"
# Waits at the commit that is about to write, or just after it; the test kills it there.
PROGRAM = """
import sys, time
from sqlalchemy import event
from lms.checkouts.settling import settle_provider_object
from lms.component import load_tables
from lms.core.runtime import open_carrel
from lms.core.settings import Settings
from lms.payments import card_refunds
from lms.payments.open_provider import open_provider
from tests.clock import NOW
from wsgi import COMPONENTS

load_tables(COMPONENTS)
carrel = open_carrel(Settings.from_env())
provider = open_provider(carrel.settings)
subject, stop_at = sys.argv[1], int(sys.argv[2])
commits = 0

def stand(_connection):
    global commits
    commits += 1
    if commits == stop_at:
        print("here", flush=True)
        time.sleep(600)

event.listen(carrel.database.engine, "commit", stand)
{act}
print("through", flush=True)
time.sleep(600)
"""


def kill_at(environ: Mapping[str, str], act: str, subject: str, stop_at: int) -> None:
    """Run a function in its own process, and kill it with -9 before the commit of that number.

    After its last commit, it is killed once it is done.
    """
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.replace("{act}", act), subject, str(stop_at)],
        env={**os.environ, **environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert program.stdout is not None
    try:
        assert program.stdout.readline().strip() in (b"here", b"through")
    finally:
        program.send_signal(signal.SIGKILL)
        program.wait()
        program.stdout.close()


@pytest.mark.parametrize("stop_at", [1, 2])
def test_killed_settlement_is_saved_completely_or_not_at_all(
    shop: Shop, environ: Mapping[str, str], stop_at: int
) -> None:
    opened = shop.open(shop.draft())
    shop.pay(opened)
    kill_at(environ, SETTLE, opened.url.rpartition("/")[2], stop_at)
    database = shop.carrel.database
    until(lambda: _counts(database) in ((0, 0), (1, 2)))
    shop.finish()
    assert _counts(database) == (1, 2)
    assert balanced(database)


@pytest.mark.parametrize("stop_at", [1, 2, 3])
def test_killed_refund_returns_the_money_once(
    shop: Shop, environ: Mapping[str, str], stop_at: int
) -> None:
    order = shop.draft()
    shop.pay(shop.open(order))
    shop.come_back(order)
    note = shop.credit(order)
    work, shop.work = shop.work, lambda: None  # type: ignore[method-assign]  # the program does it
    refund = shop.refund(note, 9900)
    kill_at(environ, REFUND, refund, stop_at)
    shop.work = work  # type: ignore[method-assign]
    shop.work()
    shop.hear()
    returned = [one for one in shop.fake.books.objects.values() if one["object"] == "refund"]
    assert [one["amount"] for one in returned] == [9900]
    with shop.carrel.database.read_session() as session:
        assert session.scalars(select(Refund.state)).all() == [RefundState.DONE]
    assert balanced(shop.carrel.database)


@pytest.mark.parametrize("stop_at", [1, 2])
def test_killed_second_payment_becomes_credit_and_is_returned_once(
    shop: Shop, environ: Mapping[str, str], stop_at: int
) -> None:
    opened = paid_by_check_too(shop)
    kill_at(environ, SETTLE, opened.url.rpartition("/")[2], stop_at)
    shop.hear()
    shop.finish()
    week_over(shop)
    shop.finish()
    assert shop.dump() == (EXPECTED / "paid_twice.txt").read_text()
    assert balanced(shop.carrel.database)


@pytest.mark.parametrize("stop_at", [1, 2])
@pytest.mark.parametrize("story", ["dispute_lost", "dispute_won"])
def test_killed_dispute_and_its_outcome_are_recorded_once(
    shop: Shop, environ: Mapping[str, str], story: str, stop_at: int
) -> None:
    order = shop.draft()
    shop.pay(shop.open(order), DISPUTES)
    shop.come_back(order)  # which doesn't know about the dispute yet
    dispute = dispute_of(shop)
    kill_at(environ, SETTLE, dispute, stop_at)
    shop.hear()
    shop.fake.books.decide(dispute, is_won=story == "dispute_won")
    kill_at(environ, SETTLE, dispute, stop_at)
    shop.hear()
    shop.finish()
    assert shop.dump() == (EXPECTED / f"{story}.txt").read_text()
    assert balanced(shop.carrel.database)


def _counts(database: Database) -> tuple[int, int]:
    with database.read_session() as session:
        payments = session.scalars(select(Payment.id)).all()
        documents = session.scalars(select(Document.id)).all()
    return len(payments), len(documents)
