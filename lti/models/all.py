"""Every table of the tool, for whoever needs the whole metadata."""

from lti.models import courses, embeds, launches, people, platforms

MODULES = (platforms, people, courses, embeds, launches)
