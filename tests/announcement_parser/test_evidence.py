"""Evidence: values without enough evidence are filled in and asked about."""

from datetime import date

from lms.announcement_parser.parser import Understood, read_flyer

FACTS = "Date: May 6, 2027\nTime: 1 pm - 2:15 Eastern\nPresenter: Ana Bell\nPrice: $99\n"
TEXT = "A shelf can be mended in an hour. Ana shows how with three clamps and one old door."


def understood(text: str) -> Understood:
    return read_flyer(text, default_zone="America/New_York", today=date(2026, 11, 26))


def asked(text: str) -> set[str]:
    return {one.field for one in understood(text).questions}


def test_labeled_values_are_not_asked_about() -> None:
    assert not asked(f"Title: Mending Shelves\n{FACTS}\nDescription\n\n{TEXT}")


def test_lone_title_above_and_text_below_the_facts_are_not_asked_about() -> None:
    assert not asked(f"Mending Shelves at Home\n\n{FACTS}\n{TEXT}")


def test_title_below_another_possible_title_is_asked_about() -> None:
    assert "title" in asked(f"Shelf Life Weekly\nThe Other Tuesday\n\nMending Shelves\n\n{FACTS}")


def test_title_is_asked_about_if_the_text_quotes_another() -> None:
    text = 'Join us for "Seven Ways to Mend a Shelf" and bring a friend.'
    assert "title" in asked(f"Mending Shelves at Home\n\n{FACTS}\n{text}")


def test_newsletter_name_as_title_is_asked_about() -> None:
    assert "title" in asked(f"Shelf County Training Bulletin\n\n{FACTS}\n{TEXT}")


def test_text_that_could_belong_to_the_overview_is_asked_about() -> None:
    text = f"Mending Shelves at Home\n\n{FACTS}\nHi friends,\n\n{TEXT}"
    assert "overview" in asked(text)


def test_list_within_a_line_is_asked_about() -> None:
    text = "You will practice: naming the crack; choosing a clamp; waiting."
    assert "agenda" in asked(f"Title: Mending Shelves\n{FACTS}\nDescription\n\n{TEXT} {text}")


def test_another_presenter_in_the_text_is_asked_about() -> None:
    other = "Tom Ray has taught carpentry in four prisons and one library."
    assert "presenters" in asked(
        f"Title: Mending Shelves\n{FACTS}\nDescription\n\n{TEXT}\n\n{other}"
    )


def test_biography_that_could_be_in_the_overview_is_asked_about() -> None:
    text = f"Title: Mending Shelves\n{FACTS}\nDescription\n\n{TEXT}\n\n"
    assert "biographies" in asked(f"{text}She lives in a boat shed.")
    more = "She lives in a boat shed with two dogs and a lathe, and mends boats."
    assert {"biographies", "overview"} <= asked(text + more)


def test_price_without_an_amount_is_asked_about() -> None:
    assert "prices" in asked(f"Mending Shelves\n\n{FACTS.replace('$99', '99 bucks')}\n{TEXT}")


def test_price_that_is_free_for_some_is_asked_about() -> None:
    text = f"Mending Shelves\n\n{FACTS.replace('$99', '$0.00 (your pass)')}\n{TEXT}"
    assert "free" in asked(text)


def test_passes_in_a_sentence_without_a_verb_are_asked_about() -> None:
    assert "is_in_passes" in asked(f"Mending Shelves\n\n{FACTS}\n{TEXT}\n\nNo passes for this one.")


def test_unlikely_length_is_asked_about() -> None:
    text = f"Title: Mending Shelves\n{FACTS}".replace("1 pm - 2:15", "1 pm - 11 pm")
    assert "minutes" in asked(text)


def test_end_time_is_in_the_same_half_of_the_day() -> None:
    assert understood(f"Mending Shelves\n\n{FACTS}").minutes == 75


def test_arizona_has_no_daylight_saving_time() -> None:
    text = FACTS.replace("2:15 Eastern", "2:15 Mountain Time - Arizona (no DST)")
    beginning = understood(f"Mending Shelves\n\n{text}").when.beginning
    assert beginning is not None
    assert beginning.zone == "America/Phoenix"


def test_alarm_in_a_calendar_entry_is_not_its_description() -> None:
    text = (
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Mending Shelves\nDTSTART:20270506T170000Z\n"
        f"DESCRIPTION:{TEXT}\nBEGIN:VALARM\nDESCRIPTION:Reminder\nEND:VALARM\nEND:VEVENT\nEND:VCALENDAR"
    )
    assert understood(text).overview == TEXT


def test_points_with_letters_and_roman_numerals_are_a_list() -> None:
    for marks in ("ABC", ("i", "ii", "iii"), "abc"):
        points = "\n".join(f"{mark}. Mend it {mark * 2}" for mark in marks)
        found = understood(f"Title: Mending Shelves\n{FACTS}\nObjectives\n\n{points}")
        assert found.agenda == tuple(f"Mend it {mark * 2}" for mark in marks)


def test_announced_title_below_a_newsletter_name_is_not_asked_about() -> None:
    text = (
        f"Ladder and Lamp Weekly\n\nFeatured webinar\n\nMending Shelves at Home\n\n{FACTS}\n{TEXT}"
    )
    assert understood(text).title == "Mending Shelves at Home"
    assert "title" not in asked(text)


def test_title_quoted_in_a_dated_sentence_is_not_asked_about() -> None:
    said = 'Join us for "Mending Shelves at Home" on May 6, 2027, from 1 to 2:15 p.m. Eastern.'
    assert "title" not in asked(f"Dear colleagues,\n\n{said}\n\n{TEXT}\n\nPresenter: Ana Bell\n")


def test_subject_with_the_first_part_of_the_title_confirms_it() -> None:
    header = "From: Tom Ray <tom@elm.example>\nSubject: Mending Shelves\n\n"
    assert "title" not in asked(f"{header}Mending Shelves: A Weekend Project\n\n{FACTS}\n{TEXT}")


def test_unread_labeled_line_as_title_is_asked_about() -> None:
    assert "title" in asked(f"Fee: Ninety Dollars Each\n\n{FACTS}\n{TEXT}")


def test_person_who_will_present_needs_no_label() -> None:
    facts = FACTS.replace("Presenter: Ana Bell\n", "")
    text = (
        "A shelf can be mended in an hour. Cabinetmaker Ana Bell will show how with three clamps."
    )
    assert "presenters" not in asked(f"Mending Shelves at Home\n\n{facts}\n{text}")
    text = "A shelf can be mended in an hour. Ana Bell has mended shelves with Tom Ray for years."
    assert "presenters" in asked(f"Mending Shelves at Home\n\n{facts}\n{text}")


def test_short_sentence_right_below_the_overview_is_asked_about() -> None:
    assert "overview" in asked(f"Mending Shelves at Home\n\n{FACTS}\n{TEXT}\n\nI know, I did.")


def test_longer_text_under_an_unknown_heading_is_asked_about() -> None:
    text = (
        f"LISTEN\nOur podcast about the shelves is back with an episode.\n\nLATELY\n\n{TEXT} {TEXT}"
    )
    assert "overview" in asked(f"Mending Shelves at Home\n\n{FACTS}\n{text}")


def test_line_that_introduces_the_facts_does_not_introduce_a_list() -> None:
    lead = "Here are the details of our next event:"
    assert "agenda" not in asked(f"{lead}\n\nMending Shelves at Home\n\n{FACTS}\n{TEXT}")


def test_series_without_a_name_is_asked_about() -> None:
    text = f"Mending Shelves at Home\na monthly webinar series from Elm County\n\n{FACTS}\n{TEXT}"
    assert {"series", "hosted_by"} <= asked(text)


def test_another_name_after_a_presenter_is_asked_about() -> None:
    facts = FACTS.replace("Ana Bell", "Ana Bell of Elm County Parks and TOM RAY of Oak Library")
    assert "presenters" in asked(f"Title: Mending Shelves\n{facts}\nDescription\n\n{TEXT}")


def test_heading_in_capitals_above_a_title_is_asked_about() -> None:
    assert "title" in asked(f"SHOP ONE-SHEET\n\nMending Shelves at Home\n\n{FACTS}\n{TEXT}")


def test_paragraphs_below_an_uncertain_title_are_asked_about() -> None:
    head = "Shelf Life Weekly\nThe Other Tuesday\n\nMending Shelves"
    text = f"{head}\n\n{FACTS}\n{TEXT}\n\nGlue is dear this year, and so is oak."
    assert {"title", "overview"} <= asked(text)


def test_free_between_slashes_is_a_price() -> None:
    facts = "Tues. May 4, 2027 / 11 a.m. Pacific / 45 min. / free\nPresenter: Ana Bell\n"
    assert understood(f"Mending Shelves at Home\n\n{facts}\n{TEXT}").free


def test_amount_of_a_labeled_price_counts_once() -> None:
    facts = "One hour, May 6, 2027, 2 p.m. ET, $39\n\nPrice: $39 per person\nPresenter: Ana Bell\n"
    found = understood(f"Mending Shelves at Home\n{facts}\nDescription\n\n{TEXT}")
    assert [one.said for price in found.prices for one in price.amounts] == ["$39.00"]


LINE = "May 6, 2027, 1-2:15 pm Eastern\nPresenter: Ana Bell\nPrice: $99\n"


def test_another_date_is_asked_about_unless_the_start_is_labeled() -> None:
    more = f"\n{TEXT}\n\nThe next class is on May 13, 2027."
    found = understood(f"Mending Shelves at Home\n\n{LINE}{more}")
    assert [one.shown.day for one in found.when.choices] == [6, 13]
    assert found.when.settled is None
    assert "held_at" not in asked(f"Mending Shelves at Home\n\n{FACTS}{more}")


def test_deadline_is_not_another_start() -> None:
    text = f"Mending Shelves at Home\n\n{LINE}\n{TEXT}\n\nRegister by April 29, 2027."
    assert "held_at" not in asked(text)


def test_changed_date_is_asked_about_even_if_it_is_labeled() -> None:
    text = f"RESCHEDULED\n\nMending Shelves at Home\n\n{FACTS}\n{TEXT}\n\nIt was on April 8, 2027."
    assert "held_at" in asked(text)


def test_other_time_than_start_and_end_is_asked_about() -> None:
    for other, is_asked in (("Log on at 12:45 pm", True), ("12 pm Central", False)):
        text = f"Mending Shelves at Home\n\n{LINE}\n{TEXT}\n\n{other}"
        assert ("held_at" in asked(text)) == is_asked


def test_time_in_several_zones_but_not_ours_is_asked_about() -> None:
    line = LINE.replace("1-2:15 pm Eastern", "9 a.m. Alaska | 10 a.m. Pacific")
    found = understood(f"Mending Shelves at Home\n\n{line}\n{TEXT}")
    assert [one.zone for one in found.when.choices] == ["America/Anchorage", "America/Los_Angeles"]
    assert "held_at" in {one.field for one in found.questions}


def test_amount_that_is_not_a_price_is_asked_about_with_its_line() -> None:
    text = f"Mending Shelves at Home\n\n{FACTS}\n{TEXT}\n\nThe county won a grant of $2,500."
    (question,) = [one for one in understood(text).questions if one.field == "prices"]
    assert question.lines == ("The county won a grant of $2,500.",)


def test_amount_without_a_dollar_sign_is_asked_about() -> None:
    assert "prices" in asked(f"Mending Shelves at Home\n\n{FACTS}\nMembers: 45 bucks\n\n{TEXT}")


def test_price_that_is_given_twice_is_asked_about() -> None:
    facts = FACTS.replace("$99", "$99 a person")
    text = f"Mending Shelves at Home\n\n{facts}\n{TEXT}\n\nFee for groups: $99 a group"
    assert "prices" in asked(text)


def test_free_in_spanish_is_asked_about() -> None:
    facts = FACTS.replace("Price: $99\n", "")
    assert "free" in asked(f"Mending Shelves at Home\n\n{facts}\n{TEXT}\n\nEs gratis para todos.")


def test_free_speech_is_not_a_price() -> None:
    facts = FACTS.replace("Price: $99\n", "")
    text = f"Mending Shelves at Home\n\n{facts}\n{TEXT} Feel free to ask about free speech."
    assert "free" not in asked(text)


def test_unread_line_right_below_the_title_could_be_the_subtitle() -> None:
    text = f"Title: Mending Shelves\n{FACTS}\nDescription\n\n{TEXT}"
    assert "subtitle" not in asked(text)
    text = f"# Mending Shelves at Home\n\nTwo Clamps and a Door\nSaturday School\n\n{FACTS}\n{TEXT}"
    assert asked(text) & {"title", "subtitle"}


def test_times_before_lines_could_be_an_agenda() -> None:
    text = f"Mending Shelves at Home\n\n{FACTS}\n{TEXT}\n\n1:10 Naming the crack\n1:30 Clamps"
    assert "agenda" in asked(text)


def test_title_from_a_quotation_in_a_heading_is_asked_about() -> None:
    head = "THE LIBRARIAN'S GUIDE TO\nSAYING \"I DON'T KNOW\""
    assert "title" in asked(f"{head}\n\n{FACTS}\n{TEXT}")


def test_host_in_parentheses_is_asked_about() -> None:
    assert "hosted_by" in asked(
        f"Mending Shelves at Home\n\n{FACTS}\n{TEXT}\n\nWelcome (Tom Ray, host)"
    )


def test_one_name_under_a_plural_presenters_label_is_asked_about() -> None:
    facts = FACTS.replace("Presenter:", "Presenters:")
    assert "presenters" in asked(f"Title: Mending Shelves\n{facts}\nDescription\n\n{TEXT}")


def test_other_possible_title_is_offered_with_its_line() -> None:
    text = f"Shelf Life Weekly\nThe Other Tuesday\n\nMending Shelves\n\n{FACTS}\n{TEXT}"
    (question,) = [one for one in understood(text).questions if one.field == "title"]
    assert {*question.choices, understood(text).title} >= {"The Other Tuesday", "Mending Shelves"}
    assert "The Other Tuesday" in question.lines


def test_past_date_is_asked_about() -> None:
    found = understood(f"Mending Shelves at Home\n\n{FACTS.replace('2027', '2025')}\n{TEXT}")
    assert found.when.settled is None
    assert [one.shown.year for one in found.when.choices] == [2025]
    assert "held_at" in {one.field for one in found.questions}


def test_note_that_all_times_are_in_another_zone_is_asked_about() -> None:
    for zone, is_asked in (("Central", True), ("Eastern", False)):
        text = f"Title: Mending Shelves\n{FACTS}\nDescription\n\n{TEXT}\n\nAll times are {zone}."
        assert ("held_at" in asked(text)) == is_asked


def test_title_in_two_lines_below_a_letterhead_is_asked_about() -> None:
    head = "Elm Basin Learning Network\nProfessional Development\n\nWhat the Shelf Knows\nAbout Your Door"
    assert "title" in asked(f"{head}\n\n{FACTS}\n{TEXT}")


def test_only_line_that_names_a_webinar_is_the_title() -> None:
    text = f"Dear friends,\n\nMending Shelves at Home\n\n{FACTS}\n{TEXT}\n\nSee you on Thursday."
    assert "title" not in asked(text)


def test_greeting_is_not_the_title_if_a_sentence_names_one() -> None:
    text = f"Apologies for cross-posting!\n\nJoin us for Mending Shelves at Home. {TEXT}\n\n{FACTS}"
    found = understood(text)
    assert found.title == "Mending Shelves at Home"
    assert "title" in {one.field for one in found.questions}


def test_contact_person_is_not_a_presenter() -> None:
    text = f"Title: Mending Shelves\n{FACTS}\nDescription\n\n{TEXT}\n\nPlease contact Lois Ray with questions."
    assert "presenters" not in asked(text)


def test_person_who_hosts_for_a_presenting_organization_is_the_host() -> None:
    text = f"{TEXT} This webinar is presented by Elm & Oak Training and hosted by Lee Alvarez."
    found = understood(f"Title: Mending Shelves\n{FACTS}\nDescription\n\n{text}")
    assert found.hosted_by == "Lee Alvarez"
    assert [one.name for one in found.speakers] == ["Ana Bell"]
