"""Requests: what is asked, the price quoted, the due time, and the answer."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from lms.branding import BrandingTexts, edit_branding
from lms.core.database import Database
from lms.core.errors import Conflict, Invalid, NotFound
from lms.mail.links import Links, MailContext
from lms.models.audit import AuditEntry
from lms.models.grants import OfferKind
from lms.models.mail import Mail
from lms.models.requests import RequestKind, RequestState
from lms.pricing.price_list import Price, set_prices
from lms.requests import requests
from lms.requests.read_models import (
    RequestFacts,
    Wanted,
    count_waiting,
    find_request,
    list_requests,
    number_of,
)
from lms.requests.requests import NewRequest
from lms.sales import requested_orders
from tests.cast import Cast, Roles
from tests.clock import NOW
from tests.mailbox import letters, newest

EASTERN = ZoneInfo("America/New_York")
OFFICE = MailContext(Links("http://localhost"), EASTERN)
NEW = NewRequest(RequestKind.REGISTER, "Dan", "dan@example.org")
NOBODY = "0" * 26
PRICES = (
    Price(OfferKind.SINGLE, 1, 9900, "USD"),
    Price(OfferKind.GROUP_SEATS, 3, 7500, "USD"),
    Price(OfferKind.GROUP_SEATS, 5, 6500, "USD"),
)


@pytest.fixture
def priced(database: Database) -> Database:
    with database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=NOW)
    return database


def asked(
    database: Database,
    new: NewRequest = NEW,
    *,
    quote_of: str | None = None,
    at: datetime = NOW,
) -> RequestFacts:
    with database.transaction() as session:
        return requested_orders.ask(
            session, new, quote_of=quote_of, mail_context=OFFICE, actor=None, now=at
        )


def read(database: Database, facts: RequestFacts) -> RequestFacts:
    with database.read_session() as session:
        return find_request(session, facts.public_id)


# requesting


def test_request_gets_a_nine_character_number(database: Database) -> None:
    facts = asked(database)
    assert facts.number == number_of(facts.public_id)
    assert len(facts.number) == 9
    assert facts.state is RequestState.NEW


def test_request_is_quoted_the_current_price(priced: Database, cast: Cast) -> None:
    five = replace(NEW, webinar_id=cast.webinar_id, kind=RequestKind.GROUP, quantity=5)
    facts = asked(priced, five)
    assert (facts.offer, facts.quoted_minor) == (OfferKind.GROUP_SEATS, 32500)


def test_people_with_access_are_left_out_of_the_quote(priced: Database, cast: Cast) -> None:
    facts = asked(priced, replace(NEW, webinar_id=cast.webinar_id, quantity=3, covered=1))
    assert facts.quoted_minor == 19800


def test_trouble_report_has_no_price(priced: Database) -> None:
    facts = asked(priced, replace(NEW, kind=RequestKind.TROUBLE))
    assert (facts.offer, facts.quoted_minor) == (None, None)


def test_request_without_a_set_price_is_accepted(priced: Database) -> None:
    facts = asked(priced, replace(NEW, kind=RequestKind.CONTRACT, quantity=40))
    assert (facts.offer, facts.quoted_minor) == (OfferKind.CONTRACT, None)


def test_invoice_request_is_quoted_the_price_of_its_offer(priced: Database, cast: Cast) -> None:
    new = replace(
        NEW,
        webinar_id=cast.webinar_id,
        kind=RequestKind.INVOICE,
        offer=OfferKind.SINGLE,
        quantity=2,
    )
    assert asked(priced, new).quoted_minor == 19800


@pytest.mark.parametrize(("days", "minor"), [(59, 32500), (60, 32500), (61, 65000)])
def test_purchase_order_within_60_days_gets_the_quoted_price(
    priced: Database, cast: Cast, days: int, minor: int
) -> None:
    first = asked(
        priced, replace(NEW, webinar_id=cast.webinar_id, kind=RequestKind.GROUP, quantity=5)
    )
    dearer = [replace(each, price_minor=2 * each.price_minor) for each in PRICES]
    with priced.transaction() as session:
        set_prices(session, dearer, actor=None, now=NOW)
    order = replace(
        NEW,
        webinar_id=cast.webinar_id,
        kind=RequestKind.PURCHASE_ORDER,
        offer=OfferKind.GROUP_SEATS,
        quantity=5,
    )
    facts = asked(priced, order, quote_of=first.public_id, at=NOW + timedelta(days=days))
    assert facts.quoted_minor == minor
    assert (facts.order_public_id == first.order_public_id) is (days <= 60)


def test_purchase_order_for_another_offer_gets_its_own_price(priced: Database, cast: Cast) -> None:
    first = asked(
        priced, replace(NEW, webinar_id=cast.webinar_id, kind=RequestKind.GROUP, quantity=5)
    )
    order = replace(
        NEW,
        webinar_id=cast.webinar_id,
        kind=RequestKind.PURCHASE_ORDER,
        offer=OfferKind.SINGLE,
        quantity=2,
    )
    assert asked(priced, order, quote_of=first.public_id).quoted_minor == 19800


def test_unknown_quote_is_not_found(priced: Database) -> None:
    with pytest.raises(NotFound):
        asked(priced, NEW, quote_of=NOBODY)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 201),
        ("email", "nobody"),
        ("quantity", 0),
        ("quantity", 10_001),
        ("message", "x" * 5001),
        ("organization_name", "x" * 201),
        ("reference", "x" * 81),
    ],
)
def test_invalid_request_is_rejected_by_field(
    database: Database, field: str, value: object
) -> None:
    with pytest.raises(Invalid) as refusal:
        asked(database, replace(NEW, **{field: value}))  # type: ignore[arg-type]  # one of its fields
    assert list(refusal.value.fields) == [field]


def test_receipt_has_the_number_due_time_and_status_link(priced: Database, cast: Cast) -> None:
    facts = asked(priced, replace(NEW, webinar_id=cast.webinar_id))
    letter = newest(priced, "dan@example.org")
    assert facts.number in letter.subject
    assert f"http://localhost/requests/{facts.public_id}" in letter.text
    for text in (letter.text, letter.html):
        assert "5:00 PM ET" in " ".join(text.split())
        assert "Reading rooms" in text
        assert "$99.00" in text


def test_new_request_is_emailed_to_the_contact_address(database: Database) -> None:
    words = BrandingTexts("Quill", "#1d6a4c", "desk@example.org", "Quill", "")
    with database.transaction() as session:
        edit_branding(session, words, actor=None, now=NOW)
    facts = asked(database)
    assert f"/staff/requests/{facts.public_id}" in newest(database, "desk@example.org").text


def test_audit_trail_has_no_personal_data(database: Database) -> None:
    facts = asked(database)
    with database.read_session() as session:
        entry = session.scalars(select(AuditEntry)).one()
    assert (entry.act, entry.subject, entry.detail) == ("request.asked", facts.public_id, {})


# answering


def test_request_is_assigned_and_closed(database: Database, cast: Cast) -> None:
    facts = asked(database)
    with database.transaction() as session:
        requests.assign(
            session,
            facts.public_id,
            to=cast.ada.public_id,
            mail_context=OFFICE,
            actor=cast.ada.public_id,
            now=NOW,
        )
    assert read(database, facts).state is RequestState.IN_HAND
    with database.transaction() as session:
        requests.finish(
            session, facts.public_id, answer="", links=OFFICE.links, actor=None, now=NOW
        )
    done = read(database, facts)
    assert (done.state, done.closed_at) == (RequestState.DONE, NOW)
    assert [letter.kind for letter in letters(database, "dan@example.org")] == ["request_received"]


def test_answer_is_emailed(database: Database) -> None:
    facts = asked(database)
    with database.transaction() as session:
        requests.finish(
            session,
            facts.public_id,
            answer="Try it now.\nIt works.\n\nWarmly",
            links=OFFICE.links,
            actor=None,
            now=NOW,
        )
    letter = newest(database, "dan@example.org", "request_answered")
    assert "Try it now.\nIt works." in letter.text
    assert "Try it now.<br>It works." in letter.html


def test_declining_requires_a_reason_that_is_emailed(database: Database) -> None:
    facts = asked(database)
    with pytest.raises(Invalid), database.transaction() as session:
        requests.decline(
            session, facts.public_id, answer=" ", links=OFFICE.links, actor=None, now=NOW
        )
    with database.transaction() as session:
        requests.decline(
            session, facts.public_id, answer="Sold out", links=OFFICE.links, actor=None, now=NOW
        )
    assert read(database, facts).state is RequestState.DECLINED
    assert "Sold out" in newest(database, "dan@example.org", "request_answered").text


def test_closed_request_cannot_be_answered_or_assigned(database: Database, cast: Cast) -> None:
    facts = asked(database)
    with database.transaction() as session:
        requests.finish(
            session, facts.public_id, answer="", links=OFFICE.links, actor=None, now=NOW
        )
    with pytest.raises(Conflict), database.transaction() as session:
        requests.finish(
            session, facts.public_id, answer="", links=OFFICE.links, actor=None, now=NOW
        )
    with pytest.raises(Conflict), database.transaction() as session:
        requests.assign(
            session,
            facts.public_id,
            to=cast.ada.public_id,
            mail_context=OFFICE,
            actor=cast.ada.public_id,
            now=NOW,
        )


def test_closed_request_can_be_reopened(database: Database) -> None:
    facts = asked(database)
    with pytest.raises(Conflict), database.transaction() as session:
        requests.reopen(session, facts.public_id, actor=None, now=NOW)
    with database.transaction() as session:
        requests.finish(
            session, facts.public_id, answer="", links=OFFICE.links, actor=None, now=NOW
        )
        requests.reopen(session, facts.public_id, actor=None, now=NOW)
    assert (read(database, facts).state, read(database, facts).closed_at) == (
        RequestState.IN_HAND,
        None,
    )


def test_unknown_request_is_not_found(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        with pytest.raises(NotFound):
            requests.assign(
                session,
                NOBODY,
                to=cast.ada.public_id,
                mail_context=OFFICE,
                actor=cast.ada.public_id,
                now=NOW,
            )
        with pytest.raises(NotFound):
            requests.reopen(session, NOBODY, actor=None, now=NOW)
        with pytest.raises(NotFound):
            requests.keep_note(session, NOBODY, note="x", actor=None, now=NOW)


def test_staff_note_is_saved_and_not_emailed(database: Database) -> None:
    facts = asked(database)
    with database.transaction() as session:
        requests.keep_note(session, facts.public_id, note=" Rang twice. ", actor=None, now=NOW)
    assert read(database, facts).note == "Rang twice."
    with pytest.raises(Invalid), database.transaction() as session:
        requests.keep_note(session, facts.public_id, note="x" * 5001, actor=None, now=NOW)
    assert len(letters(database, "dan@example.org")) == 1


def test_receipt_is_sent_to_a_corrected_address(database: Database) -> None:
    facts = asked(database, replace(NEW, email="dna@example.org"))
    with database.transaction() as session:
        requests.correct_address(
            session, facts.public_id, email="dan@example.org", mail_context=OFFICE, now=NOW
        )
    assert read(database, facts).email == "dan@example.org"
    assert facts.number in newest(database, "dan@example.org").subject


def test_address_of_a_closed_request_cannot_be_changed(database: Database) -> None:
    facts = asked(database)
    with database.transaction() as session:
        requests.finish(
            session, facts.public_id, answer="", links=OFFICE.links, actor=None, now=NOW
        )
    with pytest.raises(Conflict), database.transaction() as session:
        requests.correct_address(
            session, facts.public_id, email="x@y.org", mail_context=OFFICE, now=NOW
        )


def test_receipt_is_sent_again(database: Database) -> None:
    facts = asked(database)
    with database.transaction() as session:
        requests.send_receipt_again(session, facts.public_id, mail_context=OFFICE, now=NOW)
        assert len(session.scalars(select(Mail)).all()) == 2


# the list


def found(database: Database, wanted: Wanted) -> list[str]:
    with database.read_session() as session:
        return [each.name for each in list_requests(session, wanted, offset=0, limit=10).items]


def test_list_shows_earliest_due_first_and_closed_last(database: Database) -> None:
    closed = asked(database, replace(NEW, name="Closed"), at=NOW - timedelta(days=9))
    asked(database, replace(NEW, name="Later"))
    asked(database, replace(NEW, name="Sooner"), at=NOW - timedelta(days=7))
    with database.transaction() as session:
        requests.finish(
            session, closed.public_id, answer="", links=OFFICE.links, actor=None, now=NOW
        )
    assert found(database, Wanted()) == ["Sooner", "Later", "Closed"]
    assert found(database, Wanted(states=(RequestState.DONE,))) == ["Closed"]
    assert found(database, Wanted(overdue_at=NOW)) == ["Sooner"]


def test_list_is_searched_by_name_number_webinar_and_kind(database: Database, cast: Cast) -> None:
    facts = asked(database, replace(NEW, name="Dan Pellerin", webinar_id=cast.webinar_id))
    asked(database, replace(NEW, name="Eve", email="eve@example.org", kind=RequestKind.TROUBLE))
    assert found(database, Wanted(query="pellerin")) == ["Dan Pellerin"]
    assert found(database, Wanted(query="reading")) == ["Dan Pellerin"]
    assert found(database, Wanted(query=facts.number)) == ["Dan Pellerin"]
    assert found(database, Wanted(kind=RequestKind.TROUBLE)) == ["Eve"]


def test_staff_see_counts_of_open_late_and_own_requests(
    database: Database, cast: Cast, roles: Roles
) -> None:
    asked(database)
    late = asked(database, replace(NEW, name="Eve"), at=NOW - timedelta(days=7))
    with database.transaction() as session:
        requests.assign(
            session,
            late.public_id,
            to=cast.ada.public_id,
            mail_context=OFFICE,
            actor=cast.ada.public_id,
            now=NOW,
        )
        waiting = count_waiting(session, login_id=cast.ada.id, now=NOW)
    assert (waiting.total, waiting.overdue, waiting.own) == (2, 1, 1)
    assert found(database, Wanted(owner=cast.ada.public_id)) == ["Eve"]
    assert found(database, Wanted(owner=roles.owen.public_id)) == ["Dan"]
