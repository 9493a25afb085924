"""Every text that readers see has a Spanish translation; covered.txt lists the files."""

import re

from babel.messages import Message

from lms.mail.examples import team_emails
from lms.mail.lanes import ENGLISH_ONLY, KINDS
from tests.languages.texts import COVERED, ROOT, is_translated, messages, read_catalog, read_texts

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}")
HOW = "run ./dev texts, then write the Spanish in lms/translations/es.po"


def forms(text: Message) -> list[tuple[str, str]]:
    """Return each form of a text, with its Spanish."""
    if not isinstance(text.id, str):
        return list(zip(text.id, text.string, strict=True))
    return [(text.id, text.string if isinstance(text.string, str) else "")]


def test_every_readers_text_has_a_spanish_translation() -> None:
    known = read_catalog()
    missing = [
        f"{text.locations[0][0]}: {text.id!r}"
        for text in messages(read_texts())
        if (found := known.get(text.id)) is None or not is_translated(found)
    ]
    assert missing == [], HOW


def test_catalog_has_no_other_texts() -> None:
    texts = read_texts()
    assert [text.id for text in messages(read_catalog()) if texts.get(text.id) is None] == [], HOW


def test_spanish_texts_have_the_same_placeholders() -> None:
    differing = [
        (english, spanish)
        for text in messages(read_catalog())
        for english, spanish in forms(text)
        if set(PLACEHOLDER.findall(english)) != set(PLACEHOLDER.findall(spanish))
    ]
    assert differing == []


def test_spanish_texts_begin_and_end_like_the_english_ones() -> None:
    # parts of sentences are joined by a space
    differing = [
        (english, spanish)
        for text in messages(read_catalog())
        for english, spanish in forms(text)
        if (english[:1].isspace(), english[-1:].isspace())
        != (spanish[:1].isspace(), spanish[-1:].isspace())
    ]
    assert differing == []


def test_each_covered_pattern_matches_a_file() -> None:
    lines = COVERED.read_text(encoding="utf-8").splitlines()
    patterns = [line.lstrip("!") for line in lines if line and not line.startswith("#")]
    idle = [
        pattern
        for pattern in patterns
        if next(ROOT.glob(pattern if "/" in pattern else f"*/**/{pattern}"), None) is None
    ]
    assert idle == []


def test_emails_that_stay_english_exist() -> None:
    assert set().union(*KINDS.values()) >= ENGLISH_ONLY


def test_emails_to_our_team_stay_english() -> None:
    assert set(team_emails.EXAMPLES) <= ENGLISH_ONLY
