"""Form errors: shows domain refusals next to the fields they are about, or on the next page."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import flash
from flask_babel import gettext as _
from wtforms import Form

from lms.core.errors import Invalid, Refused


def show_faults(form: Form, refusal: Refused) -> None:
    """Add each message to its field, or the refusal's own to the form if none of its fields is here."""
    fields = refusal.fields if isinstance(refusal, Invalid) else {}
    named = [name for name in fields if name in form]
    for name in named:
        field = form[name]
        field.errors = [*field.errors, _(fields[name])]
    if not named:
        form.form_errors.append(_(refusal.message))


@dataclass(frozen=True, slots=True)
class _Shown:
    """A block that a refusal of these kinds ends; the code after the block continues."""

    kinds: tuple[type[Refused], ...]
    show: Callable[[Refused], None]

    def __enter__(self) -> None:
        """Begin the block."""

    def __exit__(self, _kind: object, fault: object, _trace: object) -> bool:
        if isinstance(fault, Refused) and isinstance(fault, self.kinds):
            self.show(fault)
            return True
        return False


def shown_in(form: Form, *kinds: type[Refused]) -> _Shown:
    """Return a block for `with`, which a refusal of these kinds ends, shown in the form."""
    return _Shown(kinds, lambda refusal: show_faults(form, refusal))


def flashed(*kinds: type[Refused]) -> _Shown:
    """Return a block for `with`, which a refusal of these kinds ends, shown on the next page."""
    return _Shown(kinds, lambda refusal: flash(_(refusal.message), "attention"))
