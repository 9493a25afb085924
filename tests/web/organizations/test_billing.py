"""Billing details and exemption certificates: staff edit everything, managers their part."""

import io
from collections.abc import Mapping

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.accounts import Login
from lms.models.organizations import InvoiceDelivery, Organization
from lms.models.tax import Exemption
from lms.organizations.billing_details import BillingDetails, read_billing
from lms.organizations.payers import Payer
from lms.organizations.tax_papers import list_exemptions
from media.storage.storage_protocol import Storage
from tests.cast import Cast
from tests.visitor import Visitor
from tests.web.managed_organization import Elm

ELM = "/staff/organizations/elm-county"
BILLING: Mapping[str, str] = {
    "billing_street": "PO Box 7",
    "billing_street2": "",
    "billing_city": "Elm Falls",
    "billing_state": "ny",
    "billing_postal_code": "12345",
    "billing_country": "US",
    "delivery": "portal",
    "payables": "ap@elm.example.org\nclerk@elm.example.org",
    "po_required": "y",
}
# a one-pixel image
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def billing(database: Database, cast: Cast) -> BillingDetails:
    with database.read_session() as session:
        return read_billing(session, cast.organization_id)


def papers(database: Database, payer: Payer) -> list[str]:
    with database.read_session() as session:
        return [one.public_id for one in list_exemptions(session, payer)]


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_staff_billing_pages_are_not_found_for_people_outside_staff(
    client: Visitor, cast: Cast, person: str
) -> None:
    client.sign_in(getattr(cast, person).id)
    alice = f"/staff/people/{cast.alice.public_id}/tax-papers"
    for path in (f"{ELM}/billing", f"{ELM}/notes", f"{ELM}/tax-papers/new", f"{alice}/new"):
        assert client.get(path).status_code == 404
        assert client.post(path).status_code == 404
    assert client.get("/staff/tax-papers/x").status_code == 404
    assert client.post(f"{ELM}/tax-papers/x/remove").status_code == 404
    assert client.post(f"{alice}/x/remove").status_code == 404


@pytest.mark.parametrize("whose", ["alice", "manager of another"])
def test_billing_is_not_found_for_people_who_do_not_manage_the_organization(
    client: Visitor, database: Database, cast: Cast, elm: Elm, whose: str
) -> None:
    with database.read_session() as session:
        otto = session.scalars(select(Login.id).where(Login.public_id == elm.others_manager)).one()
    client.sign_in(cast.alice.id if whose == "alice" else otto)
    for path in ("billing", "billing/tax-papers/x"):
        assert client.get(f"/organization/{elm.id}/{path}").status_code == 404
    for path in ("billing", "billing/tax-papers"):
        assert client.post(f"/organization/{elm.id}/{path}").status_code == 404


def test_staff_can_change_all_billing_details_and_see_them(
    staff: Visitor, database: Database, cast: Cast
) -> None:
    data = {
        **BILLING,
        "legal_name": "County of Elm",
        "net_days": "45",
        "vendor_number": "V-17",
        "fiscal_year_start": "7",
        "legal_country": "US",
    }
    assert f'href="{ELM}"' in staff.get(f"{ELM}/billing").text
    assert staff.post(f"{ELM}/billing", data=data).status_code == 303
    found = billing(database, cast)
    assert found.contact.delivery is InvoiceDelivery.PORTAL
    assert found.contact.payables == ("ap@elm.example.org", "clerk@elm.example.org")
    assert (found.terms.net_days, found.terms.fiscal_year_start) == (45, 7)
    page = staff.get(ELM).text
    for words in ("County of Elm", "Net 45", "V-17", "July", "ap@elm.example.org", "PO Box 7"):
        assert words in page


def test_errors_appear_at_their_fields_and_input_is_preserved(
    staff: Visitor, database: Database, cast: Cast
) -> None:
    data = {**BILLING, "billing_postal_code": "1", "payables": "ap at elm", "legal_country": "US"}
    answer = staff.post(f"{ELM}/billing", data=data)
    assert answer.status_code == 400
    for field in ("billing_postal_code", "payables"):
        assert f'id="{field}-error"' in answer.text
    assert "PO Box 7" in answer.text
    assert "ap at elm" in answer.text
    assert billing(database, cast).contact.payables == ()


def test_notes_are_visible_to_staff_only(
    client: Visitor, database: Database, cast: Cast, elm: Elm
) -> None:
    client.sign_in(cast.ada.id)
    assert client.post(f"{ELM}/notes", data={"notes": "Call Maria first."}).status_code == 303
    assert "Call Maria first." in client.get(ELM).text
    assert "Call Maria first." in client.get(f"{ELM}/notes").text
    assert client.post(f"{ELM}/notes", data={"notes": "x" * 10_001}).status_code == 400
    client.sign_in(cast.mia.id)
    assert "Call Maria first." not in client.get(f"/organization/{elm.id}/billing").text


def test_managers_can_change_only_their_part_of_billing(
    mia: Visitor, elm: Elm, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        row = session.get_one(Organization, cast.organization_id)
        row.net_days, row.vendor_number = 60, "V-17"
    path = f"/organization/{elm.id}/billing"
    assert "V-17" in mia.get(path).text
    sent = {**BILLING, "net_days": "30", "vendor_number": "mine", "notes": "mine"}
    assert mia.post(path, data=sent).status_code == 303
    found = billing(database, cast)
    assert found.contact.po_required
    assert found.contact.billing_address is not None
    assert (found.terms.net_days, found.terms.vendor_number, found.notes) == (60, "V-17", "")
    answer = mia.post(path, data={**BILLING, "billing_city": ""})
    assert (answer.status_code, 'id="billing_city-error"' in answer.text) == (400, True)
    bad = mia.post(path, data={**BILLING, "delivery": "pigeon"})
    assert bad.status_code == 400


def test_managers_certificate_is_visible_to_staff_but_not_other_organizations(
    client: Visitor, elm: Elm, database: Database, cast: Cast, storage: Storage
) -> None:
    client.sign_in(cast.mia.id)
    path = f"/organization/{elm.id}/billing"
    data = {"basis": "certificate", "states": "ny", "number": "EX 1", "until": "2030-06-30"}
    upload = {**data, "file": (io.BytesIO(PNG), "certificate.png")}
    answer = client.post(f"{path}/tax-papers", data=upload, content_type="multipart/form-data")
    assert answer.status_code == 303
    (paper,) = papers(database, Payer(organization_id=cast.organization_id))
    assert client.get(f"{path}/tax-papers/{paper}").status_code == 200
    assert "EX 1" in client.get(path).text
    client.sign_in(cast.ada.id)
    assert client.get(f"/staff/tax-papers/{paper}").status_code == 200
    assert f'href="/staff/tax-papers/{paper}"' in client.get(ELM).text
    other = f"/organization/{elm.other}/billing"
    assert client.get(f"{other}/tax-papers/{paper}").status_code == 404
    assert client.post(f"{ELM}/tax-papers/{paper}/remove").status_code == 303
    assert papers(database, Payer(organization_id=cast.organization_id)) == []
    assert list(storage.list("exemptions/")) == []


@pytest.mark.parametrize("sent", ["nothing", "text", "state"])
def test_unusable_certificate_is_refused_and_nothing_is_stored(
    mia: Visitor, elm: Elm, database: Database, storage: Storage, sent: str
) -> None:
    data: dict[str, object] = {"basis": "other", "states": "NY"}
    if sent != "nothing":
        data["file"] = (io.BytesIO(b"words" if sent == "text" else PNG), "paper.png")
    if sent == "state":
        data["states"] = "Atlantis"
    path = f"/organization/{elm.id}/billing/tax-papers"
    answer = mia.post(path, data=data, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert f'id="{"states" if sent == "state" else "file"}-error"' in answer.text
    assert list(storage.list("exemptions/")) == []
    with database.read_session() as session:
        assert session.scalars(select(Exemption)).all() == []


def test_staff_can_add_and_remove_a_persons_certificate_without_a_file(
    staff: Visitor, database: Database, cast: Cast
) -> None:
    person = f"/staff/people/{cast.alice.public_id}"
    assert staff.get(f"{person}/tax-papers/new").status_code == 200
    answer = staff.post(f"{person}/tax-papers/new", data={"basis": "501c3"})
    assert (answer.status_code, answer.location) == (303, person)
    (paper,) = papers(database, Payer(login_id=cast.alice.id))
    assert "501(c)(3)" in staff.get(person).text
    assert staff.get(f"/staff/tax-papers/{paper}").status_code == 404
    assert staff.post(f"{ELM}/tax-papers/{paper}/remove").status_code == 404
    assert staff.post(f"{person}/tax-papers/{paper}/remove").status_code == 303
    assert papers(database, Payer(login_id=cast.alice.id)) == []
