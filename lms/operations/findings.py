"""Findings: the results of health checks, for doctor, System health and alerts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """How serious a finding is."""

    OK = "ok"
    ATTENTION = "attention"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: a sentence with its values, and what to do about it.

    Both are marked for translation. `advice` is empty if there is nothing to do.
    """

    name: str
    state: State
    sentence: str
    values: Mapping[str, str | int] = field(default_factory=lambda: MappingProxyType({}))
    advice: str = ""

    @property
    def text(self) -> str:
        """Return the sentence in English."""
        return self.sentence % self.values if self.values else self.sentence
