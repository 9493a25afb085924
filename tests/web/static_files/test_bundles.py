"""Bundles of styles and scripts, and their addresses."""

import subprocess
from pathlib import Path

import pytest

from lms.app import ROOT
from lms.web.static_files.bundles import StaticFiles, read_static_files
from tests.servers.npm import node

STATIC = ROOT / "lms/static"


def files_of(folder: Path, **texts: str) -> StaticFiles:
    """Return the bundled files of a directory with these texts; `__` in a name is a slash."""
    for name, text in texts.items():
        file = folder / name.replace("__", "/").replace("_css", ".css").replace("_js", ".js")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return read_static_files(folder)


def test_style_sheet_includes_its_imports_in_order(tmp_path: Path) -> None:
    files = files_of(
        tmp_path,
        css__page_css='/* All. */\n@import "parts/one.css";\n@import "print.css" print;\np { color: red }\n',
        css__parts__one_css="a { color: green }\n",
        css__print_css="b { color: black }\n",
    )
    words = " ".join(files.by_name["css/page.css"].body.decode().split())
    assert words == "a { color: green } @media print { b { color: black } } p { color: red }"


def test_style_sheet_links_fonts_by_hash_relative_to_the_bundle(tmp_path: Path) -> None:
    files = files_of(
        tmp_path,
        css__page_css='@import "parts/type.css";\n',
        css__parts__type_css='a { src: url("../../fonts/serif.css") }\n',
        fonts__serif_css="",
    )
    font = files.by_name["fonts/serif.css"].address
    assert files.by_name["css/page.css"].body.decode().strip() == (f'a {{ src: url("../{font}") }}')


def test_hash_of_a_bundle_depends_on_its_imports(tmp_path: Path) -> None:
    first, second = (
        files_of(
            tmp_path / color,
            css__page_css='@import "one.css";\n',
            css__one_css=f"a {{ color: {color} }}",
        ).address("css/page.css")
        for color in ("red", "blue")
    )
    assert first != second


def test_bundle_keeps_only_license_comments(tmp_path: Path) -> None:
    files = files_of(
        tmp_path,
        a_css="/*! by Pico */\n/* Ours,\n   too. */\na {\n  color: red;\n}\n",
        a_js='// Ours.\nconst url = "http://localhost"; // stays\n',
    )
    assert files.by_name["a.css"].body == b"/*! by Pico */\na {\ncolor: red;\n}\n"
    assert files.by_name["a.js"].body == b'const url = "http://localhost"; // stays\n'


def test_bundle_of_modules_behaves_like_the_modules(tmp_path: Path) -> None:
    files = files_of(
        tmp_path,
        js__main_js='import { one as first } from "./one.js";\nimport * as all from "./parts/two.js";\n'
        'import "./effect.js";\nconsole.log(first, all.two(), new all.Three().name);\n',
        js__one_js="const own = 1;\nexport const one = own;\n",
        js__parts__two_js='import { one } from "../one.js";\nconst own = 2;\n'
        "export function two() {\n  return own + one;\n}\nexport class Three {\n  name = 'three';\n}\n",
        js__effect_js='console.log("effect");\n',
    )
    bundle = files.by_name["js/main.js"].body.decode()
    ran = subprocess.run(
        [node(), "--input-type=module", "-e", bundle], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split("\n")[:2] == ["effect", "1 3 three"]
    assert bundle.count("const own = 1;") == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a_js", 'import whole from "./b.js";\n'),
        ("a_js", "export default 1;\n"),
        ("a_js", 'import { b } from "./a.js";\n'),
        ("a_css", '@import "a.css";\n'),
    ],
)
def test_unsupported_or_circular_import_is_refused(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"^a\.(js|css) imports"):
        files_of(tmp_path, **{name: text})


def test_each_bundled_script_can_be_parsed(tmp_path: Path) -> None:
    scripts = {n: f for n, f in read_static_files(STATIC).by_name.items() if n.startswith("js/")}
    for name, file in scripts.items():
        (tmp_path / f"{name.replace('/', '-')}.mjs").write_bytes(file.body)
    faults = [
        ran.stderr
        for path in sorted(tmp_path.iterdir())
        if (
            ran := subprocess.run([node(), "--check", path], capture_output=True, check=False)
        ).returncode
    ]
    assert scripts
    assert faults == []


def test_no_bundled_style_sheet_has_an_import() -> None:
    sheets = [f for n, f in read_static_files(STATIC).by_name.items() if n.endswith(".css")]
    assert [file.address for file in sheets if b"@import" in file.body] == []
