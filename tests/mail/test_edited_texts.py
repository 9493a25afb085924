"""Edited email texts: what our team can save, and what is sent then."""

from collections.abc import Mapping

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.core.errors import NotFound
from lms.core.languages import Language, speaking
from lms.core.model_base import new_public_id
from lms.mail.edited_texts import (
    LONGEST_PASSAGE,
    SUBJECT,
    UNKNOWN,
    BadText,
    edited_kinds,
    read_text,
    reset_text,
    save_text,
    subject_placeholders,
)
from lms.mail.examples import EXAMPLES
from lms.mail.outbox import post
from lms.mail.passages import passages_of
from lms.models.audit import AuditEntry
from lms.models.mail import EmailText, Mail
from tests.clock import NOW

KIND = "invitation"
ADA = new_public_id()
RESERVED, CLAIM = passages_of(KIND)[0], passages_of(KIND)[-1]
OURS = RESERVED.text.partition("}")[2].partition("{")[0]


def save(database: Database, texts: Mapping[str, str], kind: str = KIND) -> None:
    with database.transaction() as session:
        save_text(session, kind, texts, actor=ADA, now=NOW)


def send(session: Session, kind: str = KIND, **values: object) -> Mail:
    example = EXAMPLES[kind]
    return post(
        session,
        kind=kind,
        to="alice@example.org",
        login_id=None,
        subject=example.subject,
        values={**example.values, **values},
        now=NOW,
    )


def sent(database: Database, kind: str = KIND, **values: object) -> Mail:
    with database.transaction() as session:
        send(session, kind, **values)
    with database.read_session() as session:
        return session.scalars(select(Mail).order_by(Mail.id.desc()).limit(1)).one()


def test_edited_text_replaces_ours_in_html_and_text(database: Database) -> None:
    save(
        database,
        {
            SUBJECT: "{organization} invites you, says {house}",
            RESERVED.key: "**{organization}** chose [you](https://example.org/why).\n\nTake it: {covers}",
            CLAIM.key: "Take my seat",
        },
    )
    mail = sent(database, organization="Elm & Oak <Library>")
    assert mail.subject == "Elm & Oak <Library> invites you, says Carrel"
    assert "<strong>Elm &amp; Oak &lt;Library&gt;</strong> chose" in mail.html
    assert 'href="https://example.org/why"' in mail.html
    assert "chose you (https://example.org/why)." in mail.text
    assert "\n\nTake it: Oral History" in mail.text
    assert "Take my seat:\nhttps://webinars.example.org/claim/example" in mail.text
    assert OURS not in mail.text


def test_markup_in_a_value_stays_text(database: Database) -> None:
    save(database, {RESERVED.key: "{organization}: {covers} 100 %"})
    mail = sent(database, organization="[x](https://bad.example)", covers="**bold** <script>")
    assert "[x](https://bad.example): **bold** &lt;script&gt; 100 %" in mail.html


def test_edited_html_is_made_safe(database: Database) -> None:
    save(
        database,
        {RESERVED.key: '<script>alert(1)</script> [x](javascript:alert(1)) <img src="/x">'},
    )
    html = sent(database).html
    assert "<script" not in html
    assert "javascript:alert(1)&quot;" not in html
    assert 'href="javascript' not in html
    assert "<img" not in html


def test_texts_equal_to_ours_or_empty_are_not_edits(database: Database) -> None:
    save(database, {SUBJECT: " ", RESERVED.key: f" {RESERVED.text}\r\n", CLAIM.key: ""})
    with database.read_session() as session:
        assert not read_text(session, KIND).is_edited
        assert session.scalars(select(AuditEntry)).all() == []


def test_an_unknown_placeholder_is_refused_with_the_known_ones(database: Database) -> None:
    with pytest.raises(BadText) as refusal:
        save(database, {RESERVED.key: "Hello {wrong}", SUBJECT: "{days}"})
    values = {"name": "wrong", "known": "{organization}, {covers}, {house}"}
    assert refusal.value.faults[RESERVED.key] == (UNKNOWN, values)
    assert SUBJECT in refusal.value.fields


def test_placeholder_in_a_link_and_too_long_a_text_are_refused(database: Database) -> None:
    for words in ("[x](https://example.org/{organization})", "x" * (LONGEST_PASSAGE + 1)):
        with pytest.raises(BadText):
            save(database, {RESERVED.key: words})


def test_codes_and_links_are_not_placeholders_of_a_subject() -> None:
    for kind in EXAMPLES:
        names = subject_placeholders(kind)
        assert not [name for name in names if name.endswith(("code", "url", "page"))], kind


def test_our_subject_is_used_if_a_value_in_the_edited_one_is_missing(database: Database) -> None:
    save(database, {SUBJECT: "A seat for {covers}"})
    assert sent(database, covers="").subject == EXAMPLES[KIND].subject
    assert sent(database).subject.startswith("A seat for Oral History")


def test_unusable_text_is_not_sent_and_is_reported(database: Database) -> None:
    save(database, {RESERVED.key: "Hello {organization}"})
    with database.transaction() as session:  # as after an upgrade without this placeholder
        row = session.get_one(EmailText, KIND)
        row.passages = {RESERVED.original: "Hello {gone}"}
    assert OURS in sent(database).text
    with database.read_session() as session:
        assert edited_kinds(session) == {KIND: False}
        assert read_text(session, KIND).failed_at == NOW
    save(database, {RESERVED.key: "Hello {organization}"})
    assert "Hello Elm County Library" in sent(database).text
    with database.read_session() as session:
        assert edited_kinds(session) == {KIND: True}


def test_text_whose_original_changed_is_kept_but_not_used(database: Database) -> None:
    save(database, {RESERVED.key: "Hello {organization}"})
    with database.transaction() as session:
        session.execute(update(EmailText).values(passages={"An old %(name)s": "My words"}))
    assert OURS in sent(database).text
    with database.read_session() as session:
        assert read_text(session, KIND).unused == {"An old {name}": "My words"}
        assert edited_kinds(session) == {KIND: False}


def test_reset_restores_our_text_and_both_acts_are_recorded(database: Database) -> None:
    save(database, {RESERVED.key: "Hello"})
    save(database, {RESERVED.key: "Hello"})
    for _ in range(2):
        with database.transaction() as session:
            reset_text(session, KIND, actor=ADA, now=NOW)
    assert OURS in sent(database).text
    with database.read_session() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        assert [one.act for one in entries] == ["email_text.changed", "email_text.reset"]
        assert {one.subject for one in entries} == {read_text(session, KIND).id}


def test_missing_value_still_raises(database: Database) -> None:
    save(database, {RESERVED.key: "Hello"})
    with database.transaction() as session, pytest.raises(Exception, match="undefined"):
        post(
            session,
            kind=KIND,
            to="alice@example.org",
            login_id=None,
            subject="x",
            values={},
            now=NOW,
        )


def test_an_unknown_kind_is_not_found(database: Database) -> None:
    with database.read_session() as session, pytest.raises(NotFound):
        read_text(session, "unheard_of")


def test_readers_of_another_language_get_our_texts(database: Database) -> None:
    save(database, {SUBJECT: "My subject", RESERVED.key: "My words"})
    with speaking(Language.SPANISH):
        mail = sent(database)
    assert "My words" not in mail.text
    assert mail.subject != "My subject"
    assert OURS not in mail.text
