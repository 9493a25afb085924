"""Consistent styles: templates render, names resolve, and colors are in one file."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from lms.mail.rendering import text_of
from tests.design import specimen

ROOT = specimen.ROOT
SHEETS = sorted((ROOT / "lms/static/css").rglob("*.css"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PACKAGES = json.loads((ROOT / "lms/static/vendor/MANIFEST.json").read_text("utf-8"))["packages"]
FIRST_PAINT = (
    "tokens",
    "typefaces",
    "base",
    "page_frame",
    "layout",
    "forms",
    "components",
    "tables",
    "pages",
)
ERRORS = ["403", "404", "410", "429", "500", "other"]


def test_every_page_of_the_specimen_renders(tmp_path: Path) -> None:
    for name in specimen.write(tmp_path):
        assert "</html>" in (tmp_path / name).read_text("utf-8"), name


@pytest.mark.parametrize("page", ERRORS)
@pytest.mark.parametrize("status", [400, 404, 409, 413, 503])
def test_error_page_renders_without_branding_and_viewer(page: str, status: int) -> None:
    values = specimen.values() | {"branding": None, "viewer": None, "status": status}
    shown = specimen.environment().get_template(f"errors/{page}.html").render(values)
    assert "What stood here has moved." in shown
    assert "7f3k-29qd" in shown
    assert "None" not in shown


@pytest.mark.parametrize(
    ("here", "marked"),
    [
        ("/staff", 'href="/staff" aria-current="page"'),
        ("/staff/jobs", 'href="/staff/jobs" aria-current="page"'),
        ("/staff/jobs/7", 'href="/staff/jobs" aria-current="true"'),
    ],
)
def test_side_navigation_marks_the_nearest_page(here: str, marked: str) -> None:
    rail = specimen.environment().get_template("_parts/side_navigation.html").module.rail
    places = [("Start", "/staff", "house"), ("Jobs", "/staff/jobs", "list-checks")]
    shown = str(rail("Staff", [(None, places)], here))
    assert marked in " ".join(shown.split())
    assert shown.count("aria-current") == 1


def test_text_of_an_email_has_its_address_and_link() -> None:
    template = specimen.environment().get_template("mail/messages/base.html")
    text = text_of(template.render(specimen.values()))
    assert "alice@elm.example" in text
    assert "https://lantern.example/sign-in/7f3k29qd" in text


def test_every_icon_that_is_used_exists() -> None:
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
def test_colors_are_only_in_the_tokens(sheet: Path) -> None:
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


def test_each_fallback_font_has_the_height_of_its_web_font_and_is_used() -> None:
    ours = {"Source Serif": (1.036, 0.335), "Atkinson": (0.984, 0.316)}
    faces = re.findall(r"@font-face \{([^}]+ for [^}]+)\}", _sheet("typefaces"))
    assert faces
    for face in faces:
        name, meant = re.findall(r'"(.+ for (.+))"', face)[0]
        size, ascent, descent = (
            float(figure) / 100 for figure in re.findall(r"([\d.]+)%", face)[:3]
        )
        assert (size * ascent, size * descent) == pytest.approx(ours[meant], abs=0.001), name
        assert f'"{name}"' in _sheet("tokens")


def test_first_paint_needs_less_than_100_kilobytes_of_css_and_js() -> None:
    css = sum((ROOT / f"lms/static/css/core/{name}.css").stat().st_size for name in FIRST_PAINT)
    js = sum(
        (ROOT / f"lms/static/js/core/{name}.js").stat().st_size for name in ("theme", "page_frame")
    )
    assert css + js < 100_000


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["package"])
def test_vendored_file_is_unchanged_or_has_its_changes_listed(
    package: dict[str, object],
) -> None:
    assert (ROOT / str(package["license_file"])).is_file()
    files = package["files"]
    assert isinstance(files, list)
    for file in files:
        found = hashlib.sha256((ROOT / file["path"]).read_bytes()).hexdigest()
        assert found == file["sha256"], file["path"]
        assert ("published_sha256" in file) == ("changed" in file), file["path"]
        if "changed" in file:
            assert (ROOT / file["changed"].split(": ")[1]).is_file()


def _text(template: str) -> str:
    return (ROOT / "templates" / template).read_text("utf-8")


def _sheet(name: str) -> str:
    return (ROOT / f"lms/static/css/core/{name}.css").read_text("utf-8")
