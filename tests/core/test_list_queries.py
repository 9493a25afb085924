"""Names shared by several rows, and details that tell them apart."""

from lms.core.list_queries import told_apart


def test_equal_names_get_distinguishing_details_and_others_none() -> None:
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
