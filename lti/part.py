"""The tool's part of the product."""

from typing import Final

from flask import Blueprint, Flask

from lms.parts import Part
from lti.identities import forget_person
from lti.models import all as tables
from lti.rounds import SCHEDULES, TIDY, tidy
from lti.web import home, privacy

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (home.blueprint, privacy.blueprint)


def init_app(app: Flask) -> None:
    """Register the tool's pages."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)


LTI = Part(
    name="lti",
    init_app=init_app,
    commands=(),
    job_handlers={TIDY: tidy},
    schedules=SCHEDULES,
    models=tables.MODULES,
    on_erase=forget_person,
)
