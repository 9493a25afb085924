"""The version of the product; setup.cfg reads it from here."""

from typing import Final

# a literal, so that setuptools can read it without importing the product
VERSION: Final = "0.2.0"
