"""Compiles routes and templates once a process: tests build the app thousands of times, always alike.

Most of what an average test cost was this.
"""

from copy import copy
from threading import Lock
from types import CodeType
from typing import Any, ClassVar

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Map, Rule, RuleFactory


class KeptTemplates(BytecodeCache):
    """Templates as they were compiled, by name and by what stood in them."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code


class KeptMap(Map):
    """Routes as they were bound for the first app that had the same ones."""

    kept: ClassVar[dict[tuple[object, ...], Map]] = {}
    one_at_a_time: ClassVar = Lock()  # the first two requests of an app can come at once

    def __init__(self, **how: Any) -> None:
        self._added: list[Rule] = []
        super().__init__(**how)

    def add(self, rulefactory: RuleFactory) -> None:
        """Bind a rule when it is first asked for."""
        self._added += rulefactory.get_rules(self)
        self._remap = True

    def update(self) -> None:
        with self.one_at_a_time:
            if self._remap:
                self._share()

    def _share(self) -> None:
        known = self.kept.setdefault(tuple(map(_all_of, self._added)), Map())
        if not known._rules_by_endpoint:
            for rule in self._added:
                known.add(copy(rule))
            known.update()
        self._matcher, self._rules_by_endpoint = known._matcher, known._rules_by_endpoint
        self._remap = False


def _all_of(rule: Rule) -> tuple[object, ...]:
    """Return all that Flask sets of a rule."""
    methods, defaults = frozenset(rule.methods or ()), repr(rule.defaults)
    automatic = getattr(rule, "provide_automatic_options", None)
    return (rule.rule, rule.endpoint, methods, defaults, rule.redirect_to, automatic)


def compile_once() -> None:
    """Let every app of this process share what was compiled for the first."""
    Flask.jinja_options["bytecode_cache"] = KeptTemplates()
    Flask.url_map_class = KeptMap
