"""A sentence stands in one test file of its noun, tests/rules/wording.tsv, so that rewording it breaks no other."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path

from tests.rules.source_files import ROOT, calls, files, parsed, product

ROWS = (ROOT / "tests/rules/wording.tsv").read_text(encoding="utf-8").splitlines()[1:]
TRANSLATED = {"_", "_l", "N_", "gettext", "ngettext", "lazy_gettext"}
IN_TEMPLATE = re.compile(r'\b_\("([^"]+)"|ngettext\("([^"]+)", "([^"]+)"')
VALUE = re.compile(r"%\(\w+\)[sd]")
FEWEST_WORDS = 3


def plain(text: str) -> str:
    """Return a text without tags, as tests and messages both have it."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).replace("\u2019", "'").split())


def has_enough(text: str) -> bool:
    """Return whether a text is long enough to be a sentence."""
    return len(re.findall(r"(?:^|(?<=\s))[^\s/]*[a-z][^\s/]*", text)) >= FEWEST_WORDS


@cache
def messages() -> frozenset[str]:
    """Return what the code says to people, each message whole."""
    found = {
        part.value
        for path in product()
        for call, name in calls(path)
        if name in TRANSLATED
        for part in call.args
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }
    for path in files(".html", ".txt", under="templates"):
        for match in IN_TEMPLATE.findall(path.read_text(encoding="utf-8")):
            found.update(match)
    return frozenset(filter(has_enough, (plain(text.replace("%%", "%")) for text in found)))


@cache
def pieces() -> frozenset[str]:
    """Return the parts of messages that no value interrupts, without their last punctuation mark."""
    found = (part.strip(" .,:;") for text in messages() for part in VALUE.split(text))
    return frozenset(filter(has_enough, found))


def is_wording(text: str) -> bool:
    """Return whether a text is part of a message, or has a part of one."""
    said = plain(text)
    return has_enough(said) and (
        any(said in message for message in messages()) or any(piece in said for piece in pieces())
    )


def written(path: Path) -> Iterator[tuple[int, str]]:
    """Give each literal string of a test file but the docstrings, with its line."""
    docstrings = {
        node.body[0].value
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(parsed(path)):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node not in docstrings
        ):
            yield node.lineno, node.value


def test_a_sentence_stands_in_the_file_of_its_noun() -> None:
    elsewhere = []
    for row in ROWS:
        folder, own = row.split("\t")
        assert (ROOT / folder / own).is_file(), row
        elsewhere += [
            f"{folder}/{path.name}:{line}: {text}"
            for path in sorted((ROOT / folder).glob("*.py"))
            if path.name != own and "mark.browser" not in path.read_text(encoding="utf-8")
            for line, text in written(path)
            if is_wording(text)
        ]
    assert elsewhere == [], "name it by its constant, or its element by role, id or data-testid"


def test_wording_is_told_from_names_and_addresses() -> None:
    told = {
        "No orders yet": True,
        "This order already has an invoice": True,
        "PO PO-7 is for $300.00, but the order is for $325.00.": True,
        "Elm County Library": False,
        'action="/staff/orders/new"': False,
        "Reading rooms": False,
        "target_link_uri": False,
    }
    assert {text: is_wording(text) for text in told} == told
