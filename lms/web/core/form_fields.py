"""Form fields: a whole number, a postal address, checkboxes, and the search picker for one or several names."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import Any, Final, TypeVar

from flask import request
from flask_babel import gettext as _
from markupsafe import Markup
from wtforms import Form, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.form import BaseForm
from wtforms.validators import Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget, Select, TextInput

from lms.core.errors import N_, Invalid
from lms.core.postal_addresses import (
    COUNTRIES,
    HOME,
    LONGEST_LINE,
    LONGEST_POSTAL_CODE,
    LONGEST_STATE,
    NO_ADDRESS,
    Address,
)
from lms.web.core.lazy_form_translations import _l

# Names of a list to choose from; of more, a field suggests some as people type.
MOST_LISTED: Final = 30
SUGGESTED: Final = 12
MOST_NAMED: Final = 3
LONGEST_NAMES: Final = 2000
UNKNOWN: Final = N_("We can't find “%(name)s.” Choose a suggestion.")
BLANK: Final = N_("Choose a suggestion.")
SEVERAL: Final = N_("Several names match “%(name)s.” Choose one, such as: %(names)s.")
_CHOICES: Final = {HOME: COUNTRIES[HOME]} | dict(
    sorted(COUNTRIES.items(), key=lambda choice: choice[1])
)
Made = TypeVar("Made", bound=Form)
AddressFields = tuple[StringField, StringField, StringField, StringField, StringField, SelectField]


def sent_or_stored(form_class: type[Made], **stored: Any) -> Made:  # noqa: ANN401  (as of a Form)
    """Return a form with what was sent, or before that with what is stored.

    A field that wasn't sent is blank: WTForms would give it the stored value, or its default, as if it had
    been sent.
    """
    if request.method == "POST":
        blank: dict[str, Any] = dict.fromkeys(field.name for field in form_class())
        return form_class(request.form, **blank)
    return form_class(**stored)


class WholeNumberField(IntegerField):
    """A whole number; for a text that isn't one, its NumberRange gives the only message."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the number that was sent."""
        with suppress(ValueError):
            super().process_formdata(valuelist)


def address_fields() -> AddressFields:
    """Return address fields without required validators; the domain checks the address.

    A form field named `billing` yields `billing_street`, `billing_street2`, `billing_city`,
    `billing_state`, `billing_postal_code` and `billing_country`, in this order.
    """
    return (
        StringField(_l("Street address or PO box"), render_kw={"maxlength": LONGEST_LINE}),
        StringField(
            _l("Suite, floor, or department"), [Optional()], render_kw={"maxlength": LONGEST_LINE}
        ),
        StringField(_l("City"), render_kw={"maxlength": LONGEST_LINE}),
        StringField(_l("State"), render_kw={"maxlength": LONGEST_STATE}),
        StringField(_l("ZIP or postal code"), render_kw={"maxlength": LONGEST_POSTAL_CODE}),
        SelectField(_l("Country"), choices=_CHOICES, default=HOME),
    )


def address_data(prefix: str, address: Address | None) -> dict[str, str]:
    """Return the form values of an address, with field names that start with `prefix`."""
    return {f"{prefix}_{name}": value for name, value in asdict(address or NO_ADDRESS).items()}


def typed_address(form: Form, prefix: str) -> Address | None:
    """Return the submitted address, or None if all its fields are empty."""
    typed = Address(**{name: form[f"{prefix}_{name}"].data or "" for name in asdict(NO_ADDRESS)})
    return None if typed.is_empty else typed


class Names:
    """What a picker chooses from: pairs of a value and a name, and the URL that suggests names."""

    def __init__(self, pairs: Iterable[tuple[str, str]], url: str) -> None:
        self.url = url
        self._names = dict(_told_apart(pairs))

    @property
    def are_few(self) -> bool:
        """Return whether all fit into a list to choose from."""
        return len(self._names) <= MOST_LISTED

    def among(self, values: Iterable[str]) -> "Names":
        """Return only the names of these values, spelled as they are here."""
        some = Names((), self.url)
        some._names = {value: self._names[value] for value in values}
        return some

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._names)

    def all(self) -> list[tuple[str, str]]:
        """Return all pairs."""
        return list(self._names.items())

    def suggest(self, query: str = "") -> list[str]:
        """Return the first names that have every word of a query."""
        return [name for _value, name in self._with_words(query)][:SUGGESTED]

    def matching(self, query: str) -> set[str]:
        """Return the values of the names that have every word of a query."""
        return {value for value, _name in self._with_words(query)}

    def find(self, typed: str) -> tuple[str, str]:
        """Return the value and name for a value, a name, or words that only one name has. Raises Invalid."""
        if typed in self._names:
            return typed, self._names[typed]
        wanted = typed.casefold()
        found = [pair for pair in self._names.items() if pair[1].casefold() == wanted]
        found = found or (self._with_words(typed) if wanted else [])
        if len(found) != 1:
            names = "; ".join(name for _value, name in found[:MOST_NAMED])
            raise Invalid(_(SEVERAL if found else UNKNOWN, name=typed, names=names))
        return found[0]

    def _with_words(self, query: str) -> list[tuple[str, str]]:
        words = query.casefold().split()
        pairs = self._names.items()
        return [pair for pair in pairs if all(word in pair[1].casefold() for word in words)]


def _told_apart(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Give pairs in which no two names are the same: the second of a name is `Name (2)`."""
    seen: Counter[str] = Counter()
    for value, name in pairs:
        seen[name] += 1
        yield value, name if seen[name] == 1 else f"{name} ({seen[name]})"


def suggesting_input(field: Any, names: Names, **attributes: Any) -> Markup:  # noqa: ANN401  (a WTForms field)
    """Return a text input with the names that it suggests; core/name_picker.js finds others as people type."""
    list_id = f"{attributes.get('id', field.id)}-names"
    # of what was refused: without scripts, the page that comes back can't find others
    shown = names.suggest(field.typed if field.fault else "") or names.suggest()
    options = Markup("").join(Markup('<option value="{}"></option>').format(name) for name in shown)
    usual = {"list": list_id, "autocomplete": "off", "maxlength": LONGEST_NAMES}
    return TextInput()(field, **usual, **attributes) + Markup(
        '<datalist id="{}" data-from="{}">{}</datalist>'
    ).format(list_id, names.url, options)


class _PickerWidget:
    def __call__(self, field: "PickerField", **attributes: Any) -> Markup:  # noqa: ANN401
        if field.names is None or not field.suggests:
            return Select()(field, **attributes)
        if field.first is not None:
            attributes["placeholder"] = field.first[1]
        return suggesting_input(field, field.names, **attributes)


class PickerField(SelectField):
    """One of some names: a list to choose from while they are few, else a text field that suggests names.

    Its data are the value in both cases. `first` is the usual choice, which an empty text field means,
    or None if there is none: then an empty one is a fault.
    """

    widget = _PickerWidget()
    names: Names | None = None
    first: tuple[str, str] | None = None
    typed: str = ""
    fault: str = ""

    def offer(self, names: Names, first: tuple[str, str] | None = None) -> None:
        """Offer names, after a usual choice, and find the one that was chosen or typed."""
        self.names, self.first = names, first
        if names.are_few:
            self.choices = [*([first] if first else ()), *names.all()]
            return
        self.choices, typed = [], " ".join(str(self.data or "").split())
        if not typed and first is None:
            self.data, self.fault = "", _(BLANK)
            return
        if typed in ("", *(first or ())):
            self.data = first[0] if first else ""
            return
        try:
            self.data, self.typed = names.find(typed)
        except Invalid as refusal:
            self.typed, self.fault = typed, refusal.message

    def pre_validate(self, form: BaseForm) -> None:
        """Raise ValidationError unless the choice is one of the names."""
        if not self.suggests:
            super().pre_validate(form)
        elif self.fault:
            raise ValidationError(self.fault)

    @property
    def suggests(self) -> bool:
        """Return whether it is a text field, for which the page needs core/name_picker.js."""
        return self.names is not None and not self.names.are_few

    def _value(self) -> str:
        return self.typed


class ChoicesField(SelectMultipleField):
    """Any number of choices, as checkboxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class PickersField(ChoicesField):
    """Any number of names: checkboxes while they are few, else of those chosen, and a text field for more.

    The text field has the same name, and can hold several names with semicolons between them.
    """

    names: Names | None = None
    typed: str = ""
    fault: str = ""

    def offer(self, names: Names) -> None:
        """Offer names, and find those that were typed."""
        self.names = names
        if names.are_few:
            self.choices = names.all()
            return
        chosen: dict[str, str] = {}
        unknown: list[str] = []
        for typed in separated(self.data or ()):
            try:
                value, name = names.find(typed)
                chosen[value] = name
            except Invalid as refusal:
                unknown.append(typed)
                self.fault = refusal.message
        self.choices, self.data, self.typed = list(chosen.items()), list(chosen), "; ".join(unknown)

    @property
    def more(self) -> Markup | None:
        """The text field for more names; None if all are listed."""
        if self.names is None or self.names.are_few:
            return None
        return suggesting_input(
            self, self.names, id=f"{self.id}-more", class_="input", data_several=True
        )

    def pre_validate(self, form: BaseForm) -> None:
        """Raise ValidationError unless each choice is one of the names."""
        if self.fault:
            raise ValidationError(self.fault)
        super().pre_validate(form)

    def _value(self) -> str:
        return self.typed


def separated(values: Iterable[str]) -> Iterator[str]:
    """Give each value, and each name of a text with several."""
    for value in values:
        yield from filter(None, (" ".join(part.split()) for part in value.split(";")))
