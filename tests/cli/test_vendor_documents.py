"""carrel vendor-document."""

from pathlib import Path

import pytest

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.seller import VendorDocumentKind
from lms.seller.vendor_documents import FOLDER, KIND_WORDS, read_vendor_documents
from tests.cli.command_runner import Shell
from tests.handouts.document_builder import pdf


@pytest.fixture
def w9(tmp_path: Path) -> str:
    path = tmp_path / "w9.pdf"
    path.write_bytes(pdf())
    return str(path)


def test_a_document_is_added_and_listed(
    carrel_command: Shell, carrel: Carrel, database: Database, w9: str
) -> None:
    ran = carrel_command(
        "vendor-document", "add", "w9", w9, "--title", "W-9 for 2026",
        "--audience", "public", "--valid-until", "2026-12-31", "--json",
    )  # fmt: skip
    assert ran.code == 0
    with database.read_session() as session:
        (facts,) = read_vendor_documents(session)
    assert ran.answer["document"] == facts.id
    assert {name: ran.answer[name] for name in ("kind", "title", "audience", "version")} == {
        "kind": "w9",
        "title": "W-9 for 2026",
        "audience": "public",
        "version": 1,
    }
    assert ran.answer["valid_until"] == "2026-12-31"
    assert carrel.storage.stat(facts.file_key) is not None
    assert carrel_command("vendor-document", "list", "--json").answer["items"] == [ran.answer]
    assert "2026-12-31" in carrel_command("vendor-document", "list").out


def test_document_is_titled_by_kind_and_on_request_by_default(
    carrel_command: Shell, w9: str
) -> None:
    ran = carrel_command("vendor-document", "add", "insurance", w9, "--json")
    assert (ran.answer["title"], ran.answer["audience"]) == (
        KIND_WORDS[VendorDocumentKind.INSURANCE],
        "on_request",
    )
    assert ran.answer["valid_until"] is None


def test_refused_document_leaves_no_file(
    carrel_command: Shell, carrel: Carrel, tmp_path: Path, w9: str
) -> None:
    words = tmp_path / "w9.txt"
    words.write_text("not a PDF")
    ran = carrel_command("vendor-document", "add", "w9", str(words), "--json")
    assert (ran.code, ran.complaint["code"]) == (1, "invalid")
    ran = carrel_command("vendor-document", "add", "w9", w9, "--title", "x" * 121, "--json")
    assert (ran.code, ran.complaint["code"]) == (1, "invalid")
    assert list(carrel.storage.list(FOLDER)) == []


@pytest.mark.parametrize(
    "options", [("--valid-until", "soon"), ("--audience", "friends"), ("--kind", "w9")]
)
def test_invalid_date_or_audience_is_a_usage_error(
    carrel_command: Shell, w9: str, options: tuple[str, str]
) -> None:
    ran = carrel_command("vendor-document", "add", "w9", w9, *options, "--json")
    assert (ran.code, ran.complaint["code"]) == (2, "usage")


def test_empty_list_is_reported(carrel_command: Shell) -> None:
    assert carrel_command("vendor-document", "list").out == "None found.\n"
