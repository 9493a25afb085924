"""Versions of policies."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.core.errors import Invalid, NotFound
from lms.models.audit import AuditEntry
from lms.models.seller import PolicyKind
from lms.seller.policies import (
    LONGEST_TEXT,
    PolicyText,
    current_policy,
    discard_draft,
    numbered_policy,
    policy_version,
    policy_versions,
    publish_policy,
    read_draft,
    save_draft,
)
from tests.clock import NOW

TERMS, REFUND = PolicyKind.TERMS, PolicyKind.REFUND
LATER = NOW + timedelta(days=30)


def publish(session: Session, text: str, kind: PolicyKind = TERMS) -> PolicyText:
    save_draft(session, kind, text, actor=None, now=NOW)
    return publish_policy(session, kind, actor=None, now=NOW)


def test_new_installation_has_no_version(database: Database) -> None:
    with database.read_session() as session:
        assert current_policy(session, TERMS, NOW) is None
        assert policy_versions(session, TERMS) == ()
        assert read_draft(session, TERMS) == ""


def test_draft_is_not_shown_until_it_is_published(database: Database) -> None:
    with database.transaction() as session:
        save_draft(session, TERMS, "Pay within *30* days.", actor=None, now=NOW)
    with database.read_session() as session:
        assert current_policy(session, TERMS, NOW) is None
    with database.transaction() as session:
        published = publish_policy(session, TERMS, actor=None, now=NOW)
    with database.read_session() as session:
        assert current_policy(session, TERMS, NOW) == published
        assert read_draft(session, TERMS) == ""
    assert (published.text, published.number, published.published_at, published.path) == (
        "Pay within *30* days.",
        1,
        NOW,
        "/terms/1",
    )


def test_earlier_versions_do_not_change(database: Database) -> None:
    with database.transaction() as session:
        first = publish(session, "First.")
        second = publish(session, "Second.")
    with database.read_session() as session:
        assert current_policy(session, TERMS, NOW) == second
        assert policy_version(session, first.id) == first
        assert numbered_policy(session, TERMS, 1) == first
        assert policy_versions(session, TERMS) == (second, first)
    assert first.text == "First."


def test_each_policy_has_its_own_version_numbers(database: Database) -> None:
    with database.transaction() as session:
        publish(session, "Terms.")
        refund = publish(session, "Refunds.", REFUND)
        assert (refund.number, refund.path) == (1, "/refund-policy/1")
        assert current_policy(session, REFUND, NOW) == refund
        assert current_policy(session, PolicyKind.LICENSE, NOW) is None


def test_unpublished_version_is_not_found(database: Database) -> None:
    with database.transaction() as session:
        save_draft(session, TERMS, "Draft.", actor=None, now=NOW)
        with pytest.raises(NotFound):
            policy_version(session, 1)
        with pytest.raises(NotFound):
            numbered_policy(session, TERMS, 1)
        with pytest.raises(NotFound):
            publish_policy(session, REFUND, actor=None, now=NOW)


def test_draft_can_be_changed_and_discarded(database: Database) -> None:
    with database.transaction() as session:
        publish(session, "Published.")
        save_draft(session, TERMS, "One.\r\nTwo.  ", actor=None, now=NOW)
        save_draft(session, TERMS, "Three.", actor=None, now=LATER)
        assert read_draft(session, TERMS) == "Three."
        discard_draft(session, TERMS, actor=None, now=NOW)
        assert read_draft(session, TERMS) == ""
        current = current_policy(session, TERMS, NOW)
        assert current is not None
        assert current.text == "Published."
        with pytest.raises(NotFound):
            discard_draft(session, TERMS, actor=None, now=NOW)


@pytest.mark.parametrize("text", ["", " \r\n ", "x" * (LONGEST_TEXT + 1)])
def test_empty_or_too_long_text_is_rejected(database: Database, text: str) -> None:
    with pytest.raises(Invalid) as refusal, database.transaction() as session:
        save_draft(session, TERMS, text, actor=None, now=NOW)
    assert list(refusal.value.fields) == ["text"]


def test_unchanged_text_cannot_be_published_again(database: Database) -> None:
    with database.transaction() as session:
        publish(session, "Terms.")
    with pytest.raises(Invalid) as refusal, database.transaction() as session:
        publish(session, "Terms.\r\n")
    assert list(refusal.value.fields) == ["text"]


def test_each_change_is_in_the_audit_trail_without_the_text(database: Database) -> None:
    with database.transaction() as session:
        publish(session, "Terms.")
        save_draft(session, TERMS, "Other.", actor=None, now=NOW)
        save_draft(session, TERMS, "Other.", actor=None, now=NOW)
        discard_draft(session, TERMS, actor=None, now=NOW)
    with database.read_session() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.act, entry.subject, dict(entry.detail)) for entry in entries] == [
        ("policy.draft_saved", "terms", {}),
        ("policy.published", "terms", {"version": 1}),
        ("policy.draft_saved", "terms", {}),
        ("policy.draft_discarded", "terms", {}),
    ]
