"""Each kind of email has an example, and shows every text, link and code in HTML and in text."""

import re

import pytest

from lms.mail.edits import NO_EDITS, Edits
from lms.mail.examples import BY_NOUN, EXAMPLES
from lms.mail.lanes import KINDS
from lms.mail.passages import passages_of
from lms.mail.rendering import MailBranding, Written, write
from lms.models.mail import MailLane
from tests.mail.pictures import ADDRESS, as_sent

BRANDING = MailBranding(
    name="Elm Street Training", contact_email="", accent="#1c5b41", on_accent="#ffffff"
)
LINK = re.compile(r"https://[^\s<\")]+")


def written(kind: str, edits: Edits = NO_EDITS) -> Written:
    example = EXAMPLES[kind]
    values = {**example.values, "recipient": "alice@example.org"}
    return write(BRANDING, kind, example.subject, values, edits)


def test_every_kind_of_email_has_one_example() -> None:
    assert set(EXAMPLES) == set().union(*KINDS.values())
    assert len(EXAMPLES) == sum(len(examples) for examples in BY_NOUN.values())


def test_html_and_text_of_an_email_have_the_same_links() -> None:
    for kind in EXAMPLES:
        mail = written(kind)
        html = mail.html.replace("<wbr>", "")
        assert set(LINK.findall(html)) == set(LINK.findall(mail.text)), kind


def test_shown_address_can_wrap_and_appears_at_most_once() -> None:
    shown = written("reset_password")
    assert ">https://webinars.example.org/<wbr>reset-<wbr>password/<wbr>example</a>" in shown.html
    assert 'href="https://webinars.example.org/reset-password/example"' in shown.html
    for kind in EXAMPLES:
        assert len(re.findall(r">https://", written(kind).html)) <= 1, kind


def test_text_of_every_example_has_no_gaps() -> None:
    for kind in EXAMPLES:
        text = written(kind).text
        assert "None" not in text, kind
        assert "\n\n\n" not in text, kind
        greeting = re.search(r"^Hello.*,\n(.*)$", text, re.MULTILINE)
        assert greeting is None or greeting[1] == "", kind


def test_edits_cannot_remove_a_link_or_a_code() -> None:
    for kind in EXAMPLES:
        ours = written(kind)
        edits = Edits("Words", {one.original: "Words" for one in passages_of(kind)})
        edited = written(kind, edits)
        assert set(LINK.findall(edited.text)) == set(LINK.findall(ours.text)), kind
        assert set(LINK.findall(edited.html)) == set(LINK.findall(ours.html)), kind
        code = EXAMPLES[kind].values.get("code")
        assert not code or (code in edited.text and code in edited.html), kind


def test_saving_passages_unchanged_changes_nothing() -> None:
    for kind in EXAMPLES:
        ours = written(kind)
        edits = Edits("{subject}", {one.original: one.text for one in passages_of(kind)})
        edited = written(kind, edits)
        assert (edited.subject, edited.text) == (ours.subject, ours.text), kind


@pytest.mark.parametrize(
    ("kind", "value", "number"),
    [
        ("order_on_hold", "number", "3F7K-9QXT"),
        ("order_returned", "credit_note", "CN-2026-0412"),
        ("payment_bounced", "invoice", "2026-0412"),
    ],
)
def test_number_in_a_sentence_stays_on_one_line(kind: str, value: str, number: str) -> None:
    example = EXAMPLES[kind]
    values = {
        **example.values,
        "recipient": "2026-0412@example.org",
        "action_url": f"https://example.org/3F7K-9QXT/?x={number}",
        value: number,
    }
    mail = write(BRANDING, kind, f"About {number}", values, NO_EDITS)
    whole = f'<span style="white-space: nowrap">{number}</span>'
    assert mail.html.count(whole) >= 2  # the heading and the sentence
    assert f"<title>About {number}</title>" in mail.html
    assert f'href="https://example.org/3F7K-9QXT/?x={number}"' in mail.html
    assert number in mail.text
    assert "<" not in mail.text


@pytest.mark.parametrize("kind", ["sign_in_code", "embed_code"])
def test_a_code_is_never_in_the_subject(kind: str) -> None:
    assert str(EXAMPLES[kind].values["code"]) not in written(kind).subject


def test_each_email_can_be_rendered_with_its_logo_and_footer() -> None:
    for kind in EXAMPLES:
        drawn = as_sent(kind, logo="logo.svg")
        assert "logo.svg" in drawn, kind
        assert (ADDRESS in drawn) == (kind in KINDS[MailLane.BULK]), kind
