"""How far long work is."""

from lms.core.progress_estimates import pace_of as pace_of
