"""Pages, emails, documentation, docstrings and comments use words that readers know."""

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.rules.source_files import ROOT, calls, files, name_of, parsed, product

WORDS = ROOT / "tests/rules/plain_words.tsv"
# Phrases in which a word of the list is right: "your library" is the reader's employer.
ALLOWED = (ROOT / "tests/rules/plain_words_allowed.txt").read_text(encoding="utf-8").splitlines()
# what a template does and where it leads, and its comments
NOT_READ = re.compile(
    r"\{#.*?#\}|\{%-?\s*(?:from|import|extends|include)[^%]*%\}|url_for\([^)]*\)", re.DOTALL
)
COMMENTS = {
    ".html": re.compile(r"\{#.*?#\}", re.DOTALL),
    ".css": re.compile(r"/\*.*?\*/", re.DOTALL),
    ".js": re.compile(r"/\*.*?\*/|(?<!:)//[^\n]*", re.DOTALL),
}
TRANSLATED = {"_", "N_", "gettext", "ngettext", "lazy_gettext", "pgettext"}


def words(scope: str) -> list[tuple[re.Pattern[str], str]]:
    """Return the patterns of a scope, each with what to write instead."""
    rows = WORDS.read_text(encoding="utf-8").splitlines()[1:]
    columns = [row.split("\t") for row in rows]
    return [(re.compile(found, re.IGNORECASE), say) for found, say, of in columns if of == scope]


def pages() -> Iterator[Path]:
    """Yield the Markdown pages of the root and of docs."""
    yield from sorted(ROOT.glob("*.md"))
    yield from files(".md", under="docs")


def texts() -> Iterator[tuple[str, str]]:
    """Yield the name of each file with a text of it to check: a page, docstring, or comment.

    The glossary and the record of rewritten texts list the words to avoid.
    """
    lists = (ROOT / "docs/glossary.md", *files(".md", under="docs/plain-words"))
    scripts = (ROOT / "dev", ROOT / ".ci/run", *filter(Path.is_file, (ROOT / "deploy").rglob("*")))
    for path in (*pages(), *scripts):
        if path not in lists:
            yield name_of(path), path.read_text(encoding="utf-8")
    for path in (*files(*COMMENTS, under="templates"), *files(*COMMENTS, under="lms/static")):
        for comment in COMMENTS[path.suffix].findall(path.read_text(encoding="utf-8")):
            yield name_of(path), comment
    for path in (*product(), *files(".py", under="benchmarks"), *files(".py", under="tests")):
        for text in (*_docstrings(path), *_comments(path)):
            yield name_of(path), text


def _docstrings(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def _comments(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT:
                yield token.string


def test_docs_docstrings_and_comments_use_plain_words() -> None:
    rules = words("all")
    found = [
        f"{name}: {hit.group()!r}, write {say}"
        for name, text in texts()
        for pattern, say in rules
        for hit in pattern.finditer(text)
    ]
    assert found == []


def test_links_between_pages_lead_to_files() -> None:
    broken = [
        (name_of(page), target)
        for page in pages()
        for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def sentences() -> Iterator[tuple[str, str]]:
    """Give what people read in the product: the name of each file, and a text of it."""
    for path in files(".html", ".txt", under="templates"):
        yield name_of(path), NOT_READ.sub("", path.read_text(encoding="utf-8"))
    for path in product():
        for call, called in calls(path):
            if called in TRANSLATED:
                for word in call.args:
                    if isinstance(word, ast.Constant) and isinstance(word.value, str):
                        yield name_of(path), word.value


def test_pages_and_emails_use_plain_words() -> None:
    rules = words("ui") + words("all")
    found = [
        f"{name}: {text[max(0, hit.start() - 30) : hit.end() + 30]!r}, write {say}"
        for name, text in sentences()
        for pattern, say in rules
        for hit in pattern.finditer(_without_allowed(text))
    ]
    assert found == []


def _without_allowed(text: str) -> str:
    for phrase in ALLOWED:
        text = text.replace(phrase, "")
    return text
