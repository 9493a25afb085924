"""Every address that an email links to is one of our pages, and so is every example address."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from lms.mail.examples import EXAMPLES
from lms.mail.examples.example import SITE

ROOT = Path(__file__).resolve().parents[2]
# Their paths are assembled: "/organization/" and the page.
UNKNOWN = "{}"


def test_every_emailed_address_is_a_page(app: Flask) -> None:
    urls = app.url_map.bind("")
    found = [path for folder in ("lms", "lti") for path in _mailed(ROOT / folder)]
    assert len(found) > 40
    assert [path for path in found if not _is_page(urls, path)] == []


def test_every_example_address_is_a_page(app: Flask) -> None:
    urls = app.url_map.bind("")
    found = {
        (kind, path) for kind, one in EXAMPLES.items() for path in _own_paths(dict(one.values))
    }
    assert sorted((kind, path) for kind, path in found if not _is_page(urls, path)) == []


def _mailed(folder: Path) -> Iterator[str]:
    """Yield the paths given to `links.page`, with `{}` for each value."""
    for file in sorted(folder.rglob("*.py")):
        if "mail/examples" in file.as_posix():
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "page"
                and node.args
            ):
                path = _written(node.args[0])
                if path.startswith("/"):
                    yield path


def _written(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_written(part) for part in node.values)
    return UNKNOWN


def _own_paths(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _own_paths(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _own_paths(each)
    elif isinstance(value, str) and value.startswith(f"{SITE}/"):
        yield value.removeprefix(SITE)


def _is_page(urls: MapAdapter, path: str) -> bool:
    try:
        urls.match(path.replace(UNKNOWN, "example"), method="GET")
    except HTTPException:
        return False
    return True
