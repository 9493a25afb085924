"""Announcement parser: turns the plain text of an announcement into the fields of a webinar."""
