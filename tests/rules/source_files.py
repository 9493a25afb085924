"""Our own source files, parsed, for the rules to read."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {".venv", ".var", ".git", "node_modules", "vendor", "build", "__pycache__"}


def files(*ends: str, under: str = ".") -> list[Path]:
    """Return our own files with these extensions, by path; nothing vendored or generated."""
    return sorted(
        path
        for path in (ROOT / under).rglob("*")
        if path.suffix in ends and path.is_file() and not _is_foreign(path)
    )


def product() -> list[Path]:
    """Return the Python files that are the product itself."""
    inside = [path for package in ("lms", "lti", "media") for path in files(".py", under=package)]
    return [*inside, ROOT / "wsgi.py"]


def name_of(path: Path) -> str:
    """Return the path of a file from the root."""
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    """Yield each call of a file with the name that is called: for `a.b.c()` that is `c`."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call):
            yield node, _called(node.func)


def strings(path: Path) -> Iterator[str]:
    """Yield each literal string of a Python file."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_foreign(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return any(part in NOT_OURS or part.endswith(".egg-info") for part in parts)
