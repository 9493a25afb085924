"""Launches: login, validation, the session that follows, and the log."""
