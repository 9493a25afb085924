"""Bundles: static files with their imports inlined, under names that contain a hash of their content.

Style sheets import with `@import`, scripts with module imports. Browsers could load the separate files
one after another; a bundle is one request.
"""

import hashlib
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

HASH_LENGTH: Final = 12
TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml; charset=utf-8",
    ".woff2": "font/woff2",
}
_HASHED: Final = re.compile(rf"(.+)\.[0-9a-f]{{{HASH_LENGTH}}}(\.\w+)")
_CSS_COMMENT: Final = re.compile(r"/\*(?!!).*?\*/\s*|^\s+", re.MULTILINE | re.DOTALL)
_JS_COMMENT: Final = re.compile(r"^\s*//.*\n", re.MULTILINE)
_CSS_IMPORT: Final = re.compile(r'^@import "([^"]+)"(?: (\w+))?;$', re.MULTILINE)
_CSS_URL: Final = re.compile(r'url\("(?!data:)([^"]+)"\)')
_JS_IMPORT: Final = re.compile(
    r'^import (?:\{([^}]+)\} from |\* as (\w+) from )?"([^"]+)";$', re.MULTILINE
)
_JS_EXPORT: Final = re.compile(r"^export ((?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
_JS_LEFT: Final = re.compile(r"^(?:import|export)\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as sent: `address` is its name with its hash, below /static."""

    address: str
    content_type: str
    digest: str
    body: bytes


@dataclass(frozen=True, slots=True)
class StaticFiles:
    """The files of a directory, by name and by address."""

    by_name: Mapping[str, StaticFile]
    by_address: Mapping[str, StaticFile]

    def address(self, name: str) -> str:
        """Return the address of a file, or the name itself if the file doesn't exist."""
        found = self.by_name.get(name)
        return found.address if found else name

    def find(self, asked: str) -> StaticFile | None:
        """Return the file at an address; if its hash is another version's, the file with that name."""
        return self.by_address.get(asked) or self.by_name.get(_HASHED.sub(r"\1\2", asked))


@cache
def read_static_files(folder: Path) -> StaticFiles:
    """Read and bundle the files of a directory, once per process.

    Raises ValueError for circular imports, and for imports or exports in an unsupported form.
    """
    names = [str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()]
    bundler = _Bundler(folder)
    by_name = {name: bundler.file(name) for name in sorted(names)}
    return StaticFiles(by_name, {each.address: each for each in by_name.values()})


@dataclass(frozen=True, slots=True)
class _Bundler:
    folder: Path
    made: dict[str, StaticFile] = field(default_factory=dict)

    def file(self, name: str) -> StaticFile:
        if name not in self.made:
            body = self._body(name)
            digest = hashlib.sha256(body).hexdigest()
            stem, dot = posixpath.splitext(name)
            address = f"{stem}.{digest[:HASH_LENGTH]}{dot}"
            self.made[name] = StaticFile(
                address, TYPES.get(dot, "text/plain; charset=utf-8"), digest, body
            )
        return self.made[name]

    def _body(self, name: str) -> bytes:
        if name.startswith("vendor/"):
            return (self.folder / name).read_bytes()
        if name.endswith(".css"):
            return self._sheet(name, posixpath.dirname(name), ()).encode()
        if name.endswith(".js"):
            return self._script(name).encode()
        return (self.folder / name).read_bytes()

    def _sheet(self, name: str, base: str, above: tuple[str, ...]) -> str:
        """Return a sheet with its URLs relative to the directory `base`."""
        _refuse_circle(name, above)

        def inlined(found: re.Match[str]) -> str:
            text = self._sheet(_beside(name, found[1]), base, (*above, name))
            return f"@media {found[2]} {{\n{text}}}" if found[2] else text

        def hashed(found: re.Match[str]) -> str:
            address = self.file(_beside(name, found[1])).address
            return f'url("{posixpath.relpath(address, base)}")'

        return _CSS_IMPORT.sub(
            inlined, _CSS_URL.sub(hashed, _CSS_COMMENT.sub("", self._text(name)))
        )

    def _script(self, name: str) -> str:
        """Return a module preceded by its imports, each in a function that returns its exports."""
        modules: dict[str, str] = {}
        own = self._module(name, modules, ())
        return "".join([*modules.values(), own])

    def _module(self, name: str, modules: dict[str, str], above: tuple[str, ...]) -> str:
        _refuse_circle(name, above)

        def bound(found: re.Match[str]) -> str:
            names, whole, target = found[1], found[2], _beside(name, found[3])
            if target not in modules:
                text = self._module(target, modules, (*above, name))
                exports = ", ".join(each[2] for each in _JS_EXPORT.finditer(self._text(target)))
                number = len(modules)
                modules[target] = (
                    f"const ${number} = (() => {{\n{text}\nreturn {{ {exports} }};\n}})();\n"
                )
            number = list(modules).index(target)
            if whole:
                return f"const {whole} = ${number};"
            return f"const {{{names.replace(' as ', ': ')}}} = ${number};" if names else ""

        text = _JS_IMPORT.sub(bound, self._text(name))
        text = _JS_COMMENT.sub("", _JS_EXPORT.sub(r"\1", text))
        if _JS_LEFT.search(text):
            raise ValueError(f"{name} imports or exports in a way that bundles don't know")
        return text

    def _text(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")


def _beside(name: str, target: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), target))


def _refuse_circle(name: str, above: tuple[str, ...]) -> None:
    if name in above:
        raise ValueError(f"{name} imports itself: {' -> '.join((*above, name))}")
