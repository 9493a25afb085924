"""The library's own part of the product."""

from flask import Blueprint, Flask

from lms.cli.db import db
from lms.cli.jobs import job
from lms.cli.mail import mail
from lms.cli.people import login, organisation
from lms.cli.serve import serve
from lms.cli.settings import settings
from lms.cli.worker import worker
from lms.models import all as tables
from lms.parts import Part
from lms.web import handouts, health, library, playback, posters, watch

COMMANDS = (
    db,
    job,
    login,
    mail,
    organisation,
    serve,
    settings,
    worker,
)
BLUEPRINTS: tuple[Blueprint, ...] = (
    handouts.blueprint,
    health.blueprint,
    library.blueprint,
    playback.blueprint,
    posters.blueprint,
    watch.blueprint,
)


def init_app(app: Flask) -> None:
    """Register the library's pages."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)


LIBRARY = Part(name="library", init_app=init_app, commands=COMMANDS, models=tables.MODULES)
