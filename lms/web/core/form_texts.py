"""Texts of forms: a form's class is made once, its texts are translated when they are shown."""

from typing import cast

from flask_babel import lazy_gettext


def _l(text: str) -> str:
    """Return what becomes the translated text when it is shown; WTForms takes it for a str."""
    return cast(str, lazy_gettext(text))
