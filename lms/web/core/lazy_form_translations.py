"""Lazy form translations: texts of a form class are translated when they are rendered."""

from typing import cast

from flask_babel import lazy_gettext


def _l(text: str) -> str:
    """Return a text that is translated when rendered, typed as str for WTForms."""
    return cast(str, lazy_gettext(text))
