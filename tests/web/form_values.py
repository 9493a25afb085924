"""The values that a browser would send for an unchanged form."""

from typing import Any

from lxml.html import document_fromstring


def values_of(page: str) -> dict[str, str]:
    """Return the field values of the page's largest form."""
    return max((_values(form) for form in document_fromstring(page).forms), key=len)


def _values(form: Any) -> dict[str, str]:
    values = dict(form.form_values())
    for area in form.iter("textarea"):  # browsers drop a leading line break
        values[area.name] = values[area.name].removeprefix("\n")
    return values
