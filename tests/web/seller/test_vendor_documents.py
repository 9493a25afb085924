"""Vendor documents: managed by staff; everyone can download the public ones."""

import io
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.seller.vendor_documents import (
    FOLDER,
    VendorDocumentFacts,
    read_file_versions,
    read_vendor_documents,
)
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.handouts.document_builder import pdf
from tests.visitor import Visitor
from tests.web.form_values import values_of

PATH = "/staff/vendor-documents"
TODAY = NOW.date()
DETAILS = {"kind": "w9", "title": "W-9 for 2026", "audience": "public", "valid_until": ""}


def sent(name: str = "w9.pdf", data: bytes | None = None, **changed: str) -> dict[str, Any]:
    return {**DETAILS, **changed, "file": (io.BytesIO(data or pdf()), name)}


def stored(database: Database) -> tuple[VendorDocumentFacts, ...]:
    with database.read_session() as session:
        return read_vendor_documents(session)


@pytest.fixture
def w9(ada: Visitor, database: Database) -> VendorDocumentFacts:
    ada.post(f"{PATH}/new", data=sent())
    return stored(database)[0]


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_only_staff_can_manage_documents(
    client: Visitor, cast: Cast, w9: VendorDocumentFacts, person: str
) -> None:
    client.sign_in(getattr(cast, person).id)
    for path in ("", "/new", f"/{w9.id}", f"/{w9.id}/versions/1"):
        assert client.get(PATH + path).status_code == 404
    for path in ("/new", f"/{w9.id}", f"/{w9.id}/withdraw"):
        assert client.post(PATH + path, data=sent()).status_code == 404


def test_document_is_added_and_listed(
    ada: Visitor, database: Database, carrel: Carrel, w9: VendorDocumentFacts
) -> None:
    assert w9.title == "W-9 for 2026"
    assert carrel.storage.stat(w9.file_key) is not None
    assert f'href="{PATH}/{w9.id}"' in ada.get(PATH).text
    assert ada.get(f"{PATH}/{w9.id}/versions/1").data.startswith(b"%PDF-")
    assert ada.get(f"{PATH}/{w9.id}/versions/2").status_code == 404


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (DETAILS, "file"),
        (sent(data=b"MZ"), "file"),
        (sent(kind="other", title=""), "title"),
        (sent(kind="poem"), "kind"),
        (sent(audience="friends"), "audience"),
        (sent(valid_until="soon"), "valid_until"),
    ],
)
def test_invalid_form_shows_an_error_and_stores_no_file(
    ada: Visitor, database: Database, carrel: Carrel, data: Mapping[str, Any], field: str
) -> None:
    answer = ada.post(f"{PATH}/new", data=data)
    assert answer.status_code == 400
    assert f'href="#{field}"' in answer.text
    assert stored(database) == ()
    assert list(carrel.storage.list(FOLDER)) == []


def test_saving_an_unchanged_document_changes_nothing(
    ada: Visitor, database: Database, w9: VendorDocumentFacts
) -> None:
    shown = values_of(ada.get(f"{PATH}/{w9.id}").text)
    assert ada.post(f"{PATH}/{w9.id}", data=shown).status_code == 303
    assert stored(database) == (w9,)


def test_new_file_becomes_current_and_the_former_version_stays(
    ada: Visitor, database: Database, w9: VendorDocumentFacts
) -> None:
    answer = ada.post(f"{PATH}/{w9.id}", data=sent("new.pdf", valid_until="2027-01-31"))
    assert answer.status_code == 303
    (facts,) = stored(database)
    assert (facts.id, facts.version, facts.file_name) == (w9.id, 2, "new.pdf")
    with database.read_session() as session:
        assert [one.file_name for one in read_file_versions(session, w9.id)] == [
            "new.pdf",
            "w9.pdf",
        ]
    for number in (1, 2):
        assert ada.get(f"{PATH}/{w9.id}/versions/{number}").status_code == 200
    public = ada.get(f"/vendor-documents/{w9.id}")
    assert "new.pdf" in public.headers["Content-Disposition"]


def test_refused_change_changes_nothing(
    ada: Visitor, database: Database, carrel: Carrel, w9: VendorDocumentFacts
) -> None:
    assert ada.post(f"{PATH}/{w9.id}", data=sent(title="x" * 121)).status_code == 400
    assert stored(database) == (w9,)
    assert list(carrel.storage.list(FOLDER)) == [w9.file_key]


def test_withdrawn_document_cannot_be_downloaded_publicly(
    ada: Visitor, w9: VendorDocumentFacts
) -> None:
    assert ada.post(f"{PATH}/{w9.id}/withdraw").status_code == 303
    assert ada.get(f"/vendor-documents/{w9.id}").status_code == 404
    assert "Withdrawn" in ada.get(PATH).text
    assert ada.get(f"{PATH}/{w9.id}/versions/1").status_code == 200
    assert ada.post(f"{PATH}/{w9.id}", data=DETAILS).status_code == 409
    assert ada.post(f"{PATH}/{w9.id}/withdraw").status_code == 409


def test_everyone_can_download_a_public_document(app: Flask, w9: VendorDocumentFacts) -> None:
    answer = app.test_client().get(f"/vendor-documents/{w9.id}")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF-")
    assert "w9.pdf" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("audience", ["on_request", "packet"])
def test_document_that_is_not_public_is_not_found(
    app: Flask, ada: Visitor, database: Database, audience: str
) -> None:
    ada.post(f"{PATH}/new", data=sent(audience=audience))
    (facts,) = stored(database)
    for visitor in (ada, app.test_client()):
        assert visitor.get(f"/vendor-documents/{facts.id}").status_code == 404
        assert visitor.get(f"/vendor-documents/{'0' * 26}").status_code == 404


def test_an_expired_document_is_not_found(ada: Visitor, database: Database, clock: Clock) -> None:
    ada.post(f"{PATH}/new", data=sent(valid_until=TODAY.isoformat()))
    (facts,) = stored(database)
    clock.advance(timedelta(hours=13))  # 11 PM in New York, still the last day
    assert ada.get(f"/vendor-documents/{facts.id}").status_code == 200
    assert "Expires soon" in ada.get(PATH).text
    clock.advance(timedelta(hours=2))
    assert ada.get(f"/vendor-documents/{facts.id}").status_code == 404
    assert "Expired" in ada.get(PATH).text
