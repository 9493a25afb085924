"""Compiles routes and templates once a process: tests build the app thousands of times, always alike.

Most of what an average test cost was this.
"""

from types import CodeType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing.rules import Rule


class KeptTemplates(BytecodeCache):
    """Templates as they were compiled, by name and by what stood in them."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code


class KeptRoutes:
    """Routes as they were compiled, by all that their compiling looks at."""

    def __init__(self) -> None:
        self._compile: Any = Rule.compile
        self._kept: dict[tuple[object, ...], Rule] = {}

    def compile(self, rule: Rule) -> None:
        key = (rule.rule, rule.subdomain, rule.host, rule.merge_slashes, repr(rule.defaults))
        known = self._kept.setdefault(key, rule)
        if known is rule:
            self._compile(rule)
            return
        rule.arguments, rule._converters = known.arguments, known._converters
        rule._parts, rule._trace = known._parts, known._trace
        rule._build = known._build.__func__.__get__(rule)  # type: ignore[attr-defined]
        rule._build_unknown = known._build_unknown.__func__.__get__(rule)  # type: ignore[attr-defined]


def compile_once() -> None:
    """Let every app of this process share what was compiled for the first."""
    Flask.jinja_options["bytecode_cache"] = KeptTemplates()
    routes = KeptRoutes()

    def compile_rule(rule: Rule) -> None:
        routes.compile(rule)

    Rule.compile = compile_rule  # type: ignore[method-assign]
