"""carrel init and carrel export: how a library is set up, and how it is taken elsewhere."""

import json
import re
from pathlib import Path

import pytest

from lms.core.database import Database
from lms.models.accounts import Login, SellerRole
from media.storage.storage_protocol import Storage
from tests.cast import Cast
from tests.cli.command_runner import Shell
from tests.visitor import Visitor

EXAMPLE = Path(__file__).resolve().parents[3] / "deploy/carrel.env"


def test_first_owner_sets_a_password_with_the_printed_link(
    carrel_command: Shell, client: Visitor, database: Database
) -> None:
    made = carrel_command("init", "--owner", "Owner@example.org", "--json").answer
    assert made["link"].startswith("http://localhost/reset-password/")
    path = made["link"].removeprefix("http://localhost")
    assert client.get(path).status_code == 200
    sent = client.post(path, data={"password": "a long enough password"})
    assert sent.status_code == 303
    with database.read_session() as session:
        (login,) = session.query(Login)
        assert (login.seller_role, login.password_hash is None) == (SellerRole.OWNER, False)
    assert client.get(path).status_code == 410  # it works only once


def test_init_says_what_to_do_next(carrel_command: Shell) -> None:
    said = carrel_command("init", "--owner", "owner@example.org").out
    assert "Next: carrel serve" in said
    assert "Set CARREL_SMTP_URL." in said


def test_repeated_init_prints_a_new_link_until_the_owner_has_a_password(
    carrel_command: Shell, client: Visitor
) -> None:
    first, second = (
        carrel_command("init", "--owner", "owner@example.org", "--json").answer["link"]
        for _ in range(2)
    )
    old, new = (link.removeprefix("http://localhost") for link in (first, second))
    assert (client.get(old).status_code, client.get(new).status_code) == (410, 200)
    assert carrel_command("init", "--owner", "other@example.org").code == 1
    client.post(new, data={"password": "a long enough password"})
    refused = carrel_command("init", "--owner", "owner@example.org", "--json")
    assert (refused.code, refused.complaint["code"]) == (1, "not_empty")


def test_example_passphrase_is_refused(
    carrel_command: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    (line,) = re.findall(r"^CARREL_BACKUP_PASSPHRASE='(.*)'$", EXAMPLE.read_text(), re.MULTILINE)
    monkeypatch.setenv("CARREL_BACKUP_PASSPHRASE", line)
    for command in ("init --owner owner@example.org", "settings check"):
        refused = carrel_command(*command.split())
        assert refused.code == 1
        assert "CARREL_BACKUP_PASSPHRASE" in refused.err


def test_init_leaves_a_library_that_is_set_up_unchanged(carrel_command: Shell, cast: Cast) -> None:
    refused = carrel_command("init", "--owner", "owner@example.org", "--json")
    assert (refused.code, refused.complaint["code"]) == (1, "not_empty")


def test_init_refuses_an_empty_database_with_stored_files(
    carrel_command: Shell, storage: Storage
) -> None:
    storage.put_bytes("originals/x", b"film", "video/mp4")
    refused = carrel_command("init", "--owner", "owner@example.org", "--json")
    assert (refused.code, refused.complaint["code"]) == (1, "empty_database")


@pytest.mark.parametrize("arguments", [(), ("--owner", "nobody")])
def test_init_needs_an_address(carrel_command: Shell, arguments: tuple[str, ...]) -> None:
    assert carrel_command("init", *arguments).code in (1, 2)


def test_export_has_every_table_and_file_and_no_secret(
    carrel_command: Shell, cast: Cast, storage: Storage, tmp_path: Path
) -> None:
    storage.put_bytes("originals/x/talk.mp4", b"film", "video/mp4")
    done = carrel_command("export", str(tmp_path / "out"), "--json").answer
    assert done["files"] == 1
    assert (tmp_path / "out/files/originals/x/talk.mp4").read_bytes() == b"film"
    lines = (tmp_path / "out/tables/login.jsonl").read_text().splitlines()
    logins = [json.loads(line) for line in lines]
    assert "alice@example.org" in {one["email"] for one in logins}
    assert not {name for one in logins for name in one if name.endswith("_hash")}
    assert len(list((tmp_path / "out/tables").iterdir())) == done["tables"]
    assert "Base64" in (tmp_path / "out/README.txt").read_text()
    assert carrel_command("export", str(tmp_path / "out")).code == 1  # not over existing files


def test_metrics_without_an_address_to_listen_on_are_refused(carrel_command: Shell) -> None:
    ran = carrel_command("metrics", "--json")
    assert (ran.code, ran.complaint["message"]) == (
        1,
        "CARREL_METRICS_BIND is not set, such as 127.0.0.1:9100.",
    )
