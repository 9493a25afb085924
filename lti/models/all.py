"""Every table of the tool, for whoever needs the whole metadata."""

from lti.models import courses, embeds, launches, maps, people, platforms, selftests, turns

MODULES = (platforms, people, courses, embeds, launches, turns, selftests, maps)
