"""A pseudo-locale: the product's texts, longer and with accents, in place of Spanish.

Text of a page that it doesn't change was written into a template without `_()`; text that no
longer fits would not fit in another language either.
"""

import re
from gettext import NullTranslations
from typing import Final

import pytest

from lms.core import languages
from lms.core.languages import Language
from lms.mail import edits
from lms.web.accounts import page_language
from lms.web.core import page_frame
from lms.web.playback import player

ACCENTS: Final = str.maketrans("aeiouyncsAEIOUYNCS", "áéíóúýñçšÁÉÍÓÚÝÑÇŠ")
KEPT: Final = re.compile(r"(%\(\w+\)[sd]|%%|\{\w+\})")
LONGER: Final = 1.4  # Spanish is a third longer than English
# Modules that cache texts by language.
KEEPING: Final = (
    (page_language, "_markup"),
    (page_language, "template_text"),
    (edits, "template_text"),
    (page_frame, "_fixed_part"),
    (player, "_player_words"),
    (player, "_control_texts"),
)


def accented(text: str) -> str:
    """Return a text in brackets, with accents and longer, with the same placeholders."""
    said = "".join(
        part if KEPT.fullmatch(part) else part.translate(ACCENTS) for part in KEPT.split(text)
    )
    words = (word for _ in range(100) for word in ("ó", "más", "tódo"))
    while len(said) < len(text) * LONGER:
        said += f" {next(words)}"
    return f"[{said}]"


class Accented(NullTranslations):
    """Translations that return each text of the code accented."""

    def gettext(self, message: str) -> str:
        return accented(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return accented(msgid1 if n == 1 else msgid2)

    def ugettext(self, message: str) -> str:
        """Return a text for Flask-Babel."""
        return self.gettext(message)

    def ungettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the singular or plural text for Flask-Babel."""
        return self.ngettext(msgid1, msgid2, n)


def use_pseudo_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show the accented texts wherever Spanish is chosen."""
    made = Accented()

    ours = languages.translations

    def translations(of: Language) -> NullTranslations:
        return ours(of) if of is Language.ENGLISH else made

    monkeypatch.setattr(languages, "translations", translations)
    monkeypatch.setattr(page_language, "translations", translations)
    for module, name in KEEPING:
        monkeypatch.setattr(module, name, getattr(module, name).__wrapped__)
