"""The command line, run like a program: arguments in; exit code, stdout and stderr out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from lms.cli.root_command import run
from lms.component import Component


@dataclass(frozen=True, slots=True)
class Ran:
    """The result of one command."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        """Return the JSON object at the end of stdout; the log of a job can come before it."""
        return dict(json.loads(self.out.splitlines()[-1]))

    @property
    def complaint(self) -> dict[str, Any]:
        """Return the one JSON object on stderr."""
        return dict(json.loads(self.err))


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs commands over one library."""

    parts: Sequence[Component]
    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Ran:
        self.capture.readouterr()
        code = run(self.parts, arguments)
        out, err = self.capture.readouterr()
        return Ran(int(code), out, err)


def enter(monkeypatch: pytest.MonkeyPatch, environ: Mapping[str, str]) -> None:
    """Set the environment variables of the library in this process."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
