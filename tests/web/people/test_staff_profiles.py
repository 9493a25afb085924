"""Staff's pages about people: finding one, all there is to know, and what is done about it."""

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
def test_who_is_not_staff_finds_nothing(
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
def test_a_person_is_found_by_parts_of_name_and_address(
    staff: Visitor, cast: Cast, query: str
) -> None:
    page = staff.get("/staff/people", query_string={"q": query}).text
    assert cast.alice.email in page
    assert cast.bob.email not in page


def test_a_person_is_found_by_id_and_by_a_further_address(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        address = read_address("thornbury@other.example")
        email_aliases.add_alias(session, cast.alice.id, address, actor=None, now=NOW)
    for query in (cast.alice.public_id, "thornbury@"):
        assert cast.alice.email in staff.get("/staff/people", query_string={"q": query}).text


def test_a_search_that_finds_nobody_says_what_to_do(staff: Visitor) -> None:
    assert is_empty(staff.get("/staff/people?q=zzz").text)


def test_the_list_can_be_narrowed(staff: Visitor, cast: Cast) -> None:
    page = staff.get("/staff/people?show=staff").text
    assert cast.ada.email in page
    assert cast.alice.email not in page


def test_the_page_shows_what_they_hold_and_how_it_stands(staff: Visitor, cast: Cast) -> None:
    assert shows(staff.get(_page(cast.bob)).text, SCOPES[Scope.EVERYTHING])
    assert "Ended" in staff.get(_page(cast.carol)).text
    assert 'data-testid="no-grants"' in staff.get(_page(cast.dan)).text
    assert 'data-testid="no-grants"' not in staff.get(_page(cast.alice)).text
    assert "Elm County Library" in staff.get(_page(cast.mia)).text


def test_an_address_that_imitates_another_is_pointed_out(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    assert not shows(staff.get(_page(cast.alice)).text, MIXED_ALPHABETS)
    imitating = read_address("\u0430lice@example.org")  # its first letter is Cyrillic
    with database.transaction() as session:
        dan = session.get_one(Login, cast.dan.id)
        dan.email, dan.email_key = imitating.shown, imitating.key
    assert 'data-testid="imitating-letters"' in staff.get(_page(cast.dan)).text
    assert shows(staff.get("/staff/people?q=dan").text, MIXED_ALPHABETS)


def test_a_person_that_is_none_is_not_found(staff: Visitor) -> None:
    assert staff.get(f"/staff/people/{'0' * 26}").status_code == 404


def test_blocking_asks_why_and_unblocking_undoes_it(
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


def test_nobody_blocks_themselves(owner: Visitor, roles: Roles) -> None:
    answer = owner.post(f"{_page(roles.owen)}/block", data={"reason": "Trying it"})
    assert answer.status_code == 400
    assert shows(answer.text, NOT_YOURSELF)


def test_only_an_owner_changes_the_account_of_a_person_on_the_team(
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


def test_a_further_address_is_added_shown_and_removed(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    path = f"{_page(cast.alice)}/addresses"
    assert staff.post(path, data={"email": "al@other.example"}).status_code == 303
    assert "al@other.example" in staff.get(_page(cast.alice)).text
    with database.read_session() as session:
        alias = session.scalars(select(LoginAlias.public_id)).one()
    assert staff.post(f"{path}/{alias}/remove").status_code == 303
    assert "al@other.example" not in staff.get(_page(cast.alice)).text


def test_an_address_of_somebody_else_is_refused_beside_the_field(
    staff: Visitor, cast: Cast
) -> None:
    path = f"{_page(cast.alice)}/addresses"
    taken = staff.post(path, data={"email": cast.bob.email})
    assert taken.status_code == 409
    assert shows(taken.text, TAKEN)
    assert staff.post(path, data={"email": "no address"}).status_code == 400


@pytest.mark.parametrize(
    ("path", "kind"), [("password-email", "set_password"), ("sign-in-email", "how_to_sign_in")]
)
def test_letters_go_to_the_login_s_own_address(
    staff: Visitor, cast: Cast, database: Database, path: str, kind: str
) -> None:
    assert staff.post(f"{_page(cast.dan)}/{path}").status_code == 303
    with database.read_session() as session:
        letter = session.scalars(select(Mail)).one()
    assert (letter.kind, letter.recipient) == (kind, cast.dan.email)


def test_a_blocked_login_is_sent_no_letter(staff: Visitor, cast: Cast) -> None:
    staff.post(f"{_page(cast.dan)}/block", data={"reason": "Shared it"})
    assert staff.post(f"{_page(cast.dan)}/sign-in-email").status_code == 409


def test_a_pass_is_given_for_a_year(staff: Visitor, cast: Cast, database: Database) -> None:
    path = f"{_page(cast.dan)}/pass"
    assert staff.get(path).status_code == 200
    assert staff.post(path, data={"scope": "nothing"}).status_code == 400
    assert staff.post(path, data={"scope": "everything"}).status_code == 303
    with database.read_session() as session:
        line = session.scalars(select(Grant).where(Grant.login_id == cast.dan.id)).one()
    assert (line.scope, line.starts_at) == (Scope.EVERYTHING, NOW)


def test_a_pass_begins_when_staff_say_by_their_own_clock(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    data = {"scope": "everything", "starts_at": "2026-10-06T14:00"}
    assert staff.post(f"{_page(cast.dan)}/pass", data=data).status_code == 303
    with database.read_session() as session:
        line = session.scalars(select(Grant).where(Grant.login_id == cast.dan.id)).one()
    assert line.starts_at.isoformat() == "2026-10-06T18:00:00+00:00"


def test_a_webinar_is_given_by_its_title_or_address(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    path = f"{_page(cast.dan)}/webinar"
    assert staff.post(path, data={"webinar": "no such one"}).status_code == 400
    assert staff.post(path, data={"webinar": "READING rooms"}).status_code == 303
    with database.read_session() as session:
        line = session.scalars(select(Grant).where(Grant.login_id == cast.dan.id)).one()
    assert (line.webinar_id, line.ends_at) == (cast.webinar_id, None)


def test_what_would_be_lost_is_shown_before_a_grant_is_taken_back(
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


def test_what_another_grant_lets_in_to_is_no_loss(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    path = f"/staff/grants/{_grant_of(database, cast.alice)}/revoke"
    staff.post(f"{_page(cast.alice)}/pass", data={"scope": "everything"})
    assert "notice-danger" not in staff.get(path).text
    assert "notice-note" in staff.get(path).text


def test_both_are_shown_before_two_logins_are_merged_and_it_can_be_undone(
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


def test_the_other_of_two_logins_may_be_kept(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    data = {"other": cast.alice.public_id, "keep": cast.alice.public_id}
    assert staff.post(f"{_page(cast.dan)}/merge", data=data).status_code == 303
    with database.read_session() as session:
        assert session.get_one(Login, cast.dan.id).merged_into == cast.alice.id


@pytest.mark.parametrize("other", ["", "nobody@example.org", "dan@example.org", "ada@example.org"])
def test_what_can_not_be_merged_is_said_beside_the_field(
    staff: Visitor, cast: Cast, other: str
) -> None:
    answer = staff.get(f"{_page(cast.dan)}/merge", query_string={"other": other})
    assert answer.status_code == 400
    assert 'id="other-error"' in answer.text


def test_nothing_is_given_to_a_login_that_was_merged(
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
