"""Compiles routes and templates once a process: tests build the app thousands of times, always alike.

Two thirds of what an average test cost was this.
"""

from collections.abc import Callable
from types import CodeType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing.rules import Rule

Builder = Callable[..., tuple[str, str]]


class KeptTemplates(BytecodeCache):
    """Templates as they were compiled, by name and by what stood in them."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code


def compile_once() -> None:
    """Let every app of this process share what was compiled for the first."""
    Flask.jinja_options["bytecode_cache"] = KeptTemplates()
    compile_builder: Any = Rule._compile_builder
    kept: dict[tuple[Any, ...], Builder] = {}

    def builder_of(rule: Rule, append_unknown: bool = True) -> Builder:
        converters = tuple(type(one) for one in rule._converters.values())
        key = (tuple(rule._trace), converters, repr(rule.defaults), append_unknown)
        if key not in kept:
            kept[key] = compile_builder(rule, append_unknown)
        return kept[key]

    Rule._compile_builder = builder_of  # type: ignore[method-assign]
