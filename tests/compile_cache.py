"""Builds routes and templates once per process, because tests create the app thousands of times.

Building them took most of the time of an average test.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache
from pkgutil import ModuleInfo, iter_modules
from threading import Lock
from types import CodeType
from typing import Any, ClassVar

from flask import Blueprint, Flask, current_app, url_for
from flask.templating import Environment
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.local import LocalProxy
from werkzeug.routing import Map, Rule, RuleFactory

from lms import app as product
from lms import component
from lms.mail.rendering import ReadTemplates


class KeptTemplates(BytecodeCache):
    """Compiled templates, by name and by checksum of the source."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code


class KeptMap(Map):
    """Routes that apps with the same rules share."""

    kept: ClassVar[dict[tuple[object, ...], Map]] = {}
    one_at_a_time: ClassVar = Lock()  # the first two requests of an app can be concurrent

    def __init__(self, **how: Any) -> None:
        self._added: list[Rule] = []
        super().__init__(**how)

    def add(self, rulefactory: RuleFactory) -> None:
        """Add a rule; it is bound when first needed."""
        self._added += rulefactory.get_rules(self)
        self._remap = True

    @property
    def count(self) -> int:
        """How many rules have been added."""
        return len(self._added)

    def added_since(self, count: int) -> Sequence[Rule]:
        """Return the rules added after the first `count`."""
        return tuple(self._added[count:])

    def add_made(self, rules: Sequence[Rule]) -> None:
        """Add rules of another app, without binding them to it."""
        self._added += rules
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
    """Return everything that Flask sets on a rule."""
    methods, defaults = frozenset(rule.methods or ()), repr(rule.defaults)
    automatic = getattr(rule, "provide_automatic_options", None)
    return (rule.rule, rule.endpoint, methods, defaults, rule.redirect_to, automatic)


@dataclass(frozen=True, slots=True)
class Pages:
    """The rules and views that a blueprint with only pages added to the first app."""

    rules: Sequence[Rule]
    views: Mapping[str, Callable[..., Any]]


_register = Flask.register_blueprint
_pages: dict[Blueprint, Pages] = {}


def register(app: Flask, blueprint: Blueprint, **options: Any) -> None:
    """Add a blueprint as Flask does, reusing its pages if another app already has them."""
    is_new = not options and blueprint.name not in app.blueprints
    known = _pages.get(blueprint) if is_new else None
    if not isinstance(app.url_map, KeptMap):
        _register(app, blueprint, **options)
    elif known is None:
        before = app.url_map.count
        _register(app, blueprint, **options)
        rules = app.url_map.added_since(before)
        if not options and len(rules) == len(blueprint.deferred_functions):
            views = {rule.endpoint: app.view_functions[rule.endpoint] for rule in rules}
            _pages[blueprint] = Pages(rules, views)
    else:
        app.blueprints[blueprint.name] = blueprint
        blueprint._merge_blueprint_funcs(app, blueprint.name)
        app.url_map.add_made(known.rules)
        app.view_functions.update(known.views)


_environment = Flask.create_jinja_environment
_environments: dict[tuple[object, ...], Environment] = {}


def environment(app: Flask) -> Environment:
    """Create an app's template environment, or reuse that of an app with the same templates."""
    key = (app.root_path, app.template_folder, app.jinja_environment)
    if key not in _environments:
        made = _environments[key] = _environment(app)
        # use the current app, not the first one
        made.globals.update(url_for=url_for, config=LocalProxy(lambda: current_app.config))
    return _environments[key]


@cache
def _modules(path: tuple[str, ...], prefix: str) -> Sequence[ModuleInfo]:
    return tuple(iter_modules(path, prefix))


def modules(path: Iterable[str], prefix: str) -> Sequence[ModuleInfo]:
    """Return the modules of a package, reading its folder only once."""
    return _modules(tuple(path), prefix)


def compile_once() -> None:
    """Let all apps of this process share what was compiled for the first one."""
    product.ReadTemplates = cache(ReadTemplates)  # type: ignore[misc]  # it reads 500 files
    component.iter_modules = modules  # type: ignore[assignment]  # it takes the same arguments
    Flask.jinja_options["bytecode_cache"] = KeptTemplates()
    Flask.url_map_class = KeptMap
    Flask.register_blueprint = register  # type: ignore[method-assign]  # it takes the same arguments as Flask's
    Flask.create_jinja_environment = environment  # type: ignore[method-assign]  # as above
