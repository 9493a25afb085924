"""Passages: the texts of an email that can be edited, and their placeholders."""

from lms.mail.lanes import KINDS
from lms.mail.passages import of_template, passages_of


def texts(kind: str) -> list[str]:
    return [one.text for one in passages_of(kind)]


def test_passages_include_those_of_extended_and_included_templates() -> None:
    assert texts("live_rescheduled")[:2] == ["Hello {name},", "Hello,"]
    assert "New date: {when}" in texts("live_rescheduled")[2:]
    assert "Total: {total}" in texts("order_confirmation")


def test_text_shared_by_all_emails_is_not_a_passage() -> None:
    shared = {one.text for one in of_template("mail/messages/base.html")}
    assert shared
    assert shared.isdisjoint(texts("sign_in_code"))


def test_buttons_come_last_and_replace_those_of_the_base_template() -> None:
    for kind in set().union(*KINDS.values()):
        kinds = [one.is_button for one in passages_of(kind)]
        assert kinds == sorted(kinds), kind
    own, last = (one.original for one in passages_of("recording_ready") if one.is_button)
    [of_frame] = (one for one in of_template("mail/messages/_live_base.html") if one.is_button)
    assert own != last == of_frame.original  # the base template's would come first


def test_singular_and_plural_are_two_passages() -> None:
    found = [one for one in passages_of("invitation") if one.text.startswith("Claim it")]
    assert [one.placeholders for one in found] == [("num",), ("num",)]
