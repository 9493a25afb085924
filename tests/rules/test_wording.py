"""In each folder, a sentence is in one test file, so rewording it breaks no other."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from html import unescape
from pathlib import Path

from tests.rules.source_files import calls, files, name_of, parsed, product

TRANSLATED = {"_", "_l", "N_", "gettext", "ngettext", "lazy_gettext"}
IN_TEMPLATE = re.compile(r'\b_\("([^"]+)"|ngettext\("([^"]+)", "([^"]+)"')
VALUE = re.compile(r"%\(\w+\)[sd]")
WORD = re.compile(r"\w+")
COMMAND = re.compile(r"carrel \w+ \w+")
FEWEST_WORDS = 3


def plain(text: str) -> str:
    """Return a text without tags, for comparing tests with messages."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).replace("\u2019", "'").split())


def has_enough(text: str) -> bool:
    """Return whether a text is long enough to be a sentence."""
    return len(re.findall(r"(?:^|(?<=\s))[^\s/]*[a-z][^\s/]*", text)) >= FEWEST_WORDS


@cache
def messages() -> frozenset[str]:
    """Return the messages that the code shows to people, each one whole."""
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
def all_messages() -> str:
    """Return the messages, one per line."""
    return "\n".join(messages())


@cache
def pieces() -> Mapping[str, Sequence[str]]:
    """Return the parts of messages between values, by their first word."""
    found = defaultdict(list)
    for part in {part.strip(" .,:;") for text in messages() for part in VALUE.split(text)}:
        if has_enough(part):
            found[WORD.findall(part)[0]].append(part)
    return found


def is_wording(text: str) -> bool:
    """Return whether a text is part of a message or contains a part; commands are neither."""
    said = plain(text)
    if not has_enough(said) or COMMAND.fullmatch(said):
        return False
    parts = (part for word in WORD.findall(said) for part in pieces().get(word, ()))
    return said in all_messages() or any(part in said for part in parts)


def written(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each literal string of a test file except docstrings, with its line."""
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


def is_of_browsers(path: Path) -> bool:
    """Return whether a test file finds elements by the text that people read."""
    return "tests/browser" in name_of(path) or "mark.browser" in path.read_text(encoding="utf-8")


def test_sentences_are_in_only_one_file_of_a_folder() -> None:
    found: dict[Path, list[list[str]]] = defaultdict(list)
    for path in files(".py", under="tests"):
        if not is_of_browsers(path):
            said = [
                f"{name_of(path)}:{line}: {text}"
                for line, text in written(path)
                if is_wording(text)
            ]
            found[path.parent] += [said] if said else []
    fewest_first = (sorted(each, key=len) for each in found.values())
    elsewhere = [line for each in fewest_first for said in each[:-1] for line in said]
    assert elsewhere == [], "name it by its constant, or its element by role, id or data-testid"


def test_wording_is_distinguished_from_names_and_addresses() -> None:
    told = {
        "No orders yet": True,
        "This order already has an invoice": True,
        "PO PO-7 is for $300.00, but the order is for $325.00.": True,
        "Elm County Library": False,
        'action="/staff/orders/new"': False,
        "Reading rooms": False,
        "target_link_uri": False,
        "carrel db upgrade": False,
    }
    assert {text: is_wording(text) for text in told} == told
