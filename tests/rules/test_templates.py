"""Templates: each one compiles, what it names exists, and nothing in it is inline."""

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
PAGES = [path for path in TEMPLATES if "messages" not in path.parts]  # a mail's style is inline
NAMES = {path.relative_to(PLACE).as_posix() for path in TEMPLATES}
INLINE = (
    # JSON-LD is data that no browser runs, and no policy stops
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
    """One app for all: no page of it is opened, so its database need not be there."""
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


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_compiles(app: Flask, path: Path) -> None:
    app.jinja_env.get_template(path.relative_to(PLACE).as_posix())


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_links_to_pages_that_exist(app: Flask, path: Path) -> None:
    asked = _literal_arguments(_tree(app, path), "url_for")
    assert asked - set(app.view_functions) == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_links_to_static_files_that_exist(app: Flask, path: Path) -> None:
    static = ROOT / "lms/static"
    asked = {
        keyword.value.value
        for call in _tree(app, path).find_all(nodes.Call)
        for keyword in call.kwargs
        if keyword.key == "filename" and isinstance(keyword.value, nodes.Const)
    }
    assert [name for name in asked if not (static / name).is_file()] == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_page_has_nothing_inline_that_the_security_policy_would_stop(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [what for pattern, what in INLINE if pattern.search(text)] == []


def test_every_template_that_the_code_names_exists() -> None:
    named = {
        text
        for path in product()
        for text in strings(path)
        if re.fullmatch(r"[a-z_]+(/[a-z0-9_-]+)*\.(html|txt)", text) and "/" in text
    }
    assert named - NAMES == set()


@pytest.mark.parametrize("path", [path for path in TEMPLATES if path.suffix == ".txt"], ids=name_of)
def test_a_sentence_begins_at_the_margin(path: Path) -> None:
    text = re.sub(r"{#.*?#}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert re.findall(r"^[ \t]+{{ (?:_|ngettext)\(.*", text, re.MULTILINE) == []


def test_an_app_takes_templates_as_another_compiled_them(app: Flask) -> None:
    assert app.jinja_env.bytecode_cache is Flask.jinja_options["bytecode_cache"]
