"""Templates: each one compiles, the names in it exist, and nothing is inline."""

import re
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import nodes

from lms.app import create_app
from lms.core.runtime import open_carrel
from lms.core.settings import Settings
from tests.rules.source_files import ROOT, files, name_of, product, strings
from wsgi import COMPONENTS

PLACE = ROOT / "templates"
TEMPLATES = files(".html", ".txt", under="templates")
PAGES = [path for path in TEMPLATES if "messages" not in path.parts]  # styles of emails are inline
NAMES = {path.relative_to(PLACE).as_posix() for path in TEMPLATES}
INLINE = (
    # JSON-LD is data that browsers don't run, and no policy stops it
    (
        re.compile(r"<script(?! type=\"application/ld\+json\">)(?![^>]*\bsrc=)", re.IGNORECASE),
        "a script",
    ),
    (re.compile(r"<style\b", re.IGNORECASE), "a style sheet"),
    (re.compile(r"<[^>]*\sstyle=", re.IGNORECASE), "a style attribute"),
    (re.compile(r"<[^>]*\son[a-z]+=", re.IGNORECASE), "an event handler"),
    (re.compile(r"javascript:", re.IGNORECASE), "a script address"),
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Return one app for all tests: no page is opened, so its database need not exist."""
    place = tmp_path_factory.mktemp("house")
    environ = {
        "CARREL_DATA_DIR": str(place),
        "CARREL_DATABASE_URL": f"sqlite:///{place}/none.sqlite3",
        "CARREL_BASE_URL": "http://localhost",
        "CARREL_SECRET_KEY": "a key for templates alone, " * 2,
    }
    return create_app(open_carrel(Settings.from_env(environ)), COMPONENTS)


@cache
def _tree(app: Flask, path: Path) -> nodes.Template:
    return app.jinja_env.parse(path.read_text(encoding="utf-8"))


def _literal_arguments(tree: nodes.Template, function: str) -> set[str]:
    return {
        call.args[0].value
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name == function
        if call.args and isinstance(call.args[0], nodes.Const)
    }


def test_every_template_compiles(app: Flask) -> None:
    for name in sorted(NAMES):  # an error names its template
        app.jinja_env.get_template(name)


def test_templates_link_to_pages_that_exist(app: Flask) -> None:
    asked = {
        (name_of(path), endpoint)
        for path in TEMPLATES
        for endpoint in _literal_arguments(_tree(app, path), "url_for")
    }
    assert {link for link in asked if link[1] not in app.view_functions} == set()


def test_templates_link_to_static_files_that_exist(app: Flask) -> None:
    asked = set()
    for path in TEMPLATES:
        tree = _tree(app, path)
        files = [
            keyword.value.value
            for call in tree.find_all(nodes.Call)
            for keyword in call.kwargs
            if keyword.key == "filename" and isinstance(keyword.value, nodes.Const)
        ]
        files += [f"css/{name}" for name in _literal_arguments(tree, "stylesheet")]
        files += [f"js/{name}" for name in _literal_arguments(tree, "script")]
        asked |= {(name_of(path), file) for file in files}
    assert {link for link in asked if not (ROOT / "lms/static" / link[1]).is_file()} == set()


def test_page_has_nothing_inline_that_the_security_policy_would_stop() -> None:
    texts = [(name_of(path), path.read_text(encoding="utf-8")) for path in PAGES]
    assert [
        (name, what) for name, text in texts for pattern, what in INLINE if pattern.search(text)
    ] == []


def test_every_template_that_the_code_names_exists() -> None:
    named = {
        text
        for path in product()
        for text in strings(path)
        if re.fullmatch(r"[a-z_]+(/[a-z0-9_-]+)*\.(html|txt)", text) and "/" in text
    }
    assert named - NAMES == set()


def test_sentences_in_text_templates_are_not_indented() -> None:
    indented = []
    for path in TEMPLATES:
        text = re.sub(r"{#.*?#}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        if path.suffix == ".txt" and re.search(r"^[ \t]+{{ (?:_|ngettext)\(", text, re.MULTILINE):
            indented.append(name_of(path))
    assert indented == []


def test_apps_share_compiled_templates(app: Flask) -> None:
    assert app.jinja_env.bytecode_cache is Flask.jinja_options["bytecode_cache"]
