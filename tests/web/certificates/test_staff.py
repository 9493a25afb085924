"""Staff pages of certificates: the rule, issuing, live minutes, revoking, and correcting."""

import re

import pytest
from sqlalchemy import select

from lms.certificates import certificates
from lms.certificates.certificates import HAS_ONE, Award
from lms.mail.links import Links
from lms.models.audit import AuditEntry
from lms.models.certificates import CertificateKind
from lms.models.live import Attendance
from lms.people import data_export
from tests.certificates.playback_fixtures import certificates as issued
from tests.certificates.playback_fixtures import letters
from tests.certificates.test_eligibility import consider, saw
from tests.clock import NOW
from tests.page_texts import is_empty, shows, told


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def ada(client, cast):
    client.sign_in(cast.ada.id)
    return client


@pytest.fixture
def page(cast):
    return f"/staff/webinars/{cast.slug}/certificates"


def acts(database):
    with database.read_session() as session:
        return list(session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)))


def test_webinar_page_links_to_the_certificates_page(ada, cast, page):
    assert page in ada.get(f"/staff/webinars/{cast.slug}").text
    text = ada.get(page).text
    assert 'value="90"' in text
    assert 'value="50"' in text
    assert is_empty(text)


def test_changed_rule_applies_to_later_certificates(ada, cast, page, database):
    with database.transaction() as session:
        saw(session, cast.alice.id, cast.recording_id, 0, 1800)
    rule = {"is_offered": "y", "percent": "50", "live_minutes": "40", "credit_minutes": "45"}
    assert ada.post(f"{page}/rule", data=rule).status_code == 303
    assert consider(database, cast.alice.id, cast.webinar_id)
    assert issued(database)[0].credit_minutes == 45
    assert "webinar.certificate_rule_changed" in acts(database)
    assert "webinar.credit_confirmed" not in acts(database)


def test_credit_longer_than_the_webinar_must_be_confirmed(ada, cast, page, database):
    rule = {"is_offered": "y", "percent": "50", "live_minutes": "40", "credit_minutes": "75"}
    refused = ada.post(f"{page}/rule", data=rule)
    assert refused.status_code == 400
    assert "(up to 60 minutes)" in refused.text
    assert 'value="75"' in refused.text
    assert acts(database) == []
    assert ada.post(f"{page}/rule", data={**rule, "is_credit_confirmed": "y"}).status_code == 303
    with database.transaction() as session:
        saw(session, cast.alice.id, cast.recording_id, 0, 1800)
        (entry,) = session.scalars(
            select(AuditEntry).where(AuditEntry.act == "webinar.credit_confirmed")
        )
        assert entry.detail == {"minutes": 75}
    assert consider(database, cast.alice.id, cast.webinar_id)
    assert issued(database)[0].credit_minutes == 75
    kept = ada.get(page).text
    assert re.search(
        r'name="is_credit_confirmed"[^>]*checked|checked[^>]*is_credit_confirmed', kept
    )
    assert "to 75 minutes" in ada.get("/staff/audit").text


@pytest.mark.parametrize(
    "wrong",
    [{"percent": "0"}, {"percent": "x"}, {"live_minutes": "1441"}, {"credit_minutes": "9" * 30}],
)
def test_invalid_rule_shows_an_error(ada, page, wrong, database):
    rule = {"is_offered": "y", "percent": "50", "live_minutes": "40", "credit_minutes": "75"}
    answer = ada.post(f"{page}/rule", data={**rule, **wrong})
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.text


def test_certificate_is_issued_by_hand_once_with_a_reason(ada, cast, page, database):
    data = {"email": cast.dan.email, "reason": "Watched it at the conference."}
    answer = ada.post(f"{page}/issue", data=data)
    assert answer.status_code == 303
    (one,) = issued(database)
    assert (one.kind, one.holder, one.reason) == ("by_hand", "Dan", data["reason"])
    assert data["reason"] in ada.get(answer.location).text
    assert data["reason"] not in ada.get(f"/verify/{one.public_id}").text
    assert acts(database) == ["certificate.issued_by_hand"]
    with database.read_session() as session:
        assert letters(session) == [cast.dan.email]
    again = ada.post(f"{page}/issue", data=data)
    assert again.status_code == 400
    assert shows(again.text, HAS_ONE)


@pytest.mark.parametrize(
    "data",
    [
        {"email": "nobody@example.org", "reason": "x"},
        {"email": "dan@example.org", "reason": " "},
        {"email": "no address", "reason": "x"},
    ],
)
def test_issuing_by_hand_requires_a_known_address_and_a_reason(ada, page, data, database):
    assert ada.post(f"{page}/issue", data=data).status_code == 400
    assert issued(database) == []


def test_pasted_minutes_are_saved_and_earn_certificates(ada, cast, page, database):
    people = f"Alice <{cast.alice.email}>, 55\n{cast.bob.email}\t20 min\nx@example.org 60\n"
    answer = ada.post(f"{page}/attended", data={"people": people}, follow_redirects=True)
    assert re.findall(r"\d+", told(answer.text)) == ["2", "1"]  # people and certificates
    assert len(issued(database)) == 1
    assert "x@example.org" in answer.text
    assert [(one.holder, one.kind) for one in issued(database)] == [("Alice", "live")]
    with database.read_session() as session:
        assert sorted(session.scalars(select(Attendance.minutes))) == [20, 55]
    ada.post(f"{page}/attended", data={"people": f"{cast.bob.email} 50"})
    assert len(issued(database)) == 2


def test_lines_without_valid_minutes_are_listed_and_issue_nothing(ada, cast, page, database):
    people = f"{cast.alice.email} 55\n{cast.bob.email}\nsomebody 12\n{cast.dan.email} 99999"
    answer = ada.post(f"{page}/attended", data={"people": people})
    assert answer.status_code == 400
    assert "2, 3, 4" in answer.text
    assert issued(database) == []


@pytest.fixture
def given(database, cast):
    award = Award(
        webinar_id=cast.webinar_id,
        kind=CertificateKind.WATCHED,
        credit_minutes=60,
        earned_at=NOW,
        login_id=cast.alice.id,
    )
    with database.transaction() as session:
        return certificates.issue(
            session, award, actor=None, links=Links("http://localhost"), now=NOW
        )


def test_navigation_marks_webinars_on_a_certificate_page(ada, given):
    text = ada.get(f"/staff/certificates/{given}").text
    assert re.search(r'href="/staff/webinars"[^>]*aria-current="true"', text)


def test_revoking_requires_a_reason_and_notifies_the_recipient(ada, given, database, cast):
    path = f"/staff/certificates/{given}"
    assert ada.post(f"{path}/revoke", data={"revoking-reason": ""}).status_code == 400
    answer = ada.post(f"{path}/revoke", data={"revoking-reason": "Issued by mistake."})
    assert answer.status_code == 303
    assert "Issued by mistake." in ada.get(f"/verify/{given}").text
    with database.read_session() as session:
        assert letters(session, "certificate_revoked") == [cast.alice.email]
    again = ada.post(f"{path}/revoke", data={"revoking-reason": "Again."})
    assert again.status_code == 400
    assert f'action="{path}/revoke"' not in ada.get(path).text


def test_corrected_name_makes_a_new_certificate_with_a_history(ada, given, database):
    path = f"/staff/certificates/{given}"
    data = {"correcting-name": "Alice  Reed", "correcting-reason": "Her full name."}
    answer = ada.post(f"{path}/correct", data=data)
    assert answer.status_code == 303
    former, new = issued(database)
    assert (new.holder, new.replaces_id, new.earned_at) == ("Alice Reed", former.id, NOW)
    text = ada.get(answer.location).text
    assert 'id="history-title"' in text
    assert "Corrected" in text
    assert former.public_id in text


def test_another_certificate_can_be_issued_after_revoking(ada, given, cast, page, database):
    ada.post(f"/staff/certificates/{given}/revoke", data={"revoking-reason": "Wrong hours."})
    data = {"email": cast.alice.email, "reason": "With the right hours."}
    assert ada.post(f"{page}/issue", data=data).status_code == 303
    assert len(issued(database)) == 2


def test_list_can_be_searched_by_name_and_number(ada, given, page):
    for words in ("ali", given.upper()):
        assert given in ada.get(page, query_string={"q": words}).text
    assert given not in ada.get(page, query_string={"q": "bob"}).text
    assert ada.get(page, query_string={"page": "7"}).status_code == 404


def test_personal_data_include_certificates(given, database, cast):
    with database.read_session() as session:
        kept = data_export.read_personal_data(session, cast.alice.id, hooks=(), now=NOW)
    assert [(one["number"], one["name"], one["state"]) for one in kept.certificates] == [
        (given, "Alice", "valid")
    ]


def test_audit_entries_of_certificates_have_no_name(ada, given, database):
    data = {"correcting-name": "Alice Reed", "correcting-reason": "Her name."}
    ada.post(f"/staff/certificates/{given}/correct", data=data)
    with database.read_session() as session:
        told = " ".join(str(each.detail) for each in session.scalars(select(AuditEntry)))
    assert not re.search("Alice|Her name", told)


def test_staff_page_of_a_person_links_to_their_certificates(ada, given, cast):
    assert f"/staff/certificates/{given}" in ada.get(f"/staff/people/{cast.alice.public_id}").text
