"""How far long work is."""

from lms.pace import pace_of as pace_of
