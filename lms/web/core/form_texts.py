"""Form texts: a form class is built once and its texts are translated when shown."""

from typing import cast

from flask_babel import lazy_gettext


def _l(text: str) -> str:
    """Return what becomes the translated text when it is shown; WTForms takes it for a str."""
    return cast(str, lazy_gettext(text))
