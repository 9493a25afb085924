"""Findings: what a health check says, as doctor, System health and alerts show it."""

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
    """One thing that was looked at: a sentence with its values, and what to do about it.

    Both are marked for translation. `advice` is empty where there is nothing to do.
    """

    name: str
    state: State
    sentence: str
    values: Mapping[str, str | int] = field(default_factory=lambda: MappingProxyType({}))
    advice: str = ""

    @property
    def text(self) -> str:
        """The sentence in English."""
        return self.sentence % self.values if self.values else self.sentence
