"""Audience panel: shows who is emailed about a change of a webinar."""
