"""The staff page of the self-test."""

from typing import Final

from flask import Blueprint

from lti.web.selftest import staff

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (staff.blueprint,)
