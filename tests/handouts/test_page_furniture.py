"""Text of slides and pages that search leaves out."""

from lms.handouts.pages import without_furniture

SLIDES = {
    1: "QUILLMOOR HOUSE Getting the Most Six habits",
    2: "QUILLMOOR HOUSE Welcome HABIT ONE Watch it in pieces Getting the Most 2",
    3: "QUILLMOOR HOUSE Welcome HABIT TWO Set the pace Getting the Most 3",
    4: "QUILLMOOR HOUSE Welcome HABIT THREE Keep 3 slides Getting the Most 4",
    5: "BEFORE YOU GO Watch it together",
}


def test_headers_footers_and_page_numbers_are_left_out() -> None:
    assert without_furniture(SLIDES) == {
        1: "Getting the Most Six habits",
        2: "ONE Watch it in pieces",
        3: "TWO Set the pace",
        4: "THREE Keep 3 slides",
        5: "BEFORE YOU GO Watch it together",
    }


def test_text_shared_by_only_two_pages_stays() -> None:
    texts = {1: "What to do at the desk", 2: "What to do at the door"}
    assert without_furniture(texts) == texts


def test_page_with_nothing_else_keeps_its_text() -> None:
    assert without_furniture({}) == {}
    assert without_furniture({1: "", 2: "7", 3: "3"}) == {1: "", 2: "7", 3: ""}
    same = dict.fromkeys(range(1, 5), "The same page")
    assert without_furniture(same) == same
