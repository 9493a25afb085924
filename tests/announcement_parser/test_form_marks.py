"""Form marks: blanks, check boxes and fields of a form are labels with values."""

from lms.announcement_parser.form_marks import without_form_marks


def test_blanks_are_left_out_and_fields_in_one_line_parted() -> None:
    lines = ["Title: __Calm Desk______", "Date: __May 6, 2027__   Time: __2 pm__", "Signed: ____"]
    assert without_form_marks(lines) == (
        ["Title: Calm Desk", "Date: May 6, 2027", "Time: 2 pm"],
        ["Signed: "],
    )


def test_lines_to_be_filled_in_by_readers_are_left_as_they_are() -> None:
    lines = ["**Bold**, __bold__", "Name _________   Library ________", "Phone _________"]
    assert without_form_marks(lines) == (lines, [])


def test_only_checked_options_are_kept() -> None:
    lines = ["Type: [x] Webinar  [ ] Hybrid", "Fee: \u2610 Free \u2611 Paid: $55"]
    assert without_form_marks(lines) == (["Type: Webinar", "Fee: Paid: $55"], ["Hybrid", "Free"])


def test_boxes_of_which_none_is_checked_are_a_list() -> None:
    lines = ["[ ] Mend a shelf", "[ ] Mend a door"]
    assert without_form_marks(lines) == (lines, [])


def test_fields_between_colons_are_labels() -> None:
    lines = [":Presenter: Ana Bell", ":Cost: $59"]
    assert without_form_marks(lines) == (["Presenter: Ana Bell", "Cost: $59"], [])
    assert without_form_marks([":Note: one"]) == ([":Note: one"], [])
