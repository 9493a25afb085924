"""Passages: which texts of an email can be edited, and their placeholders."""

from lms.mail.lanes import KINDS
from lms.mail.passages import of_template, passages_of


def texts(kind: str) -> list[str]:
    return [one.text for one in passages_of(kind)]


def test_passages_include_those_of_the_frame_and_of_included_parts() -> None:
    assert texts("live_rescheduled")[:2] == ["Hello {name},", "Hello,"]
    assert "New date: {when}" in texts("live_rescheduled")[2:]
    assert "Total: {total}" in texts("order_confirmation")


def test_what_all_emails_share_is_no_passage() -> None:
    shared = {one.text for one in of_template("mail/messages/base.html")}
    assert shared
    assert shared.isdisjoint(texts("sign_in_code"))


def test_buttons_come_last_and_replace_those_of_the_frame() -> None:
    for kind in set().union(*KINDS.values()):
        kinds = [one.is_button for one in passages_of(kind)]
        assert kinds == sorted(kinds), kind
    own, last = (one.original for one in passages_of("recording_ready") if one.is_button)
    [of_frame] = (one for one in of_template("mail/messages/_live_base.html") if one.is_button)
    assert own != last == of_frame.original  # the frame's would come first


def test_a_text_of_one_and_of_many_are_two_passages() -> None:
    found = [one for one in passages_of("invitation") if one.text.startswith("Claim it")]
    assert [one.placeholders for one in found] == [("num",), ("num",)]
