"""Announcement parser: the plain text of an announcement becomes the fields of a webinar."""
