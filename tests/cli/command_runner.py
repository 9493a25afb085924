"""The command line, run as a program is: arguments in, exit code, stdout and stderr out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from lms.cli.root_command import run
from lms.component import Component


@dataclass(frozen=True, slots=True)
class Ran:
    """What one command answered."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        """The JSON object that ends stdout; in a test, the log of a job done here stands before it."""
        return dict(json.loads(self.out.splitlines()[-1]))

    @property
    def complaint(self) -> dict[str, Any]:
        """The one JSON object on stderr."""
        return dict(json.loads(self.err))


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs commands over one house."""

    parts: Sequence[Component]
    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Ran:
        self.capture.readouterr()
        code = run(self.parts, arguments)
        out, err = self.capture.readouterr()
        return Ran(int(code), out, err)


def enter(monkeypatch: pytest.MonkeyPatch, environ: Mapping[str, str]) -> None:
    """Let the house's variables be those of this process."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
