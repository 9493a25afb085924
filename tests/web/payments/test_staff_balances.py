"""Staff pages for balances: access, aging, statements, and the CSV files."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest

from lms.core.database import Database
from lms.models.documents import DocumentKind
from lms.models.orders import Terms
from lms.sales.statements import NOTHING
from tests.cast import Cast
from tests.clock import NOW
from tests.page_texts import is_empty, shows
from tests.sales.order_fixtures import GROUP, SEAT, placed, with_line
from tests.visitor import Visitor
from tests.web.sales.order_pages import documents, send

ELM = "/staff/balances/organization:elm-county"


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_balance_pages_are_not_found_for_people_outside_staff(
    client: Visitor, cast: Cast, database: Database, person: str
) -> None:
    placed(database, GROUP)
    client.sign_in(getattr(cast, person).id)
    for path in ("", "/open.csv", "/revenue.csv", "/organization:elm-county"):
        assert client.get(f"/staff/balances{path}").status_code == 404
    assert client.get(f"{ELM}/statement").status_code == 404
    assert client.post(f"{ELM}/statement").status_code == 404


def test_balances_page_is_empty_when_nothing_is_owed(staff: Visitor) -> None:
    assert is_empty(staff.get("/staff/balances").text)


def test_balances_are_listed_by_age(staff: Visitor, cast: Cast, database: Database) -> None:
    for place, days in enumerate((0, 31, 61, 91, 200)):
        order = with_line(GROUP, price_minor=100 * 10**place)
        placed(database, order, at=NOW - timedelta(days=days))
    placed(database, replace(SEAT, terms=Terms.INVOICE))
    page = staff.get("/staff/balances").text
    ages = ("$1.00", "$10.00", "$100.00", "$1,000.00", "$10,000.00", "$11,111.00")
    elm = page[page.index("Elm County Library") :]
    places = [elm.index(f">{amount}<") for amount in ages]
    assert places == sorted(places)
    assert "Dan" in page
    one = staff.get(ELM).text
    assert "1 to 30 days" in one
    assert "Over 90 days" in one
    assert staff.get("/staff/balances/organization:nowhere").status_code == 404
    assert staff.get("/staff/balances?page=2").status_code == 404


def test_statement_starts_with_the_earlier_balance(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    placed(database, with_line(GROUP, price_minor=10_000), at=NOW - timedelta(days=100))
    order = placed(database, GROUP, at=NOW - timedelta(days=40))
    path = f"/staff/orders/{order.public_id}/payment"
    send(staff, path, amount="325", check_number="10442", received_on="2026-02-20")
    answer = send(staff, f"{ELM}/statement", since="2026-01-01")
    assert answer.status_code == 303
    (statement,) = documents(database, DocumentKind.STATEMENT)
    entries = [(one["what"], one["open_minor"]) for one in statement.snapshot["entries"]]
    assert entries == [
        ("Balance forward", 10_000),
        ("Invoice", 42_500),
        ("Payment, check", 10_000),
    ]
    assert statement.total_minor == 10_000
    assert statement.snapshot["aging"]["days_61_to_90_minor"] == 10_000
    assert "Balance forward" in staff.get(answer.location).text


def test_statement_for_a_person_without_invoices_is_refused(staff: Visitor, cast: Cast) -> None:
    answer = send(staff, f"/staff/balances/person:{cast.dan.public_id}/statement")
    assert answer.status_code == 409
    assert shows(answer.text, NOTHING)


def test_open_balances_can_be_downloaded_as_csv(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    placed(database, replace(GROUP, po_number="PO-7"), at=NOW - timedelta(days=40))
    answer = staff.get("/staff/balances/open.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="open-balances.csv"'
    _, row = rows(answer.text)
    assert row[1:3] == ["Elm County Library", "PO-7"]
    assert row[5:] == ["1_to_30", "USD", "325.00", "325.00"]


def test_revenue_csv_is_by_month_and_offer_with_negative_credit_notes(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    order = placed(database, GROUP, at=NOW - timedelta(days=40))
    placed(database, replace(SEAT, terms=Terms.INVOICE))
    path = f"/staff/orders/{order.public_id}/credit"
    send(staff, path, reason="return", **{"lines-0-is_chosen": "y", "lines-0-seats": "1"})
    _, *found = rows(staff.get("/staff/balances/revenue.csv").text)
    assert [[row[0], row[1], *row[3:6]] for row in found] == [
        ["2026-01", "Group seats", "325.00", "0.00", "325.00"],
        ["2026-03", "Webinar seat", "99.00", "0.00", "99.00"],
        ["2026-03", "Group seats", "0.00", "-25.00", "-25.00"],
    ]
    only = "/staff/balances/revenue.csv?since=2026-03-01&until=2026-03-31"
    assert len(rows(staff.get(only).text)) == 3
    assert staff.get("/staff/balances/revenue.csv?since=spring").status_code == 404


def test_revenue_with_reversed_dates_is_refused_and_the_dates_are_preserved(staff: Visitor) -> None:
    dates = "?since=2026-03-05&until=2026-03-01"
    answer = staff.get(f"/staff/balances/revenue.csv{dates}")
    assert (answer.status_code, answer.location) == (303, f"/staff/balances{dates}")
    page = staff.get(answer.location).text
    assert "valid dates" in page
    assert [f'value="{day}"' in page for day in ("2026-03-05", "2026-03-01")] == [True, True]
