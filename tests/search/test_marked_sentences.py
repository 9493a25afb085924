"""The sentence that a search result quotes, with the matching words marked."""

from lms.search.marked_sentences import Part, marked

SAID = "So begin with your hands. Look up, let go of the mouse. The mouse says: I have time."


def test_only_the_sentence_with_the_most_matches_is_quoted():
    quoted = marked(SAID, ("mouse", "time"))
    assert "".join(part.text for part in quoted) == "The mouse says: I have time."
    assert [part.text for part in quoted if part.is_marked] == ["mouse", "time"]


def test_first_of_equal_sentences_is_quoted():
    assert (
        "".join(part.text for part in marked(SAID, ("mouse",))) == "Look up, let go of the mouse."
    )


def test_words_are_marked_and_quoted_whole():
    text = "First of all, " * 20 + "we mark the Weeds of weeding here" + " and go on" * 40
    parts = marked(text, ("weeding",))
    assert [part.text for part in parts if part.is_marked] == ["Weeds", "weeding"]
    assert parts[0] == Part("… ", is_marked=False)
    assert parts[-1].text.endswith(" …")
    assert len("".join(part.text for part in parts)) < 500


def test_markup_in_a_passage_is_escaped():
    parts = marked("<script>alert(1)</script> lamp", ("lamp",))
    assert [part.is_marked for part in parts] == [False, True]
