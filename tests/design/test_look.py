"""The look holds together: templates render, names resolve, colours stay in one file."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.design import specimen

ROOT = specimen.ROOT
SHEETS = sorted((ROOT / "lms/static/css").glob("*.css"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PACKAGES = json.loads((ROOT / "lms/static/vendor/MANIFEST.json").read_text("utf-8"))["packages"]
FIRST_PAINT = ("tokens", "base", "shell", "layout", "forms", "parts", "tables")
STATUSES = sorted(path.stem for path in (ROOT / "templates/errors").glob("[45]??.html"))


def test_every_page_of_the_specimen_renders(tmp_path: Path) -> None:
    for name in specimen.write(tmp_path):
        assert "</html>" in (tmp_path / name).read_text("utf-8"), name


@pytest.mark.parametrize("status", STATUSES)
def test_an_error_page_renders_without_house_viewer_or_values(status: str) -> None:
    env = specimen.environment()
    nothing = dict.fromkeys(
        ("house", "viewer", "message", "reference", "course_url", "retry_after_s")
    )
    page = env.get_template(f"errors/{status}.html").render(specimen.values() | nothing)
    assert "<h1>" in page
    assert "None" not in page


def test_the_way_back_to_the_course_is_offered_inside_a_learning_system() -> None:
    page = specimen.environment().get_template("errors/403.html")
    shown = page.render(specimen.values() | {"course_url": "https://lms.example/course/7"})
    assert 'href="https://lms.example/course/7"' in shown


def test_the_text_of_a_mail_names_its_address_and_its_act() -> None:
    text = specimen.environment().get_template("mail/base.txt").render(specimen.values())
    assert "alice@elm.example" in text
    assert "https://lantern.example/sign-in/7f3k29qd" in text


def test_every_icon_that_is_asked_for_is_drawn() -> None:
    drawn = set(re.findall(r'^\s+"([a-z0-9-]+)": \'<', _text("_parts/icons.html"), re.MULTILINE))
    asked = {
        name
        for path in TEMPLATES
        for name in re.findall(r'\bicon\("([^"]+)"', path.read_text("utf-8"))
    }
    assert asked <= drawn


@pytest.mark.parametrize(
    "sheet", [s for s in SHEETS if s.stem not in ("tokens", "print")], ids=lambda s: s.stem
)
def test_no_colour_stands_outside_the_tokens(sheet: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.DOTALL)
    assert re.findall(r"(?<!\w)#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(|\boklch\(", text) == []


def test_every_token_that_is_used_is_defined() -> None:
    defined = set(re.findall(r"^\s*(--[\w-]+):", _sheet("tokens"), re.MULTILINE))
    used = {
        name
        for sheet in SHEETS
        for name in re.findall(r"var\((--[\w-]+)", sheet.read_text("utf-8"))
        if not name.startswith("--house-")
    }
    assert used <= defined


def test_the_first_paint_needs_less_than_100_kilobytes_of_css_and_js() -> None:
    css = sum((ROOT / f"lms/static/css/{name}.css").stat().st_size for name in FIRST_PAINT)
    js = sum((ROOT / f"lms/static/js/{name}.js").stat().st_size for name in ("theme", "shell"))
    assert css + js < 100_000


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["package"])
def test_a_vendored_file_is_the_one_that_was_published(package: dict[str, object]) -> None:
    assert (ROOT / str(package["licence_file"])).is_file()
    files = package["files"]
    assert isinstance(files, list)
    for file in files:
        found = hashlib.sha256((ROOT / file["path"]).read_bytes()).hexdigest()
        assert found == file["sha256"], file["path"]


def _text(template: str) -> str:
    return (ROOT / "templates" / template).read_text("utf-8")


def _sheet(name: str) -> str:
    return (ROOT / f"lms/static/css/{name}.css").read_text("utf-8")
