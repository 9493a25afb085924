"""Passages: the sentences of each kind of email that our team can reword, as its templates have them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Final

from jinja2 import nodes

from lms.mail.rendering import environment

_SHARED: Final = "mail/messages/base.html"
_PLACEHOLDER: Final = re.compile(r"%\((\w+)\)[sd]")
_CALLS: Final = frozenset({"_", "gettext", "ngettext"})


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence or paragraph of an email, or the label of its button.

    `original` is our text as the templates have it, `text` the same with placeholders like {name}.
    `of_number` is 1 or 2 for a text about one or about several, 0 for others.
    """

    original: str
    placeholders: tuple[str, ...]
    is_button: bool
    of_number: int

    @property
    def key(self) -> str:
        """Return the passage's name in a form, which changes only with our text."""
        return sha256(self.original.encode()).hexdigest()[:16]

    @property
    def text(self) -> str:
        """Return our text as our team reads it."""
        return braced(self.original)


def braced(original: str) -> str:
    """Return a text of a template with placeholders like {name}."""
    return _PLACEHOLDER.sub(r"{\1}", original).replace("%%", "%")


@cache
def passages_of(kind: str) -> tuple[Passage, ...]:
    """Return the passages of a kind of email, in reading order, its buttons last.

    The footer and the frame, which all emails share, aren't among them. Raises TemplateNotFound.
    """
    found: dict[str, Passage] = {}
    for passage in of_template(f"mail/messages/{kind}.html"):
        found.setdefault(passage.original, passage)
    return tuple(sorted(found.values(), key=lambda one: one.is_button))


def of_template(name: str) -> list[Passage]:
    """Return the passages of a template and of those that it extends and includes."""
    tree = _tree(name)
    own = list(_walk(tree, is_button=False))
    base = next((one.template for one in tree.find_all(nodes.Extends)), None)
    if not isinstance(base, nodes.Const) or base.value == _SHARED:
        return own
    has_button = any(one.is_button for one in own)
    inherited = of_template(base.value)
    return [one for one in inherited if not (one.is_button and has_button)] + own


def _walk(node: nodes.Node, *, is_button: bool) -> Iterator[Passage]:
    if isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name):
        is_button = is_button or node.target.name == "action_label"
    if isinstance(node, nodes.Include) and isinstance(node.template, nodes.Const):
        yield from of_template(node.template.value)
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name):
        yield from _of_call(node, node.node.name, is_button=is_button)
    for child in node.iter_child_nodes():
        yield from _walk(child, is_button=is_button)


def _of_call(call: nodes.Call, function: str, *, is_button: bool) -> Iterator[Passage]:
    if function not in _CALLS:
        return
    is_numbered = function == "ngettext"
    given = [one.key for one in call.kwargs]
    for place, text in enumerate(call.args[: 2 if is_numbered else 1], start=1):
        if isinstance(text, nodes.Const):
            names = dict.fromkeys([*_PLACEHOLDER.findall(text.value), *given])
            yield Passage(text.value, tuple(names), is_button, place if is_numbered else 0)


@cache
def _tree(name: str) -> nodes.Template:
    loader = environment().loader
    assert loader is not None  # noqa: S101  (the environment sets it)
    source, _, _ = loader.get_source(environment(), name)
    return environment().parse(source)
