"""Jobs of payments: the nightly check that every balance adds up (M24), and card refunds (M11)."""

from datetime import timedelta
from typing import Final

from lms.branding import read_branding
from lms.core.clock import now
from lms.core.errors import N_, Unavailable
from lms.core.runtime import Carrel
from lms.jobs.queue import GiveUp, JobKind, JobRun, Schedule, TryAgain
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.payments import card_refunds
from lms.payments.balance_check import differences
from lms.payments.open_provider import NO_CARDS, offers_cards, open_provider
from lms.payments.refunds import SEND
from lms.pricing.price_list import say_money

CHECK: Final = "payments.check"
SCHEDULES: Final = (Schedule(CHECK, timedelta(days=1)),)
NAMED_AT_MOST: Final = 20


def check(carrel: Carrel, _run: JobRun) -> None:
    """Compute every open balance anew; tell our team once a day where one differs."""
    with carrel.database.read_session() as session:
        found = differences(session)
        team = read_branding(session, contact="").contact_email
    if not found or not team:
        return
    with carrel.database.transaction() as session:
        mail_outbox.post(
            session,
            kind="balances_differ",
            to=team,
            login_id=None,
            subject=N_("Balances that don't add up: %(number)s") % {"number": len(found)},
            values={
                "found": [
                    {
                        "kind": one.kind,
                        "number": one.number or one.subject,
                        "stored": say_money(one.stored_minor, one.currency),
                        "computed": say_money(one.computed_minor, one.currency),
                    }
                    for one in found[:NAMED_AT_MOST]
                ],
                "total": len(found),
                "action_url": Links(carrel.settings.base_url).page("/staff/balances"),
            },
            now=now(),
        )


def send_refund(carrel: Carrel, run: JobRun) -> None:
    """Return the money of a refund to its card; twice does it once."""
    if not offers_cards(carrel.settings):
        raise GiveUp(NO_CARDS)
    try:
        card_refunds.send(carrel, open_provider(carrel.settings), run.subject, now=now())
    except Unavailable as away:
        raise TryAgain(away.message) from away


JOBS: Final = (JobKind(CHECK, check), JobKind(SEND, send_refund))
