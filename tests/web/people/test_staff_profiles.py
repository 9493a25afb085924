"""Staff pages about people: search, profile, and actions on an account."""

import pytest
from sqlalchemy import select

from lms.accounts import email_aliases
from lms.accounts.email_aliases import TAKEN
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.models.accounts import Login, LoginAlias
from lms.models.audit import AuditEntry
from lms.models.grants import Grant, Scope, Withdrawal
from lms.models.mail import Mail
from lms.people import login_merges
from lms.people.account_blocks import NOT_YOURSELF
from lms.web.people.grant_and_seat_rows import SCOPES
from lms.web.people.staff_account_actions import OWNERS_ONLY
from lms.web.people.staff_person_page import MIXED_ALPHABETS
from tests.cast import Cast, Person, Roles
from tests.clock import NOW
from tests.page_texts import is_empty, shows
from tests.visitor import Visitor


def _page(person: Person) -> str:
    return f"/staff/people/{person.public_id}"


def _grant_of(database: Database, person: Person) -> str:
    with database.read_session() as session:
        return session.scalars(select(Grant.public_id).where(Grant.login_id == person.id)).one()


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_only_staff_can_see_and_change_people(
    client: Visitor, cast: Cast, database: Database, person: str
) -> None:
    client.sign_in(getattr(cast, person).id)
    grant = _grant_of(database, cast.alice)
    for path in ("/staff/people", _page(cast.dan), f"{_page(cast.dan)}/merge"):
        assert client.get(path).status_code == 404
    for path in ("block", "unblock", "addresses", "pass", "webinar", "merge", "password-email"):
        assert client.post(f"{_page(cast.dan)}/{path}").status_code == 404
    assert client.post(f"/staff/grants/{grant}/revoke", data={"reason": "x"}).status_code == 404


@pytest.mark.parametrize("query", ["alice", "ALICE@example.org", "lice@exa", "Alice example"])
def test_person_is_found_by_part_of_a_name_or_address(
    staff: Visitor, cast: Cast, query: str
) -> None:
    page = staff.get("/staff/people", query_string={"q": query}).text
    assert cast.alice.email in page
    assert cast.bob.email not in page


def test_person_is_found_by_id_and_by_an_additional_address(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        address = read_address("thornbury@other.example")
        email_aliases.add_alias(session, cast.alice.id, address, actor=None, now=NOW)
    for query in (cast.alice.public_id, "thornbury@"):
        assert cast.alice.email in staff.get("/staff/people", query_string={"q": query}).text


def test_search_without_matches_shows_the_empty_state(staff: Visitor) -> None:
    assert is_empty(staff.get("/staff/people?q=zzz").text)


def test_list_can_be_filtered_to_staff(staff: Visitor, cast: Cast) -> None:
    page = staff.get("/staff/people?show=staff").text
    assert cast.ada.email in page
    assert cast.alice.email not in page


def test_person_page_shows_access_and_its_status(staff: Visitor, cast: Cast) -> None:
    assert shows(staff.get(_page(cast.bob)).text, SCOPES[Scope.EVERYTHING])
    assert "Ended" in staff.get(_page(cast.carol)).text
    assert 'data-testid="no-grants"' in staff.get(_page(cast.dan)).text
    assert 'data-testid="no-grants"' not in staff.get(_page(cast.alice)).text
    assert "Elm County Library" in staff.get(_page(cast.mia)).text


def test_address_with_mixed_alphabets_is_flagged(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    assert not shows(staff.get(_page(cast.alice)).text, MIXED_ALPHABETS)
    imitating = read_address("\u0430lice@example.org")  # its first letter is Cyrillic
    with database.transaction() as session:
        dan = session.get_one(Login, cast.dan.id)
        dan.email, dan.email_key = imitating.shown, imitating.key
    assert 'data-testid="imitating-letters"' in staff.get(_page(cast.dan)).text
    assert shows(staff.get("/staff/people?q=dan").text, MIXED_ALPHABETS)


def test_unknown_person_is_not_found(staff: Visitor) -> None:
    assert staff.get(f"/staff/people/{'0' * 26}").status_code == 404


def test_blocking_requires_a_reason_and_can_be_undone(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    path = f"{_page(cast.dan)}/block"
    assert staff.post(path, data={"reason": " "}).status_code == 400
    assert staff.post(path, data={"reason": "Shared it"}).status_code == 303
    page = staff.get(_page(cast.dan)).text
    assert f'action="{_page(cast.dan)}/unblock"' in page
    assert "Shared it" in page
    assert staff.post(f"{_page(cast.dan)}/unblock").status_code == 303
    with database.read_session() as session:
        assert session.get_one(Login, cast.dan.id).blocked_at is None
        acts = session.execute(select(AuditEntry.act, AuditEntry.actor)).all()
    assert acts == [
        ("login.blocked", cast.ada.public_id),
        ("login.unblocked", cast.ada.public_id),
    ]


def test_owner_cannot_block_themselves(owner: Visitor, roles: Roles) -> None:
    answer = owner.post(f"{_page(roles.owen)}/block", data={"reason": "Trying it"})
    assert answer.status_code == 400
    assert shows(answer.text, NOT_YOURSELF)


def test_only_an_owner_can_change_the_account_of_a_team_member(
    staff: Visitor, cast: Cast, roles: Roles, database: Database
) -> None:
    acts = {"block": {"reason": "Left"}, "unblock": {}, "addresses": {"email": "me@evil.example"}}
    for person in (cast.ada, roles.owen, roles.beth):
        for act, data in acts.items():
            assert staff.post(f"{_page(person)}/{act}", data=data).status_code == 403
        page = staff.get(_page(person)).text
        assert shows(page, OWNERS_ONLY)
        assert "/addresses" not in page
        assert "/block" not in page
    staff.sign_in(roles.owen.id)
    assert staff.post(f"{_page(cast.ada)}/block", data=acts["block"]).status_code == 303
    assert staff.post(f"{_page(cast.ada)}/unblock").status_code == 303
    assert staff.post(f"{_page(cast.ada)}/addresses", data=acts["addresses"]).status_code == 303


def test_additional_address_is_added_shown_and_removed(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    path = f"{_page(cast.alice)}/addresses"
    assert staff.post(path, data={"email": "al@other.example"}).status_code == 303
    assert "al@other.example" in staff.get(_page(cast.alice)).text
    with database.read_session() as session:
        alias = session.scalars(select(LoginAlias.public_id)).one()
    assert staff.post(f"{path}/{alias}/remove").status_code == 303
    assert "al@other.example" not in staff.get(_page(cast.alice)).text


def test_address_that_is_taken_or_invalid_is_refused(staff: Visitor, cast: Cast) -> None:
    path = f"{_page(cast.alice)}/addresses"
    taken = staff.post(path, data={"email": cast.bob.email})
    assert taken.status_code == 409
    assert shows(taken.text, TAKEN)
    assert staff.post(path, data={"email": "no address"}).status_code == 400


@pytest.mark.parametrize(
    ("path", "kind"), [("password-email", "set_password"), ("sign-in-email", "how_to_sign_in")]
)
def test_account_emails_go_to_the_accounts_own_address(
    staff: Visitor, cast: Cast, database: Database, path: str, kind: str
) -> None:
    assert staff.post(f"{_page(cast.dan)}/{path}").status_code == 303
    with database.read_session() as session:
        letter = session.scalars(select(Mail)).one()
    assert (letter.kind, letter.recipient) == (kind, cast.dan.email)


def test_sign_in_email_to_a_blocked_account_is_refused(staff: Visitor, cast: Cast) -> None:
    staff.post(f"{_page(cast.dan)}/block", data={"reason": "Shared it"})
    assert staff.post(f"{_page(cast.dan)}/sign-in-email").status_code == 409


def test_pass_can_be_granted_starting_now(staff: Visitor, cast: Cast, database: Database) -> None:
    path = f"{_page(cast.dan)}/pass"
    assert staff.get(path).status_code == 200
    assert staff.post(path, data={"scope": "nothing"}).status_code == 400
    assert staff.post(path, data={"scope": "everything"}).status_code == 303
    with database.read_session() as session:
        line = session.scalars(select(Grant).where(Grant.login_id == cast.dan.id)).one()
    assert (line.scope, line.starts_at) == (Scope.EVERYTHING, NOW)


def test_pass_start_is_read_in_the_local_time_of_staff(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    data = {"scope": "everything", "starts_at": "2026-10-06T14:00"}
    assert staff.post(f"{_page(cast.dan)}/pass", data=data).status_code == 303
    with database.read_session() as session:
        line = session.scalars(select(Grant).where(Grant.login_id == cast.dan.id)).one()
    assert line.starts_at.isoformat() == "2026-10-06T18:00:00+00:00"


def test_webinar_can_be_granted_by_its_title(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    path = f"{_page(cast.dan)}/webinar"
    assert staff.post(path, data={"webinar": "no such one"}).status_code == 400
    assert staff.post(path, data={"webinar": "READING rooms"}).status_code == 303
    with database.read_session() as session:
        line = session.scalars(select(Grant).where(Grant.login_id == cast.dan.id)).one()
    assert (line.webinar_id, line.ends_at) == (cast.webinar_id, None)


def test_loss_is_shown_before_a_grant_is_revoked(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    path = f"/staff/grants/{_grant_of(database, cast.alice)}/revoke"
    page = staff.get(path).text
    assert "notice-danger" in page
    assert "Reading rooms" in page
    assert staff.post(path, data={}).status_code == 400
    assert staff.post(path, data={"reason": "A refund", "refunded": "y"}).status_code == 303
    with database.read_session() as session:
        line = session.scalars(select(Grant).where(Grant.login_id == cast.alice.id)).one()
    assert (line.revoked_as, line.revoked_reason) == (Withdrawal.REFUNDED, "A refund")
    assert staff.post(path, data={"reason": "Again"}).status_code == 400


def test_webinar_covered_by_another_grant_is_not_shown_as_lost(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    path = f"/staff/grants/{_grant_of(database, cast.alice)}/revoke"
    staff.post(f"{_page(cast.alice)}/pass", data={"scope": "everything"})
    assert "notice-danger" not in staff.get(path).text
    assert "notice-note" in staff.get(path).text


def test_merge_shows_both_accounts_first_and_can_be_undone(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    path = f"{_page(cast.dan)}/merge"
    assert staff.get(path).status_code == 200
    page = staff.get(path, query_string={"other": cast.alice.email}).text
    assert "Reading rooms" in page
    assert cast.dan.email in page
    data = {"other": cast.alice.public_id, "keep": cast.dan.public_id}
    answer = staff.post(path, data=data)
    assert (answer.status_code, answer.location) == (303, _page(cast.dan))
    assert f'action="{_page(cast.alice)}/unmerge"' in staff.get(_page(cast.alice)).text
    assert "Reading rooms" in staff.get(_page(cast.dan)).text
    assert staff.post(f"{_page(cast.alice)}/unmerge").status_code == 303
    with database.read_session() as session:
        assert session.get_one(Login, cast.alice.id).merged_into is None


def test_merge_can_keep_the_other_account(staff: Visitor, cast: Cast, database: Database) -> None:
    data = {"other": cast.alice.public_id, "keep": cast.alice.public_id}
    assert staff.post(f"{_page(cast.dan)}/merge", data=data).status_code == 303
    with database.read_session() as session:
        assert session.get_one(Login, cast.dan.id).merged_into == cast.alice.id


@pytest.mark.parametrize("other", ["", "nobody@example.org", "dan@example.org", "ada@example.org"])
def test_invalid_merge_shows_an_error_at_its_field(staff: Visitor, cast: Cast, other: str) -> None:
    answer = staff.get(f"{_page(cast.dan)}/merge", query_string={"other": other})
    assert answer.status_code == 400
    assert 'id="other-error"' in answer.text


def test_merged_account_cannot_be_granted_a_pass(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        login_merges.merge(
            session,
            kept=cast.dan.public_id,
            merged=cast.alice.public_id,
            hooks=(),
            actor=None,
            now=NOW,
        )
    assert staff.get(f"{_page(cast.alice)}/pass").status_code == 404
