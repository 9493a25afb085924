"""Languages: the language of the current page or email, and texts in it.

The code has its texts in English. Marked texts, dates and amounts of money remember how they were
made, so that an email can say them again in its recipient's language.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from functools import cache, lru_cache, wraps
from io import BytesIO
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar, cast

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

CATALOG: Final = Path(__file__).resolve().parents[1] / "translations" / "es.po"

P = ParamSpec("P")
T = TypeVar("T")


class Language(StrEnum):
    """A language of pages and emails, as a tag for `lang` in HTML."""

    ENGLISH = "en-US"
    SPANISH = "es-US"

    @property
    def locale(self) -> str:
        """Return its locale for Babel: `en_US`."""
        return self.value.replace("-", "_")


# In the language itself, so that a person who reads no other finds it.
NAMES: Final[Mapping[Language, str]] = {Language.ENGLISH: "English", Language.SPANISH: "Español"}


class _Default:
    language = Language.ENGLISH


_NOW: Final[ContextVar[Language | None]] = ContextVar("language", default=None)


def language() -> Language:
    """Return the language of this page or email; English outside of both."""
    return _NOW.get() or Language.ENGLISH


def readers_language() -> Language:
    """Return the language of this page's reader; outside of translated pages, that of the setting."""
    return _NOW.get() or default_language()


def locale() -> str:
    """Return the locale of `language()` for Babel: `en_US`."""
    return language().locale


def default_language() -> Language:
    """Return the language of people who haven't chosen one: the setting LANGUAGE."""
    return _Default.language


def set_default(chosen: Language) -> None:
    """Set the language of people who haven't chosen one, for this process."""
    _Default.language = chosen


def use(chosen: Language | None) -> None:
    """Set the language of the rest of this request; None for pages that aren't translated."""
    _NOW.set(chosen)


def forget(_fault: object = None) -> None:
    """Forget the language of a request that has ended."""
    _NOW.set(None)


@contextmanager
def speaking(chosen: Language) -> Iterator[None]:
    """Set the language within the block."""
    token = _NOW.set(chosen)
    try:
        yield
    finally:
        _NOW.reset(token)


def read_language(tag: str | None) -> Language | None:
    """Return the language of a tag as browsers and LMSs write it (`es`, `es-MX`, `en_US`), or None."""
    first = (tag or "").replace("_", "-").partition("-")[0].lower()
    return next((each for each in Language if each.partition("-")[0] == first), None)


class Marked(str):
    """A text of the code that is translated when it is shown."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Copy it as plain text."""
        return str, (str(self),)

    def __mod__(self, values: Any, /) -> str:  # noqa: ANN401  (as str takes them)
        """Return the text with its values, which can be said again."""
        return Said(str(self) % values, lambda: gettext(str(self)) % say_again(values))


class Said(str):
    """A text that can be said again in another language."""

    _again: Callable[[], str]

    def __new__(cls, text: str, again: Callable[[], str]) -> "Said":
        """Return the text; `again` makes it in the language of the moment."""
        made = super().__new__(cls, text)
        made._again = again
        return made

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Copy it as plain text."""
        return str, (str(self),)

    def __mod__(self, values: Any, /) -> str:  # noqa: ANN401  (as str takes them)
        """Return the text with its values, which can be said again."""
        return Said(str(self) % values, lambda: self.again() % say_again(values))

    def again(self) -> str:
        """Return the text in the language of this page or email."""
        return self._again()


def joined(*texts: str) -> str:
    """Return texts with a space between them, which can be said again."""
    return Said(" ".join(texts), lambda: " ".join(gettext(text) for text in texts))


def sayable(function: Callable[P, str]) -> Callable[P, str]:
    """Let a function that formats in the current language return texts that can be said again."""

    @wraps(function)
    def say(*args: P.args, **kwargs: P.kwargs) -> str:
        return Said(function(*args, **kwargs), lambda: function(*args, **kwargs))

    return say


def say_again(value: T) -> T:
    """Return a value with each text in it, however deep, in the language of this page or email."""
    return cast(T, _again(value))


def _again(value: object) -> object:
    if isinstance(value, Said):
        return value.again()
    if isinstance(value, Marked):
        return gettext(value)
    if isinstance(value, Mapping):
        return {key: _again(each) for key, each in value.items()}
    if type(value) in (list, tuple):
        each = [_again(one) for one in cast("list[object]", value)]
        return each if isinstance(value, list) else tuple(each)
    # a row of the database is a dataclass, too, but not frozen, and can't be copied like this
    frozen = getattr(getattr(value, "__dataclass_params__", None), "frozen", False)
    return _copied(value) if frozen and not isinstance(value, type) else value


def _copied(value: Any) -> object:  # noqa: ANN401  (any dataclass)
    made: Any = value.__class__.__new__(value.__class__)
    for field in dataclasses.fields(value):
        object.__setattr__(made, field.name, _again(getattr(value, field.name)))
    return made


class _English(NullTranslations):
    """The texts of the code with typographic apostrophes, as the templates have them."""

    def gettext(self, message: str) -> str:
        """Return a text."""
        return message.replace("'", "\u2019")

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return one of two texts, by number."""
        return self.gettext(msgid1 if n == 1 else msgid2)

    ungettext = ngettext  # what Flask-Babel asks for


def gettext(text: str) -> str:
    """Return a text of the code in the language of this page or email."""
    if isinstance(text, Said):
        return text.again()
    return translations(language()).gettext(text)


@lru_cache(maxsize=8192)
def template_text(text: str, of: Language) -> str:
    """Return a text of a template, which never changes, in a language."""
    return translations(of).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """Return one of two texts of the code, by its count, in the language of this page or email."""
    return translations(language()).ngettext(one, many, count)


@cache
def translations(of: Language) -> NullTranslations:
    """Return the texts of a language."""
    if of is Language.ENGLISH:
        return _English()
    with CATALOG.open("rb") as file:
        catalog = read_po(file, locale="es")
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)
