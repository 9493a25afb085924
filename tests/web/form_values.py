"""What a browser would send of a form that nobody touched."""

from typing import Any

from lxml.html import document_fromstring


def values_of(page: str) -> dict[str, str]:
    """Return the fields of the form of a page that has the most of them."""
    return max((_values(form) for form in document_fromstring(page).forms), key=len)


def _values(form: Any) -> dict[str, str]:
    values = dict(form.form_values())
    for area in form.iter("textarea"):  # a browser leaves out a line break that comes first
        values[area.name] = values[area.name].removeprefix("\n")
    return values
