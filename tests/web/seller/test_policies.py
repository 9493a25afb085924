"""Policies: drafted and published by staff, and read by everyone."""

from datetime import timedelta

import pytest

from lms.core.database import Database
from lms.models.seller import PolicyKind
from lms.seller.policies import publish_policy, read_draft, save_draft
from tests.cast import Cast
from tests.clock import Clock
from tests.visitor import Visitor
from tests.web.form_values import values_of

TERMS = "/staff/policies/terms"


def publish(database: Database, clock: Clock, *texts: str) -> None:
    """Publish versions of the terms, 20 hours apart."""
    for text in texts:
        clock.advance(timedelta(hours=20))
        with database.transaction() as session:
            save_draft(session, PolicyKind.TERMS, text, actor=None, now=clock.moment)
            publish_policy(session, PolicyKind.TERMS, actor=None, now=clock.moment)


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_only_staff_can_edit_policies(client: Visitor, cast: Cast, person: str) -> None:
    client.sign_in(getattr(cast, person).id)
    for path in ("/staff/policies", TERMS):
        assert client.get(path).status_code == 404
    for path in (TERMS, f"{TERMS}/discard"):
        assert client.post(path, data={"text": "Mine.", "act": "publish"}).status_code == 404
    assert client.get("/terms").status_code == 404


@pytest.mark.parametrize("path", ["/terms", "/refund-policy", "/license", "/terms/1"])
def test_a_new_installation_has_no_policy(client: Visitor, path: str) -> None:
    assert client.get(path).status_code == 404


def test_draft_is_visible_to_staff_only_until_published(
    ada: Visitor, client: Visitor, database: Database
) -> None:
    assert ada.post(TERMS, data={"text": "Pay **soon**.", "act": "save"}).status_code == 303
    page = ada.get(TERMS).text
    assert values_of(page)["text"] == "Pay **soon**."
    assert "<strong>soon</strong>" in page
    assert ada.get("/terms").status_code == 404
    sent = {"text": "Pay **later**.", "act": "publish"}
    assert ada.post(TERMS, data=sent).status_code == 303
    assert "<strong>later</strong>" in ada.get("/terms").text
    assert "Not published" in ada.get("/staff/policies").text  # the other two policies


def test_everyone_can_read_current_and_earlier_versions(
    client: Visitor, database: Database, clock: Clock
) -> None:
    publish(database, clock, "Old words.", "New words.")
    current = client.get("/terms").text
    assert "New words." in current
    assert "earlier version" not in current
    assert "Version of March 4, 2026" in current
    assert 'href="/terms/1"' in current
    former = client.get("/terms/1").text
    assert "Old words." in former
    assert "earlier version" in former
    assert "Version of March 3, 2026" in former
    assert 'href="/terms"' in former
    assert "earlier version" not in client.get("/terms/2").text
    assert client.get("/terms/3").status_code == 404


def test_next_version_starts_with_the_published_text(
    ada: Visitor, database: Database, clock: Clock
) -> None:
    publish(database, clock, "Published words.")
    assert values_of(ada.get(TERMS).text)["text"] == "Published words."


def test_draft_can_be_discarded_once(ada: Visitor, database: Database) -> None:
    ada.post(TERMS, data={"text": "Draft.", "act": "save"})
    assert ada.post(f"{TERMS}/discard").status_code == 303
    with database.read_session() as session:
        assert read_draft(session, PolicyKind.TERMS) == ""
    assert ada.post(f"{TERMS}/discard").status_code == 404


def test_invalid_text_is_shown_again_and_not_saved(
    ada: Visitor, database: Database, clock: Clock
) -> None:
    publish(database, clock, "Terms.")
    assert ada.post(TERMS, data={"text": " ", "act": "save"}).status_code == 400
    answer = ada.post(TERMS, data={"text": "Terms.", "act": "publish"})
    assert answer.status_code == 400
    assert 'href="#text"' in answer.text
    assert values_of(answer.text)["text"] == "Terms."
    with database.read_session() as session:
        assert read_draft(session, PolicyKind.TERMS) == ""


def test_scripts_in_a_policy_are_escaped(client: Visitor, database: Database, clock: Clock) -> None:
    publish(database, clock, "<script>alert(1)</script> [x](javascript:alert(1))")
    page = client.get("/terms").text
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


def test_footer_links_to_published_policies(ada: Visitor) -> None:
    assert 'href="/terms"' not in ada.get("/").text
    ada.post(TERMS, data={"text": "Terms.", "act": "publish"})
    page = ada.get("/").text
    assert 'href="/terms"' in page
    assert 'href="/license"' not in page


def test_there_are_three_policies_and_no_others(ada: Visitor) -> None:
    assert ada.get("/staff/policies/refund-policy").status_code == 200
    assert ada.get("/staff/policies/license").status_code == 200
    assert ada.get("/staff/policies/cookies").status_code == 404
