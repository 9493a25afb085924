"""Lazy form translations: texts of a form class are translated when shown."""

from typing import cast

from flask_babel import lazy_gettext


def _l(text: str) -> str:
    """Return what becomes the translated text when it is shown; WTForms takes it for a str."""
    return cast(str, lazy_gettext(text))
