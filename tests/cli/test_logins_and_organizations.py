"""carrel login and carrel organization."""

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import select

from lms.accounts import accounts, second_factors
from lms.accounts.accounts import NewLogin
from lms.accounts.login_lookup import UNPROVEN
from lms.cli.root_command import run
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.password_hashing_and_rules import Right, check_password
from lms.core.settings import Settings
from lms.models.accounts import Login, SellerRole
from lms.models.audit import AuditEntry
from lms.models.mail import Mail
from lms.models.organizations import Organization
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import letters
from tests.second_steps import give_app
from wsgi import COMPONENTS

PASSWORD = "a quiet corner table"  # noqa: S105
Run = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def carrel_run(
    environ: Mapping[str, str],
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run a command with --json; return its exit code and its answer or complaint."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    def go(*arguments: str, stdin: str = "") -> tuple[int, dict[str, Any]]:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = run(COMPONENTS, [*arguments, "--json"])
        printed = capsys.readouterr()
        return code, json.loads(printed.err if code else printed.out)

    return go


def _login(database: Database, email: str) -> Login:
    with database.read_session() as session:
        return session.scalars(select(Login).where(Login.email_key == email)).one()


def test_login_added_with_a_password_is_confirmed(carrel_run: Run, database: Database) -> None:
    code, made = carrel_run(
        "login", "add", "Eve@Example.org", "--name", "Eve Oduya", "--password-stdin",
        stdin=f"{PASSWORD}\n",
    )  # fmt: skip
    row = _login(database, "eve@example.org")
    assert code == 0
    assert made == {
        "id": row.public_id,
        "email": "Eve@example.org",
        "name": "Eve Oduya",
        "role": None,
        "blocked": False,
        "has_password": True,
    }
    assert row.confirmed_at is not None
    assert check_password(row.password_hash, PASSWORD) == Right(outdated=False)


def test_login_without_a_password_is_emailed_a_link_to_set_one(
    carrel_run: Run, database: Database
) -> None:
    code, _ = carrel_run("login", "add", "eve@example.org")
    with database.read_session() as session:
        letter = session.scalars(select(Mail)).one()
    assert code == 0
    assert (letter.kind, letter.recipient) == ("set_password", "eve@example.org")
    assert "http://localhost/reset-password/" in letter.text


@pytest.mark.parametrize("role", SellerRole)
def test_a_login_is_added_with_a_role_on_the_team(
    carrel_run: Run, database: Database, role: SellerRole
) -> None:
    _, said = carrel_run("login", "add", "eve@example.org", f"--{role}")
    assert said["role"] == role
    assert _login(database, "eve@example.org").seller_role is role


def test_role_is_set_and_removed_except_from_the_last_owner(
    carrel_run: Run, database: Database, cast: Cast
) -> None:
    for _twice in range(2):
        assert carrel_run("login", "role", cast.dan.email, "owner")[1]["role"] == "owner"
    [told] = letters(database, cast.dan.email)
    assert told.kind == "team_joined"
    assert "Your role: Owner." in told.text
    code, complaint = carrel_run("login", "role", cast.dan.email, "none")
    assert (code, complaint["code"]) == (1, "last_owner")
    carrel_run("login", "role", cast.ada.email, "owner")
    assert carrel_run("login", "role", cast.dan.email, "none")[1]["role"] is None
    assert _login(database, cast.dan.email).seller_role is None


def test_second_login_for_an_address_is_refused(carrel_run: Run, cast: Cast) -> None:
    code, complaint = carrel_run("login", "add", "ALICE@example.org")
    assert (code, complaint["code"]) == (1, "conflict")


@pytest.mark.parametrize("stdin", ["", "short\n", "Password123!\n"])
def test_weak_password_creates_no_login(carrel_run: Run, database: Database, stdin: str) -> None:
    code, complaint = carrel_run("login", "add", "eve@example.org", "--password-stdin", stdin=stdin)
    with database.read_session() as session:
        assert session.scalar(select(Login.id)) is None
    assert (code, complaint["code"]) == (1, "invalid")


def test_invalid_address_is_refused(carrel_run: Run) -> None:
    code, complaint = carrel_run("login", "add", "eve")
    assert (code, complaint["code"]) == (1, "invalid")


def test_login_is_blocked_and_unblocked(carrel_run: Run, database: Database, cast: Cast) -> None:
    assert carrel_run("login", "block", cast.dan.email)[1]["blocked"] is True
    assert _login(database, cast.dan.email).blocked_at is not None
    assert carrel_run("login", "unblock", cast.dan.email)[1]["blocked"] is False


def test_second_step_is_turned_off_only_if_it_is_on(
    carrel_run: Run, database: Database, cast: Cast, settings: Settings
) -> None:
    assert carrel_run("login", "reset-two-step", cast.ada.email)[0] == 1
    give_app(database, cast.ada.id, settings.secret_key)
    assert carrel_run("login", "reset-two-step", cast.ada.email)[0] == 0
    with database.read_session() as session:
        assert second_factors.list_factors(session, cast.ada.id) == ()
        assert session.scalars(
            select(AuditEntry.actor).where(AuditEntry.act == "login.second_factors_reset")
        ).all() == [None]
    assert carrel_run("login", "reset-two-step", "nobody@example.org")[0] == 3


def test_unknown_login_cannot_be_blocked(carrel_run: Run) -> None:
    assert carrel_run("login", "block", "nobody@example.org")[0] == 3


def test_organization_is_added_with_a_parent(carrel_run: Run, database: Database) -> None:
    carrel_run("organization", "add", "valley", "--name", "The Valley")
    code, made = carrel_run(
        "organization", "add", "oak-hill", "--name", "Oak Hill", "--parent", "valley"
    )
    with database.read_session() as session:
        row = session.scalars(select(Organization).where(Organization.slug == "oak-hill")).one()
    assert code == 0
    assert made == {
        "id": row.public_id, "slug": "oak-hill", "name": "Oak Hill", "parent": "valley",
    }  # fmt: skip


def test_slug_that_is_taken_is_refused(carrel_run: Run, cast: Cast) -> None:
    code, complaint = carrel_run("organization", "add", "elm-county", "--name", "Elm")
    assert (code, complaint["code"]) == (1, "conflict")


def test_two_logins_are_merged_and_unmerged(
    carrel_run: Run, database: Database, cast: Cast
) -> None:
    code, made = carrel_run("login", "merge", cast.dan.email, cast.alice.email)
    assert code == 0
    assert made == {
        "kept": cast.dan.public_id, "merged": cast.alice.public_id, "is_merged": True,
    }  # fmt: skip
    assert _login(database, cast.alice.email).merged_into == cast.dan.id
    code, parted = carrel_run("login", "unmerge", cast.alice.email)
    assert (code, parted["is_merged"]) == (0, False)
    assert _login(database, cast.alice.email).merged_into is None


def test_blocking_a_merged_address_blocks_the_kept_login(
    carrel_run: Run, database: Database, cast: Cast
) -> None:
    carrel_run("login", "merge", cast.dan.email, cast.alice.email)
    code, _ = carrel_run("login", "block", cast.alice.email, "--reason", "Shared it")
    assert code == 0
    assert _login(database, cast.dan.email).blocked_reason == "Shared it"


def test_person_without_a_login_becomes_a_manager_and_gets_an_email(
    carrel_run: Run, database: Database, cast: Cast
) -> None:
    code, made = carrel_run(
        "organization", "member", "elm-county", "eve@example.org", "--role", "manager"
    )
    assert code == 0
    assert made == {
        "organization": "elm-county",
        "login": _login(database, "eve@example.org").public_id,
        "email": "eve@example.org",
        "role": "manager",
        "is_new": True,
        "is_invited": False,
    }
    with database.read_session() as session:
        assert session.scalars(select(Mail.kind)).all() == ["set_password"]


def test_person_with_a_login_is_invited(carrel_run: Run, database: Database, cast: Cast) -> None:
    code, made = carrel_run("organization", "member", "elm-county", cast.dan.email)
    assert (code, made["is_new"], made["is_invited"]) == (0, False, True)
    with database.read_session() as session:
        assert session.scalars(select(Mail.kind)).all() == ["member_invitation"]


def test_unproven_login_is_not_added_again(carrel_run: Run, database: Database, cast: Cast) -> None:
    """The person signs in with a password of their own before the address is proven (S13)."""
    with database.transaction() as session:
        new = NewLogin(read_address("eve@example.org"), "Eve", password_hash="hash")
        accounts.add_unproven(session, new, now=NOW)
    for more in ((), ("--owner", "--password-stdin")):
        code, said = carrel_run("login", "add", "eve@example.org", *more, stdin=f"{PASSWORD}\n")
        assert (code, said["message"]) == (1, UNPROVEN)
    row = _login(database, "eve@example.org")
    assert (row.password_hash, row.confirmed_at, row.seller_role) == ("hash", None, None)


def test_adding_a_member_to_an_unknown_organization_is_not_found(
    carrel_run: Run, cast: Cast
) -> None:
    assert carrel_run("organization", "member", "nowhere", cast.dan.email)[0] == 3


def test_a_person_is_exported_and_then_erased(
    carrel_run: Run, database: Database, cast: Cast
) -> None:
    code, kept = carrel_run("login", "export", "alice@example.org")
    assert (code, kept["name"], len(kept["grants"])) == (0, "Alice", 1)
    code, gone = carrel_run("login", "erase", "alice@example.org", "--yes")
    assert (code, gone["email"]) == (0, None)
    assert carrel_run("login", "export", "alice@example.org")[0] == 3


def test_erasing_needs_confirmation(carrel_run: Run, database: Database, cast: Cast) -> None:
    code, _ = carrel_run("login", "erase", "alice@example.org")
    assert code != 0
    with database.read_session() as session:
        assert session.get_one(Login, cast.alice.id).email == "alice@example.org"
