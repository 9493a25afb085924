"""Access on hold starts however the order is paid, but not when the debt is written off."""

from dataclasses import replace

import pytest

from lms.core.database import Database
from lms.models.documents import CreditReason
from lms.payments.credit_use import CreditUse
from lms.sales import corrections, receiving
from lms.sales.corrections import Correction
from lms.sales.credit_notes import Credit
from lms.sales.line_corrections import LineChange
from lms.sales.read_models import OrderFacts, Standing
from lms.seats import named_people
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_webinar
from tests.mailbox import letters, newest
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import (
    FIVE_SEATS,
    GROUP,
    credited,
    first_line,
    grants,
    locked,
    paid,
    placed,
    read,
)
from tests.sales.test_orders import CONTRACT, RENEWAL

HELD = replace(GROUP, is_held=True)


def waits(database: Database, facts: OrderFacts) -> bool:
    """Return whether an order is on hold; its grants must agree."""
    is_held = read(database, facts).held_at is not None
    standing = [one for one in grants(database, facts) if one.revoked_at is None]
    assert all((one.awaits_payment_since is not None) is is_held for one in standing)
    return is_held


def emails(database: Database) -> int:
    """Return how many emails said that access has started."""
    return len([one for one in letters(database, "mia@example.org") if one.kind == "order_open"])


def correct(database: Database, facts: OrderFacts, *lines: LineChange) -> None:
    with database.transaction() as session:
        corrections.correct(
            session,
            locked(session, facts),
            Correction(po_number="88123", lines=lines),
            mail_context=OFFICE,
            actor=None,
            now=NOW,
        )


def test_credit_note_of_another_order_starts_access(database: Database, cast: Cast) -> None:
    first = placed(database, GROUP)
    paid(database, first)
    note = credited(database, first, CreditReason.GOODWILL)
    facts = placed(database, HELD)
    for unused, amount, still_waits in ((32_500, 20_000, True), (12_500, 12_500, False)):
        use = CreditUse(note.public_id, facts.invoice_id or "", amount, unused)
        with database.transaction() as session:
            receiving.use_credit(session, use, mail_context=OFFICE, actor=None, now=NOW)
        assert waits(database, facts) is still_waits
    assert emails(database) == 1


def test_unused_credit_of_a_payment_starts_access(database: Database, cast: Cast) -> None:
    payment = paid(database, placed(database, GROUP), 65_000)
    facts = placed(database, HELD)
    use = CreditUse(payment, facts.invoice_id or "", 32_500, unused_minor=32_500)
    with database.transaction() as session:
        receiving.use_credit(session, use, mail_context=OFFICE, actor=None, now=NOW)
    assert not waits(database, facts)
    assert emails(database) == 1


def test_invoice_reissued_for_the_paid_amount_starts_access(database: Database, cast: Cast) -> None:
    facts = placed(database, HELD)
    paid(database, facts, 30_000)
    correct(database, facts)
    assert waits(database, facts)
    correct(database, facts, LineChange(first_line(database, facts).public_id, 5, 30_000))
    assert read(database, facts).standing(NOW) is Standing.PAID
    assert not waits(database, facts)
    assert emails(database) == 1


def test_people_named_for_a_corrected_line_are_invited(database: Database, cast: Cast) -> None:
    facts = placed(database, HELD)
    line = first_line(database, facts)
    people = named_people.read_names("Zoe <zoe@example.org>", seats=5)
    with database.transaction() as session:
        named_people.name_people(session, line.id, people)
    correct(database, facts, LineChange(line.public_id, 5, 30_000))
    paid(database, facts)
    assert [one.kind for one in letters(database, "zoe@example.org")] == ["invitation"]


@pytest.mark.parametrize(
    ("reason", "still_waits"), [(CreditReason.GOODWILL, False), (CreditReason.WRITE_OFF, True)]
)
def test_goodwill_for_the_rest_starts_access_but_write_off_does_not(
    database: Database, cast: Cast, reason: CreditReason, still_waits: bool
) -> None:
    facts = placed(database, HELD)
    paid(database, facts, 30_000)
    assert waits(database, facts)
    line = first_line(database, facts).public_id
    credited(database, facts, reason, Credit(line, amount_minor=2_500))
    assert read(database, facts).standing(NOW) is Standing.PAID
    assert waits(database, facts) is still_waits
    correct(database, facts)
    assert waits(database, facts) is still_waits
    assert emails(database) == int(not still_waits)


@pytest.mark.parametrize("reason", [CreditReason.RETURN, CreditReason.VOID, CreditReason.EXCHANGE])
def test_fully_credited_order_stays_on_hold(
    database: Database, cast: Cast, reason: CreditReason
) -> None:
    facts = placed(database, HELD)
    credited(database, facts, reason)
    assert read(database, facts).held_at is not None
    assert emails(database) == 0


def test_access_email_leaves_out_returned_items(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        make_webinar(session, "mending-spines")
    other = replace(FIVE_SEATS, covers="webinar:mending-spines")
    facts = placed(database, replace(HELD, lines=(FIVE_SEATS, other)))
    credited(database, facts, CreditReason.RETURN, Credit(first_line(database, facts).public_id))
    paid(database, facts)
    opened = newest(database, "mia@example.org", "order_open").text
    assert "Mending spines" in opened
    assert "Reading rooms" not in opened


def test_managers_are_not_emailed_that_a_returned_renewal_started(
    database: Database, cast: Cast
) -> None:
    placed(database, CONTRACT)
    lines = (RENEWAL.lines[0], FIVE_SEATS)
    facts = placed(database, replace(HELD, lines=lines))
    credited(database, facts, CreditReason.RETURN, Credit(first_line(database, facts).public_id))
    paid(database, facts)
    told = [one.kind for one in letters(database, "mia@example.org")]
    assert told.count("contract_renewed") == 1
    assert told[-1] == "order_open"


def test_no_access_email_is_sent_when_everything_was_returned(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, HELD)
    line = first_line(database, facts).public_id
    credited(database, facts, CreditReason.RETURN, Credit(line, amount_minor=30_000))
    paid(database, facts)
    assert emails(database) == 0
