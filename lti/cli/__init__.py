"""The commands of the tool: carrel lti ..."""
