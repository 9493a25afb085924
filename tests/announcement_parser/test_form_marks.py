"""Form marks: blanks, checkboxes, and fields of a form become labels with values."""

from lms.announcement_parser.form_marks import without_form_marks


def test_blanks_are_removed_and_fields_on_one_line_are_split() -> None:
    lines = ["Title: __Calm Desk______", "Date: __May 6, 2027__   Time: __2 pm__", "Signed: ____"]
    assert without_form_marks(lines) == (
        ["Title: Calm Desk", "Date: May 6, 2027", "Time: 2 pm"],
        ["Signed: "],
    )


def test_lines_for_readers_to_fill_in_are_not_changed() -> None:
    lines = ["**Bold**, __bold__", "Name _________   Library ________", "Phone _________"]
    assert without_form_marks(lines) == (lines, [])


def test_only_checked_options_are_kept() -> None:
    lines = ["Type: [x] Webinar  [ ] Hybrid", "Fee: \u2610 Free \u2611 Paid: $55"]
    assert without_form_marks(lines) == (["Type: Webinar", "Fee: Paid: $55"], ["Hybrid", "Free"])


def test_options_with_none_checked_are_a_list() -> None:
    lines = ["[ ] Mend a shelf", "[ ] Mend a door"]
    assert without_form_marks(lines) == (lines, [])


def test_fields_between_colons_are_labels() -> None:
    lines = [":Presenter: Ana Bell", ":Cost: $59"]
    assert without_form_marks(lines) == (["Presenter: Ana Bell", "Cost: $59"], [])
    assert without_form_marks([":Note: one"]) == ([":Note: one"], [])
