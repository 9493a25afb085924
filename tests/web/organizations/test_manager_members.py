"""Members and roles: for managers only (test_access.py); an organization always has an owner."""

import csv
import io
import re

from sqlalchemy import select

from lms.accounts import accounts, email_aliases
from lms.accounts.accounts import NewLogin
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.models.accounts import Login
from lms.models.organizations import MemberInvitation, Membership, Organization, Role
from lms.organizations.manager_and_owner_permissions import BELONGS_ALREADY
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import PASSWORD, kept_password, letters, link_in, newest
from tests.page_texts import is_empty, shows
from tests.visitor import Visitor
from tests.web.managed_organization import Elm


def role_of(database: Database, login: str) -> Role | None:
    with database.read_session() as session:
        return session.scalar(select(Membership.role).join(Login).where(Login.public_id == login))


def asked(mia: Visitor, elm: Elm, email: str, role: str = "manager", name: str = "") -> str:
    """Invite a person; return the members page that the manager sees then."""
    place = f"/organization/{elm.id}/members"
    answer = mia.post(place, data={"email": email, "role": role, "name": name})
    assert answer.status_code == 303
    return mia.get(place).text


def answers(client: Visitor, database: Database, login_id: int, answer: str) -> int:
    """Sign a person in, answer their invitation, and return the status."""
    with database.read_session() as session:
        [invitation] = session.scalars(select(MemberInvitation.public_id)).all()
    client.sign_in(login_id)
    assert invitation in client.get("/library").text
    return client.post(f"/library/asked/{invitation}", data={"answer": answer}).status_code


def test_manager_invites_a_manager_who_gets_an_email_and_accepts(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    asked(mia, elm, "DAN@example.org")
    assert role_of(database, cast.dan.public_id) is None
    letter = newest(database, "dan@example.org")
    assert "Elm County Library" in letter.subject
    assert "/library" in letter.text
    assert answers(mia, database, cast.dan.id, "accept") == 303
    assert role_of(database, cast.dan.public_id) is Role.MANAGER
    assert mia.get(f"/organization/{elm.id}/members").status_code == 200


def test_open_invitation_does_not_reveal_whether_an_account_exists(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        session.get_one(Login, cast.dan.id).name = "Dantes Quill"
    pages = [asked(mia, elm, email) for email in ("dan@example.org", "nina@example.org")]
    assert "Dantes" not in "".join(pages)
    assert cast.dan.public_id not in pages[1]
    place = f"/organization/{elm.id}/members"
    assert "dan@example.org" not in mia.get(f"{place}?q=Dantes").text.partition("Open inv")[0]
    table = pages[1].partition("Open invitations")[2].partition('id="add-title"')[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)[1:]
    alike = {
        re.sub(r"(nina|dan)@example.org|[0-9a-z]{26}|value=\"[^\"]*\"", "", row) for row in rows
    }
    assert (len(rows), len(alike)) == (2, 1)


def test_second_address_of_a_member_can_be_invited_like_any_other(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        email_aliases.add_alias(
            session, cast.mia.id, read_address("mia@home.example"), actor=None, now=NOW
        )
    assert "mia@home.example" in asked(mia, elm, "mia@home.example", role="member")


def test_person_who_declines_does_not_become_a_member(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    asked(mia, elm, "dan@example.org")
    assert answers(mia, database, cast.dan.id, "decline") == 303
    assert role_of(database, cast.dan.public_id) is None


def test_invitation_cannot_be_accepted_by_another_person(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    asked(mia, elm, "dan@example.org", role="manager")
    with database.read_session() as session:
        [invitation] = session.scalars(select(MemberInvitation.public_id)).all()
    mia.sign_in(cast.alice.id)
    answer = mia.post(f"/library/asked/{invitation}", data={"answer": "accept"})
    assert answer.status_code == 404
    assert role_of(database, cast.alice.public_id) is None


def test_address_has_one_open_invitation_that_can_be_withdrawn(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    asked(mia, elm, "dan@example.org")
    place = f"/organization/{elm.id}/members"
    again = mia.post(place, data={"email": "Dan@Example.org", "role": "member"})
    assert again.status_code == 400
    with database.read_session() as session:
        [invitation] = session.scalars(select(MemberInvitation.public_id)).all()
    assert mia.post(f"{place}/asked/{invitation}/withdraw").status_code == 303
    mia.sign_in(cast.dan.id)
    answer = mia.post(f"/library/asked/{invitation}", data={"answer": "accept"})
    assert answer.status_code == 404
    assert len(letters(database, "dan@example.org")) == 1


def test_invited_person_without_an_account_gets_an_email_to_set_a_password(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    assert "Nina" in asked(mia, elm, "nina@example.org", name="Nina")
    [letter] = letters(database, "nina@example.org")
    assert "/reset-password/" in letter.text


def test_unproven_account_stays_usable_and_can_accept_once_its_address_is_proven(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    """Any organization can invite any address: that must not sign the address's user out (S13)."""
    pat = read_address("pat@example.org")
    with database.transaction() as session:
        new = NewLogin(pat, "Pat", password_hash=kept_password())
        login = accounts.add_unproven(session, new, now=NOW)
    asked(mia, elm, pat.shown, name="Another name")
    client = mia.application.test_client()
    signed_in = client.post("/sign-in", data={"email": pat.shown, "password": PASSWORD})
    assert (signed_in.status_code, signed_in.location) == (303, "/library")
    with database.read_session() as session:
        assert session.get_one(Login, login.id).name == "Pat"
        [invitation] = session.scalars(select(MemberInvitation.public_id)).all()
    assert invitation not in client.get("/library").text
    accepts = {"answer": "accept"}
    assert client.post(f"/library/asked/{invitation}", data=accepts).status_code == 404
    letter = newest(database, pat.shown, "member_invitation")
    assert "expires in 2 days" in letter.text
    mailbox = mia.application.test_client()
    proof = {"name": "Pat", "password": "seven lamps by the window", "zone": "America/New_York"}
    assert mailbox.post(link_in(letter), data=proof).location == "/library"
    assert client.get("/library").status_code == 303  # signed out
    assert invitation in mailbox.get("/library").text
    assert mailbox.post(f"/library/asked/{invitation}", data=accepts).status_code == 303
    assert role_of(database, login.public_id) is Role.MANAGER


def test_manager_cannot_create_change_or_remove_owners(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    data = {"email": "dan@example.org", "role": "owner"}
    assert mia.post(f"/organization/{elm.id}/members", data=data).status_code == 400
    assert role_of(database, cast.dan.public_id) is None
    place = f"/organization/{elm.id}/members/{elm.owner}"
    assert mia.post(f"{place}/role", data={"role": "member"}).status_code == 403
    assert mia.post(f"{place}/remove").status_code == 403
    mine = f"/organization/{elm.id}/members/{cast.mia.public_id}"
    assert mia.post(f"{mine}/role", data={"role": "owner"}).status_code == 400
    assert role_of(database, elm.owner) is Role.OWNER


def test_last_owner_cannot_leave_or_change_role(
    client: Visitor, elm: Elm, database: Database
) -> None:
    client.sign_in(elm.owner_id)
    place = f"/organization/{elm.id}/members/{elm.owner}"
    assert client.post(f"{place}/remove").status_code == 409
    assert client.post(f"{place}/role", data={"role": "manager"}).status_code == 409
    assert role_of(database, elm.owner) is Role.OWNER


def test_owner_can_leave_after_making_another_owner(
    client: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    client.sign_in(elm.owner_id)
    place = f"/organization/{elm.id}/members"
    client.post(f"{place}/{cast.mia.public_id}/role", data={"role": "owner"})
    assert role_of(database, cast.mia.public_id) is Role.OWNER
    answer = client.post(f"{place}/{elm.owner}/remove")
    assert (answer.status_code, answer.location) == (303, "/library")
    assert role_of(database, elm.owner) is None
    assert client.get(place).status_code == 404


def test_manager_can_remove_another_manager(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        organization = session.scalars(
            select(Organization).where(Organization.public_id == elm.id)
        ).one()
        session.add(
            Membership(
                organization_id=organization.id,
                login_id=cast.dan.id,
                role=Role.MANAGER,
                created_at=NOW,
            )
        )
    mia.post(f"/organization/{elm.id}/members/{cast.dan.public_id}/remove")
    assert role_of(database, cast.dan.public_id) is None


def test_existing_member_is_not_added_again(mia: Visitor, elm: Elm) -> None:
    data = {"email": "olga@example.org", "role": "member"}
    answer = mia.post(f"/organization/{elm.id}/members", data=data)
    assert answer.status_code == 400
    assert shows(answer.text, BELONGS_ALREADY)


def test_invalid_address_is_refused_with_an_example(mia: Visitor, elm: Elm) -> None:
    answer = mia.post(f"/organization/{elm.id}/members", data={"email": "dan", "role": "member"})
    assert answer.status_code == 400
    assert "name@example.org" in answer.text


def test_unknown_role_changes_nothing(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    place = f"/organization/{elm.id}/members/{cast.mia.public_id}/role"
    assert mia.post(place, data={"role": "king"}).status_code == 400
    assert role_of(database, cast.mia.public_id) is Role.MANAGER


def test_staff_can_make_owners(client: Visitor, elm: Elm, cast: Cast, database: Database) -> None:
    client.sign_in(cast.ada.id)
    place = f"/organization/{elm.id}/members/{cast.mia.public_id}/role"
    client.post(place, data={"role": "owner"})
    assert role_of(database, cast.mia.public_id) is Role.OWNER


def csv_of(mia: Visitor, elm: Elm, **query: str) -> list[list[str]]:
    answer = mia.get(f"/organization/{elm.id}/members/list.csv", query_string=query)
    assert "elm-county-members.csv" in answer.headers["Content-Disposition"]
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def test_downloaded_list_includes_open_invitations(mia: Visitor, elm: Elm) -> None:
    asked(mia, elm, "nina@example.org", name="=Nina")
    head, *rows = csv_of(mia, elm)
    assert head == ["Name", "Email address", "Role", "Status", "Since"]
    assert ["Mia", "mia@example.org", "Manager", "Member"] in [row[:4] for row in rows]
    assert rows[-1][:4] == ["'=Nina", "nina@example.org", "Manager", "Open invitations"]
    assert csv_of(mia, elm, q="nina")[1:] == rows[-1:]
    assert csv_of(mia, elm, q="nobody")[1:] == []


def test_member_list_can_be_searched(mia: Visitor, elm: Elm) -> None:
    page = mia.get(f"/organization/{elm.id}/members?q=nobody").text
    assert is_empty(page)
    assert "mia@example.org" in mia.get(f"/organization/{elm.id}/members?q=MIA@").text
