"""The page of tax rules: for owners only; adding and ending rules."""

import pytest

from lms.core.database import Database
from lms.tax.rule_list import RATE, TOO_EARLY, list_rules
from tests.cast import Cast, Roles
from tests.page_texts import shows
from tests.visitor import Visitor

PAGE = "/staff/tax-rules"
TEXAS = {
    "state": "TX",
    "name": "Lone Star tax",
    "rate": "8.25",
    "supply": "both",
    "first_day": "2026-01-01",
}


@pytest.mark.parametrize("person", ["alice", "mia", "ada", "beth"])
def test_only_owners_can_open_the_page(
    client: Visitor, cast: Cast, roles: Roles, person: str
) -> None:
    client.sign_in(getattr(roles if person == "beth" else cast, person).id)
    assert client.get(PAGE).status_code == 404
    assert client.post(PAGE, data=TEXAS).status_code == 404
    assert client.post(f"{PAGE}/{'0' * 26}/end", data={}).status_code == 404


def test_owner_can_add_and_end_a_rule(owner: Visitor, database: Database) -> None:
    assert owner.post(PAGE, data=TEXAS).status_code == 303
    page = owner.get(PAGE).text
    assert TEXAS["name"] in page
    assert "8.25%" in page
    with database.read_session() as session:
        (rule,) = list_rules(session)
    early = owner.post(f"{PAGE}/{rule.id}/end", data={"last_day": "2025-12-31"})
    assert f'id="end-{rule.id}-error"' in early.text
    assert 'value="2025-12-31"' in early.text
    assert early.status_code == 400
    assert shows(early.text, TOO_EARLY)
    ended = owner.post(f"{PAGE}/{rule.id}/end", data={"last_day": "2026-02-28"})
    assert ended.status_code == 303
    assert "Ended" in owner.get(PAGE).text


def test_invalid_rule_is_refused_and_preserves_input(owner: Visitor) -> None:
    answer = owner.post(PAGE, data={**TEXAS, "rate": "eight"})
    assert answer.status_code == 400
    assert shows(answer.text, RATE)
    assert TEXAS["name"] in answer.text
