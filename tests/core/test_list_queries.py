"""Names that several rows have, and the marks that tell them apart."""

from lms.core.list_queries import told_apart


def test_names_get_the_marks_by_which_they_differ_and_others_none() -> None:
    rows = (
        ("Rivers", "rivers", "Contract", "Elm"),
        ("Reading", "reading", "Contract", "Elm"),
        ("reading", "reading-2", "Contract", "Oak"),
        ("All", "", "Contract", "Elm"),
        ("All", "", "Pass", "Elm"),
        ("Twin", "", "", ""),
        ("Twin", "", "", ""),
    )
    assert told_apart(rows) == (
        "Rivers",
        "Reading (reading, Elm)",
        "reading (reading-2, Oak)",
        "All (Contract)",
        "All (Pass)",
        "Twin",
        "Twin",
    )
