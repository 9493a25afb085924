"""Evidence: what nothing shows to be right is filled in and asked about."""

from datetime import date

from lms.announcement_parser.parser import Understood, read_flyer

FACTS = "Date: May 6, 2027\nTime: 1 pm - 2:15 Eastern\nPresenter: Ana Bell\nPrice: $99\n"
TEXT = "A shelf can be mended in an hour. Ana shows how with three clamps and one old door."


def understood(text: str) -> Understood:
    return read_flyer(text, default_zone="America/New_York", today=date(2026, 11, 26))


def asked(text: str) -> set[str]:
    return {one.field for one in understood(text).questions}


def test_what_has_labels_is_sure() -> None:
    assert not asked(f"Title: Mending Shelves\n{FACTS}\nDescription\n\n{TEXT}")


def test_a_title_alone_above_the_facts_and_the_text_below_them_are_sure() -> None:
    assert not asked(f"Mending Shelves at Home\n\n{FACTS}\n{TEXT}")


def test_a_title_below_a_line_that_may_be_one_is_asked_about() -> None:
    assert "title" in asked(f"Shelf Life Weekly\nThe Other Tuesday\n\nMending Shelves\n\n{FACTS}")


def test_a_title_is_asked_about_if_the_text_quotes_another() -> None:
    text = 'Join us for "Seven Ways to Mend a Shelf" and bring a friend.'
    assert "title" in asked(f"Mending Shelves at Home\n\n{FACTS}\n{text}")


def test_the_name_of_a_newsletter_is_no_sure_title() -> None:
    assert "title" in asked(f"Shelf County Training Bulletin\n\n{FACTS}\n{TEXT}")


def test_other_text_that_may_belong_to_the_overview_is_asked_about() -> None:
    text = f"Mending Shelves at Home\n\n{FACTS}\nHi friends,\n\n{TEXT}"
    assert "overview" in asked(text)


def test_a_list_within_a_line_is_asked_about() -> None:
    text = "You will practice: naming the crack; choosing a clamp; waiting."
    assert "agenda" in asked(f"Title: Mending Shelves\n{FACTS}\nDescription\n\n{TEXT} {text}")


def test_another_presenter_in_the_text_is_asked_about() -> None:
    other = "Tom Ray has taught carpentry in four prisons and one library."
    assert "presenters" in asked(
        f"Title: Mending Shelves\n{FACTS}\nDescription\n\n{TEXT}\n\n{other}"
    )


def test_a_biography_that_may_be_in_the_overview_is_asked_about() -> None:
    text = f"Title: Mending Shelves\n{FACTS}\nDescription\n\n{TEXT}\n\n"
    assert "biographies" in asked(f"{text}She lives in a boat shed.")
    more = "She lives in a boat shed with two dogs and a lathe, and mends boats."
    assert {"biographies", "overview"} <= asked(text + more)


def test_a_price_without_an_amount_is_asked_about() -> None:
    assert "prices" in asked(f"Mending Shelves\n\n{FACTS.replace('$99', '99 bucks')}\n{TEXT}")


def test_being_free_for_some_is_asked_about() -> None:
    text = f"Mending Shelves\n\n{FACTS.replace('$99', '$0.00 (your pass)')}\n{TEXT}"
    assert "free" in asked(text)


def test_passes_in_a_sentence_without_a_verb_are_asked_about() -> None:
    assert "is_in_passes" in asked(f"Mending Shelves\n\n{FACTS}\n{TEXT}\n\nNo passes for this one.")


def test_an_unlikely_length_is_asked_about() -> None:
    text = f"Title: Mending Shelves\n{FACTS}".replace("1 pm - 2:15", "1 pm - 11 pm")
    assert "minutes" in asked(text)


def test_the_end_time_is_in_the_same_half_of_the_day() -> None:
    assert understood(f"Mending Shelves\n\n{FACTS}").minutes == 75


def test_arizona_has_no_summer_time() -> None:
    text = FACTS.replace("2:15 Eastern", "2:15 Mountain Time - Arizona (no DST)")
    beginning = understood(f"Mending Shelves\n\n{text}").when.beginning
    assert beginning is not None
    assert beginning.zone == "America/Phoenix"


def test_an_alarm_is_no_description_of_a_calendar_entry() -> None:
    text = (
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Mending Shelves\nDTSTART:20270506T170000Z\n"
        f"DESCRIPTION:{TEXT}\nBEGIN:VALARM\nDESCRIPTION:Reminder\nEND:VALARM\nEND:VEVENT\nEND:VCALENDAR"
    )
    assert understood(text).overview == TEXT


def test_points_with_letters_and_roman_numbers_are_a_list() -> None:
    for marks in ("ABC", ("i", "ii", "iii"), "abc"):
        points = "\n".join(f"{mark}. Mend it {mark * 2}" for mark in marks)
        found = understood(f"Title: Mending Shelves\n{FACTS}\nObjectives\n\n{points}")
        assert found.agenda == tuple(f"Mend it {mark * 2}" for mark in marks)
